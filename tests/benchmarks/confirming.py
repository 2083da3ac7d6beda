"""Confirming the written workbook, against other programs that only recalculate it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import formualizer

from sheetprop import Assignment, Layout, load_assignment, verify
from sheetprop.descent import compute
from sheetprop.stored import read_stored
from sheetprop.workbook import write_workbook
from sheetprop.workbook.contents import Contents
from tests.benchmarks.report import Row, faster, skipped, within
from tests.benchmarks.rivals import calculate_with_formulas, warmed_up_libreoffice
from tests.benchmarks.timing import Contender, best_of, fresh_folder
from tests.libreoffice import SOFFICE

NAME = "confirming"
ENGINE, OFFICE, OFFICE_CSV, OFFICE_START, FORMULAS = "engine", "office", "office csv", "office start", "formulas"
SMALL_ITERATIONS = 10
"""Iterations of the workbook that `formulas` is given: the large one would take it ten minutes."""


def rows(quick: bool, repeats: int) -> list[Row]:
    """The same file for everybody, but a small one for `formulas`."""
    with fresh_folder() as home:
        assignment, path, count = _written(home, 50 if quick else 1_000)
        _, small_path, small_count = _written(home, 2 if quick else SMALL_ITERATIONS)
        shapes = {sheet.name: sheet.shape for sheet in read_stored(path)}

        def ours(folder: Path) -> None:
            result = verify(path=path, assignment=assignment, autograd=False)
            assert result.passed, result.complaints()

        def engine(folder: Path) -> None:
            book = formualizer.load_workbook(str(path))
            book.evaluate_all()
            for name, shape in shapes.items():
                book.sheet(name).get_values(formualizer.RangeAddress(name, 1, 1, *shape))

        contenders: dict[str, Contender] = {"ours": ours, ENGINE: engine}
        missing: dict[str, str] = {}
        if SOFFICE:
            office, one_cell = warmed_up_libreoffice(home)
            contenders[OFFICE] = lambda folder: office.convert([path], "xlsx", folder)
            contenders[OFFICE_CSV] = lambda folder: office.convert([path], "csv", folder)
            contenders[OFFICE_START] = lambda folder: office.convert([one_cell], "csv", folder)
        else:
            missing[OFFICE] = missing[OFFICE_CSV] = "LibreOffice is not installed (no soffice on the PATH)"
        if find_spec("formulas"):
            _, warm_up, _ = _written(home, 1)
            calculate_with_formulas(warm_up)
            contenders[FORMULAS] = lambda folder: calculate_with_formulas(small_path)
        else:
            missing[FORMULAS] = "the package `formulas` is not installed"
        best = best_of(contenders, repeats)

    mine, formulas = best["ours"], f"{count:,} formulas"
    result = [within(NAME, "formualizer: load, evaluate, hand over values", mine, best[ENGINE], 1.5, note=formulas)]
    for name, what in (
        (OFFICE, "LibreOffice: recalculate, save as xlsx"),
        (OFFICE_CSV, "LibreOffice: recalculate, save one sheet as csv"),
    ):
        if name in missing:
            result.append(skipped(NAME, what, missing[name]))
        else:
            note = f"the whole process; {best[OFFICE_START]:.2f} s for a workbook of one cell"
            result.append(faster(NAME, what, mine, best[name], 1, note))
    what = "formulas (PyPI): load, calculate"
    if FORMULAS in missing:
        return [*result, skipped(NAME, what, missing[FORMULAS])]
    scaled = best[FORMULAS] * count / small_count
    note = f"measured {best[FORMULAS]:.1f} s for {small_count:,} formulas, SCALED linearly to {count:,}"
    return [*result, faster(NAME, what, mine, scaled, 100, note)]


def _written(folder: Path, iterations: int) -> tuple[Assignment, Path, int]:
    """The assignment, its workbook, and how many formulas that holds."""
    assignment = load_assignment(iterations=iterations, layout=Layout.CLASSIC)
    path = folder / f"{iterations}.xlsx"
    return assignment, path, write_workbook(Contents(assignment, compute(assignment)), path).formulas
