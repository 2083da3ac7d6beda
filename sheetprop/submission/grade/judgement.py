"""Judging the tables of a workbook: which of their cells are wrong, each mistake where it is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sheetprop.assignment import Assignment
from sheetprop.network import RATE
from sheetprop.submission.compare.case import Case
from sheetprop.submission.compare.conventions import tell_convention, under_best_convention, without_misnamed_steps
from sheetprop.submission.compare.headings import without_swapped_headings
from sheetprop.submission.compare.samples import UNDRAWN, Convention
from sheetprop.submission.diagnose.budget import Budget
from sheetprop.submission.diagnose.disguised import judge_only_here, take_as_typed
from sheetprop.submission.diagnose.empty import judge_empty, judge_empty_rate
from sheetprop.submission.diagnose.loops import judge_loops, without_loops
from sheetprop.submission.diagnose.mistakes import tell_wrong
from sheetprop.submission.diagnose.prefilled import leave_out_prefilled
from sheetprop.submission.diagnose.rates import judge_rates, without_typed_rates
from sheetprop.submission.diagnose.repeated import leave_out_repeated
from sheetprop.submission.diagnose.results import judge_errors, judge_stored, judge_unread
from sheetprop.submission.diagnose.rounding import judge_rounding
from sheetprop.submission.diagnose.rules import judge_rule
from sheetprop.submission.diagnose.texts import judge_texts
from sheetprop.submission.diagnose.typed import judge_constants, judge_gaps, judge_given
from sheetprop.submission.diagnose.volatile import judge_volatile
from sheetprop.submission.find.pieces import GIVEN, Piece
from sheetprop.submission.find.tables import WEIGHTS, Cell, Table, ranges
from sheetprop.submission.find.unread import tell_headings, unread_headings
from sheetprop.submission.findings import Code, Finding, FoundPiece, FoundTable, Severity
from sheetprop.submission.grade.counting import choose, equal_to, filled_keys, given_up, left_out, named
from sheetprop.submission.grade.valueless import Rows, valueless_rows
from sheetprop.submission.open.cells import Book
from sheetprop.submission.understand.parameters import Parameters
from sheetprop.submission.understand.reading import Run


@dataclass
class Judged:
    """What a table's judgement comes to.

    ``filled`` are quantities that have something after what is given, ``computed`` those that have formulas there.
    ``formulas`` tells by quantity and iteration where formulas stand, ``valueless`` where a mistake leaves no value.
    ``iterations`` counts the table's iterations up to the last at which something is filled in. ``pasted_from`` says
    that the table's numbers are pasted from a live table of the workbook: they cost only under "live". ``hidden`` says
    why the table is out of sight, if it is.
    """

    table: Table
    found: FoundTable
    findings: list[Finding]
    parameters: Parameters
    wrong: set[str] = field(default_factory=set)
    live: bool = True
    filled: set[str] = field(default_factory=set)
    computed: set[str] = field(default_factory=set)
    iterations: int = 0
    formulas: Rows = field(default_factory=dict)
    valueless: Rows = field(default_factory=dict)
    convention: Convention = field(default_factory=Convention)
    pasted_from: bool = False
    hidden: str | None = None


def judge_tables(
    book: Book, tables: Sequence[Table], assignment: Assignment, seed: int = UNDRAWN
) -> tuple[list[Judged], list[Finding]]:
    """Judge the tables of a workbook that count; with them, a note on each of the others.

    ``seed`` is what numbers are drawn with on which formulas that are found right are tried once more.
    """
    every = [Case(book, table, tables, assignment, seed) for table in tables]
    for case in every:
        case.others = every
    cases, notes = choose(every)
    texts, budget = set[Cell](), Budget()
    judged = []
    for n, case in enumerate(cases):
        budget.begin_table(len(cases) - n)
        case.budget = budget
        judged.append(_judged(case, texts, alone=all(other.hidden for other in cases)))
    right = [case for case in cases if not any(found.severity is Severity.ERROR for found in case.findings)]
    reasons = [given_up(case, right) for case in cases]
    once: list[Case] = []
    for n in sorted(range(len(cases)), key=lambda n: cases[n].hidden is not None):  # what is seen first
        if not reasons[n] and judged[n].live and cases[n] in right:
            reasons[n] = equal_to(cases[n], once)
            once += [] if reasons[n] else [cases[n]]
    notes += [left_out(case, reason) for case, reason in zip(cases, reasons, strict=True) if reason]
    return [table for table, reason in zip(judged, reasons, strict=True) if not reason], notes


def _judged(case: Case, texts: set[Cell], alone: bool) -> Judged:
    """Judge a table; ``alone`` says that none of those that count is in sight."""
    leave_out_prefilled(case)
    take_as_typed(case)
    judge_volatile(case)
    leave_out_repeated(case)
    judge_empty_rate(case)
    wrong = without_typed_rates(case, case.wrong_formulas())
    if wrong:
        wrong = without_swapped_headings(case, wrong)
        wrong = under_best_convention(case, wrong)
        wrong = without_misnamed_steps(case, wrong)
    wrong = judge_rule(case, wrong)
    judge_rates(case)
    tell_convention(case)
    _tell_unread_headings(case)
    judge_texts(case, texts)
    judge_given(case)
    judge_gaps(case)
    judge_empty(case)
    live = judge_constants(case)
    judge_unread(case)
    tell_wrong(case, without_loops(case, wrong))
    judge_loops(case)
    judge_only_here(case)
    judge_rounding(case)
    judge_errors(case)
    judge_stored(case)
    _tell_out_of_sight(case, alone)
    table, parameters = case.table, case.parameters
    rate = parameters.rate_cell
    if RATE in table.columns and not (rate and table.main.position(rate.place)[1] == table.columns[RATE]):
        table.drop(RATE)
    found = FoundTable(
        sheet=table.cells.name,
        header_row=table.main.header + 1,
        first_row=table.lines[0] + 1,
        last_row=table.lines[-1] + 1,
        iterations=table.count,
        columns={key: table.column_name(key) for key in sorted(table.columns, key=table.columns.__getitem__)},
        learning_rate=parameters.learning_rate(table),
        live=live,
        transposed=table.across,
        network=str(case.evaluator.samples.convention.network),
        pieces=tuple(_found_piece(piece) for piece in table.pieces if len(table.pieces) > 1),
    )
    after = {key: [run for run in runs if run.last >= (key in WEIGHTS)] for key, runs in case.runs.items()}
    computed = {key for key, runs in after.items() if any(run.content.shape is not None for run in runs)}
    unjudged = {key for key, steps in case.unjudged.items() if len(steps) == table.count}
    return Judged(
        table,
        found,
        case.findings,
        parameters,
        case.wrong_keys,
        live,
        filled_keys(case) - unjudged,
        computed - unjudged,
        iterations=1 + max((run.last for run in _filled_runs(case)), default=0),
        formulas={key: _where_formulas_stand(case, key) for key in case.runs},
        valueless=valueless_rows(case),
        convention=case.evaluator.samples.convention,
        pasted_from=case.copied,
        hidden=case.hidden,
    )


def _tell_out_of_sight(case: Case, alone: bool) -> None:
    if case.hidden:
        sheet, cells = case.table.area.sheets[0]
        message = f"The table {named(case)} is out of sight: {case.hidden}. It is judged, but earns no points."
        if alone:
            message = f"The table {named(case)} is out of sight: {case.hidden}."
        case.findings.append(Finding(Code.OUT_OF_SIGHT, Severity.WARNING, message, sheet=sheet, cells=cells))


def _tell_unread_headings(case: Case) -> None:
    if unread := unread_headings(case.table):
        cells = ranges([heading.place for heading in unread])
        case.tell(Code.UNKNOWN_HEADING, Severity.WARNING, tell_headings(unread), None, cells)


def _found_piece(piece: Piece) -> FoundPiece:
    return FoundPiece(piece.cells.name, piece.header + 1, piece.lines[0] + 1, piece.lines[-1] + 1, piece.across)


def _filled_runs(case: Case) -> Iterator[Run]:
    for key, runs in case.runs.items():
        if key not in GIVEN:
            yield from (run for run in runs if run.content.kind != "empty")


def _where_formulas_stand(case: Case, key: str) -> NDArray[np.bool_]:
    """The iterations at which a quantity has a formula, but those of which nothing could be judged or tried."""
    rows = np.zeros(case.table.count, dtype=bool)
    for run in case.runs[key]:
        if run.content.shape is not None or run.content.kind == "opaque":
            rows[run.first : run.last + 1] = True
    for unknown in (case.unjudged, case.unverified):
        rows[list(unknown.get(key, ()))] = False
    return rows
