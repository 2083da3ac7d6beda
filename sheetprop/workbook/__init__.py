"""The workbook: one module per kind of sheet, in the order of the tabs; see :func:`write_workbook`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sheetprop.output import written_whole
from sheetprop.workbook import checks, equations, gradient_check, learning_rate, learning_rates, network
from sheetprop.workbook.book import Book, cell_name
from sheetprop.workbook.contents import CHECKS, GRADIENT_CHECK, Contents
from sheetprop.workbook.picks import pick_names

__all__ = ["magnitudes", "named_constants", "write_workbook"]


def write_workbook(contents: Contents, path: Path, written: Callable[[int, int], None] | None = None) -> Book:
    """Write the workbook to ``path``, whole or not at all, in the place of a file that may be there.

    ``written`` is called with how many sheets are done and of how many. Returns the closed book, which knows its
    sheets and how many formulas they hold. Raises InputError where the folder cannot be written to.
    """
    with written_whole(path) as unfinished:
        book = Book(unfinished, unfinished.parent, contents.assignment.title, written)
        network.write(book, contents)
        equations.write(book, contents)
        for table in contents.tables:
            learning_rate.write(book, contents, table)
        learning_rates.write(book, contents)
        gradient_check.write(book, contents)
        checks.write(book, contents)
        book.close()
    return book


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
