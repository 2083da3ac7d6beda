"""A class's hand-outs and answer keys: ``assign``, against a plain XlsxWriter loop on the same cores."""

from __future__ import annotations

import csv
import multiprocessing
from pathlib import Path

from sheetprop import assign, load_assignment
from sheetprop.assigned import FILE, read_assigned
from sheetprop.execution import cores, run_all
from tests.benchmarks.cells import Cells, read_cells, write_plainly
from tests.benchmarks.report import Row, faster, skipped
from tests.benchmarks.timing import best_of, fresh_folder

NAME = "assigning"
STUDENTS, QUICK_STUDENTS = 300, 6
SAMPLE, QUICK_SAMPLE = 24, 2
"""Students whose files the plain loop writes."""

_cells: list[tuple[Cells, Cells]] = []
"""Of each student in the sample, inherited by the processes: handing the cells over is no part of writing them."""


def rows(quick: bool, repeats: int) -> list[Row]:
    """A roster to its files."""
    students, sample = (QUICK_STUDENTS, QUICK_SAMPLE) if quick else (STUDENTS, SAMPLE)
    what = f"{students} students, hand-out and key: XlsxWriter, cell by cell"
    if "fork" not in multiprocessing.get_all_start_methods():
        return [skipped(NAME, what, "processes cannot be forked here")]
    with fresh_folder() as kept:
        roster = kept / "roster.csv"
        with roster.open("w", encoding="utf-8", newline="") as file:
            people = ((n, f"Student {n}", f"student{n}@school.example") for n in range(1, students + 1))
            csv.writer(file).writerows([("id", "name", "email"), *people])
        assign(roster=roster, output=kept / "made")
        entries = read_assigned(kept / "made" / FILE).entries[:sample]
        _cells[:] = [
            (read_cells(kept / "made" / entry.handout), read_cells(kept / "made" / entry.answer_key))
            for entry in entries
        ]

        def ours(folder: Path) -> None:
            assign(roster=roster, output=folder / "made")

        def plain(folder: Path) -> None:
            for _ in run_all(_Plainly(folder), range(sample), lost=_lost):
                pass

        best = best_of({"ours": ours, "plain": plain}, repeats)
    of_all = best["plain"] * students / sample
    assignment = load_assignment()
    note = (
        f"{len(assignment.learning_rates)} rates, {assignment.iterations} iterations, {cores()} processes; ours reads "
        f"the roster and draws the numbers too; the loop writes the files of {sample} students, without charts and "
        "names, and its time is scaled"
    )
    return [faster(NAME, what, best["ours"], of_all, 7, note)]


class _Plainly:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, n: int) -> None:
        for kind, cells in zip(("handout", "key"), _cells[n], strict=True):
            write_plainly(cells, self._folder / f"{n}-{kind}.xlsx")


def _lost(n: int) -> None:
    raise RuntimeError(f"the process that wrote the files of student {n} was ended")
