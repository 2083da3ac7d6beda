"""The workbook and its hand-out: one module per kind of sheet; see :func:`write_workbook`, :func:`write_handout`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from sheetprop.assignment import Assignment
from sheetprop.descent import compute_all
from sheetprop.errors import InputError
from sheetprop.handout import HandoutRecord, Student
from sheetprop.output import written_whole
from sheetprop.workbook import (
    checks,
    equations,
    gradient_check,
    handout_record,
    instructions,
    learning_rate,
    learning_rates,
    network,
)
from sheetprop.workbook.book import Book, cell_name
from sheetprop.workbook.contents import CHECKS, GRADIENT_CHECK, Contents
from sheetprop.workbook.form import fits, write_similar
from sheetprop.workbook.picks import pick_names

__all__ = [
    "magnitudes",
    "named_constants",
    "similar_handout_contents",
    "write_handout",
    "write_similar_handout",
    "write_similar_workbook",
    "write_workbook",
]


def write_workbook(contents: Contents, path: Path, written: Callable[[int, int], None] | None = None) -> Book:
    """Write the workbook to ``path``, whole or not at all, in the place of a file that may be there.

    ``written`` is called with how many sheets are done and of how many. Returns the closed book, which knows its
    sheets and how many formulas they hold. Raises InputError where the folder cannot be written to.
    """
    with written_whole(path) as unfinished:
        book = Book(unfinished, unfinished.parent, contents.assignment.title, written)
        _write_sheets(book, contents)
        book.close()
    return book


def write_handout(
    contents: Contents,
    path: Path,
    student: Student | None = None,
    written: Callable[[int, int], None] | None = None,
    key: bytes | None = None,
) -> Book:
    """Write the hand-out to the answer key ``contents``: the same workbook, its columns to fill left blank.

    It is that of a ``student``, or everybody's; with a ``key`` its line that says so is signed. Otherwise as
    :func:`write_workbook`. Raises InputError also where the assignment leaves nothing to fill.
    """
    handed = handout_contents(contents.assignment)
    with written_whole(path) as unfinished:
        book = Book(unfinished, unfinished.parent, handed.assignment.title, written, protected=True)
        _write_blank_sheets(book, handed, student, key)
        book.close()
    return book


def write_similar_workbook(contents: Contents, path: Path) -> None:
    """Write one of many workbooks that differ in numbers and texts only: as :func:`write_workbook`, but faster."""
    if fits(contents):
        write_similar(path, contents.assignment.title, lambda book: _write_sheets(book, contents))
    else:
        write_workbook(contents, path)


def write_similar_handout(handed: Contents, path: Path, student: Student, key: bytes | None = None) -> None:
    """Write one of many hand-outs that differ in numbers and texts only; ``handed`` is what stands in it.

    With a ``key`` the line that says whose it is is signed.
    """
    title = handed.assignment.title
    if fits(handed):
        write_similar(path, title, lambda book: _write_blank_sheets(book, handed, student, key), protected=True)
    else:
        write_handout(handed, path, student, key=key)


def _write_sheets(book: Book, contents: Contents) -> None:
    network.write(book, contents)
    equations.write(book, contents)
    for table in contents.tables:
        learning_rate.write(book, contents, table)
    learning_rates.write(book, contents)
    gradient_check.write(book, contents)
    checks.write(book, contents)


def _write_blank_sheets(book: Book, handed: Contents, student: Student | None, key: bytes | None) -> None:
    instructions.write(book, handed, student)
    network.write(book, handed)
    if handed.assignment.equations:
        equations.write(book, handed)
    for table in handed.tables:
        learning_rate.write(book, handed, table)
    learning_rates.write(book, handed)
    handout_record.write(book, HandoutRecord.of(handed.assignment, student), key)


def handout_contents(assignment: Assignment) -> Contents:
    """What stands in the hand-out of an assignment; raises InputError where nothing is left to fill."""
    return similar_handout_contents([assignment])[0]


def similar_handout_contents(assignments: Sequence[Assignment]) -> list[Contents]:
    """The same for assignments that differ in what is given only."""
    assignment = assignments[0]
    blank = assignment.filled_columns
    if assignment.iterations == 1 and not set(blank) - set(assignment.given):
        raise InputError(
            f"fill: with 1 iteration, nothing is left to students of {', '.join(assignment.fill)}, whose first row is "
            "given; ask for more iterations, or name other columns"
        )
    title = instructions.plain(assignment.title)
    # Columns that are not there need not be computed either.
    absent = set(assignment.network.keys()) - set(assignment.columns)
    return [
        Contents(replace(own, title=title), computed, frozenset(blank))
        for own, computed in zip(assignments, compute_all(assignments, absent.union(blank)), strict=True)
    ]


def magnitudes(contents: Contents) -> dict[str, dict[tuple[int, int], float]]:
    """Per sheet and cell (row, column, from zero) whose rounding is more than its value's: the size to compare with."""
    return {GRADIENT_CHECK: gradient_check.magnitudes(contents), CHECKS: checks.magnitudes(contents)}


def named_constants(contents: Contents) -> dict[str, float]:
    """Every constant that a reader may change, by the defined name of its cell."""
    first_rate = contents.tables[0].rate
    return {
        **{cell_name(key): value for key, value in contents.assignment.given.items()},
        **{table.rate_name: table.rate for table in contents.tables},
        **dict(zip(pick_names(network.PREFIX), (0.0, first_rate), strict=True)),
        **dict(zip(pick_names(gradient_check.PREFIX), (0.0, first_rate), strict=True)),
        "threshold": learning_rates.THRESHOLD,
        "epsilon": gradient_check.EPSILON,
    }
