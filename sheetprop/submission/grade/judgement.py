"""Judging the tables of a workbook: which of their cells are wrong, each mistake where it is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sheetprop.assignment import Tolerances
from sheetprop.network import NETWORK, RATE, Role
from sheetprop.submission.compare.case import Case
from sheetprop.submission.compare.conventions import tell_convention, under_best_convention, without_misnamed_steps
from sheetprop.submission.diagnose.mistakes import tell_wrong
from sheetprop.submission.diagnose.results import judge_errors, judge_loops, judge_rounding, judge_stored, judge_unread
from sheetprop.submission.diagnose.texts import judge_texts
from sheetprop.submission.diagnose.typed import judge_constants, judge_gaps, judge_given
from sheetprop.submission.find.tables import WEIGHTS, Table
from sheetprop.submission.findings import Finding, FoundTable
from sheetprop.submission.open.cells import Book
from sheetprop.submission.understand.parameters import Parameters
from sheetprop.submission.understand.reading import Cell

TRAINING = set(NETWORK.keys(Role.FORWARD, Role.STEP, Role.GRADIENT))
"""What the next weights are computed from, besides the weights themselves."""


@dataclass
class Judged:
    """What a table's judgement comes to.

    ``filled`` are quantities that have something after what is given, ``computed`` those that have formulas there.
    """

    table: Table
    found: FoundTable
    findings: list[Finding]
    parameters: Parameters
    wrong: set[str] = field(default_factory=set)
    live: bool = True
    filled: set[str] = field(default_factory=set)
    computed: set[str] = field(default_factory=set)


def judge_tables(book: Book, tables: Sequence[Table], tolerances: Tolerances) -> list[Judged]:
    """Judge the tables of a workbook that train: whose weights follow from the iteration before.

    Others (a check of the gradients, a list of results) are left out, unless there is nothing else.
    """
    cases = [Case(book, table, tables, tolerances) for table in tables]
    training = [case for case in cases if _trains(case) is not False]
    told = set[Cell]()
    return [_judged(case, told) for case in (training or cases)]


def _trains(case: Case) -> bool | None:
    """Whether weights are computed from the pass before; None where no weight is computed at all."""
    computed = None
    for weight in WEIGHTS:
        for run in case.runs.get(weight, []):
            expression = run.content.expression
            if run.last > 0 and run.content.kind not in ("constant", "empty"):
                computed = False
            if expression is None or run.last == 0:
                continue
            names = [expression, *(case.reading.helpers[name].expression for name in case.helpers_of(expression))]
            keys = {name.partition("@")[0].partition("#")[0] for part in names for name in part.symbols()}
            if keys & TRAINING:
                return True
    return computed


def _judged(case: Case, texts: set[Cell]) -> Judged:
    wrong = case.wrong_formulas()
    if wrong:
        wrong = under_best_convention(case, wrong)
        wrong = without_misnamed_steps(case, wrong)
    tell_convention(case)
    judge_texts(case, texts)
    judge_given(case)
    judge_gaps(case)
    live = judge_constants(case)
    judge_unread(case)
    tell_wrong(case, wrong)
    judge_loops(case, wrong)
    judge_rounding(case)
    judge_errors(case)
    judge_stored(case)
    table, parameters = case.table, case.parameters
    if RATE in table.columns and not any(
        cell and table.position(cell.place)[1] == table.columns[RATE] for cell in [parameters.rate_cell]
    ):
        table.drop(RATE)
    found = FoundTable(
        sheet=table.cells.name,
        header_row=table.header + 1,
        first_row=table.first + 1,
        last_row=table.last + 1,
        columns={key: table.column_name(key) for key in sorted(table.columns, key=table.columns.__getitem__)},
        learning_rate=parameters.learning_rate(table),
        live=live,
        transposed=table.across,
    )
    after = {key: [run for run in runs if run.last >= (key in WEIGHTS)] for key, runs in case.runs.items()}
    filled = {key for key, runs in after.items() if any(run.content.kind != "empty" for run in runs)}
    computed = {key for key, runs in after.items() if any(run.content.shape is not None for run in runs)}
    filled, computed = filled - case.unjudged, computed - case.unjudged
    return Judged(table, found, case.findings, parameters, case.wrong_keys, live, filled, computed)
