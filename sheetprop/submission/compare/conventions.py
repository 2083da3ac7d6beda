"""Sheets that are right in their own way: told once, and judged that way."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from sheetprop.network import NETWORK, Role
from sheetprop.submission.compare.case import STEPS, Case, Wrong
from sheetprop.submission.compare.evaluation import Evaluator
from sheetprop.submission.compare.samples import Convention, Samples, squared_error_network
from sheetprop.submission.find.tables import cited
from sheetprop.submission.findings import Code, Severity


def under_best_convention(case: Case, wrong: list[Wrong]) -> list[Wrong]:
    """Judge again as the sheet may mean it, where that leaves fewer wrong columns."""
    keys = {w.key for w in wrong}
    best: Evaluator | None = None
    fewest = len(keys)
    for convention in _conventions(case, keys):
        evaluator = Evaluator(Samples(convention), case.reading.helpers, case.parameters.bindings)
        found = case.wrong_columns(evaluator)
        if convention.halved_total and "E_total" in found:
            continue  # the ½ stands nowhere
        if len(found) < fewest:
            best, fewest = evaluator, len(found)
    if best is None:
        return wrong
    case.evaluator = best
    return case.wrong_formulas()


def _conventions(case: Case, wrong: set[str]) -> Iterator[Convention]:
    """The conventions that some wrong column hints at, in all combinations."""
    crossed: list[tuple[int, ...]] = [()]
    if {"h1", "h2"} & wrong:
        crossed.append((1,))
    if {"o1", "o2"} & wrong:
        crossed += [(2,), (1, 2)] if len(crossed) > 1 else [(2,)]
    errors: list[tuple[bool, bool]] = [(False, False)]
    if {"E1", "E2"} & wrong:
        errors += [(True, False), (False, True)]
    gradients = ["1"]
    if wrong & set(NETWORK.keys(Role.GRADIENT)):
        gradients += ["-1", "lr", "-lr"]
    for layers, (squared, halved), gradient in product(crossed, errors, gradients):
        if not layers and not squared and not halved and gradient == "1":
            continue
        network = squared_error_network() if squared else NETWORK
        yield Convention(network, layers, halved, gradient)


def tell_convention(case: Case) -> None:
    """Tell the reader, once, what the sheet does in its own way."""
    convention = case.evaluator.samples.convention
    table = case.table
    for remark, keys in convention.remarks():
        columns = [key for key in keys if key in table.columns]
        cells = cited(table.heading(key) for key in columns) if columns else None
        case.tell(Code.OTHER_CONVENTION, Severity.NOTE, remark, None, cells)


def without_misnamed_steps(case: Case, wrong: list[Wrong]) -> list[Wrong]:
    """Chain-rule columns whose heading means something else than we think, judged by what is made of them."""
    steps = {w.key for w in wrong} & STEPS
    if not steps:
        return wrong
    before = case.reading, case.runs, case.parameters, case.evaluator
    convention = case.evaluator.samples.convention
    others = {w.key for w in wrong} - STEPS
    case.read(set(case.reading.keys) - steps)
    case.evaluator = Evaluator(Samples(convention), case.reading.helpers, case.parameters.bindings)
    again = case.wrong_formulas()
    if {w.key for w in again} <= others:
        return again
    case.reading, case.runs, case.parameters, case.evaluator = before
    return wrong
