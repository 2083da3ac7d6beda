"""The sheet "Checks": numbers that Python computed beside those of the spreadsheet program, with a live verdict.

Per learning rate and quantity it compares the last value, and the sum of all absolute values of the column, which
a wrong cell changes and in which nothing cancels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sheetprop.network import ITERATION
from sheetprop.tolerance import TOLERANCE
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, cell_name, column_range
from sheetprop.workbook.cell import NUM_ERROR
from sheetprop.workbook.contents import CHECKS, Contents, IterationTable

VERDICT_ROW, TOLERANCE_ROW = 2, 4
HEADER_ROW, FIRST_ROW = 7, 8
RATE, QUANTITY, LAST, LAST_HERE, SUM, SUM_HERE, SAME = range(7)
GIVEN, GIVEN_THEN, GIVEN_NOW, GIVEN_SAME = range(8, 12)
YES, NO, CHANGED = "yes", "no", "changed"


def write(book: Book, contents: Contents) -> None:
    """Write the sheet."""
    sheet = book.sheet(CHECKS, theme.GOOD["font_color"])
    sheet.set_column(RATE, QUANTITY, 14)
    sheet.set_column(LAST, SUM_HERE, 24)
    sheet.set_column(SAME, SAME, 10)
    sheet.set_column(SAME + 1, SAME + 1, 3)
    sheet.set_column(GIVEN, GIVEN_SAME, 14)
    book.heading(sheet, "Was this workbook recalculated right?")
    sheet.write_string(
        1,
        QUANTITY,
        "Under “Python” stands what NumPy computed when the file was made; beside it, what the program that shows "
        "this computes from the file's formulas.",
        book.look(theme.SUBTITLE),
    )
    of_sum = TOLERANCE.relative_of_sum(contents.assignment.iterations)
    for row, label, last, total in (
        (TOLERANCE_ROW, "Tolerance, relative", TOLERANCE.relative, of_sum),
        (TOLERANCE_ROW + 1, "Tolerance, near zero", TOLERANCE.absolute, TOLERANCE.absolute),
    ):
        sheet.write_string(row, 0, label, book.look(theme.LABEL))
        for column, value in ((LAST, last), (SUM, total)):
            sheet.write_number(row, column, value, book.look(theme.BASE, num_format="0E+00", align="right"))
    numbers = _write_numbers(book, sheet, contents)
    given = _write_given(book, sheet, contents)
    count = sum(1 for table in contents.tables for _ in _compared(table))
    _write_verdict(book, sheet, numbers, given, count)
    sheet.freeze_panes(FIRST_ROW, 0)
    sheet.repeat_rows(HEADER_ROW)


def magnitudes(contents: Contents) -> dict[tuple[int, int], float]:
    """Per cell (row, column, from zero) that sums a column: the size at which its own tolerance is the usual one."""
    factor = TOLERANCE.relative_of_sum(contents.assignment.iterations) / TOLERANCE.relative
    sums = (_sum_of_sizes(values) for table in contents.tables for _, values in _compared(table))
    return {(row, SUM_HERE): factor * total for row, total in enumerate(sums, start=FIRST_ROW)}


def _compared(table: IterationTable) -> Iterator[tuple[str, np.ndarray]]:
    return ((key, table.values[key]) for key in table.columns if key != ITERATION)


def _sum_of_sizes(values: np.ndarray) -> float:
    # As SUMIF does, it passes over #NUM!.
    try:
        return math.fsum(np.abs(values[~np.isnan(values)]))
    except OverflowError:
        return math.nan


def _headings(book: Book, sheet: Sheet, first_column: int, headings: tuple[str, ...]) -> None:
    for column, heading in enumerate(headings, start=first_column):
        sheet.write_string(HEADER_ROW, column, heading, book.look(theme.HEADING))


def _write_numbers(book: Book, sheet: Sheet, contents: Contents) -> str:
    """The comparisons; returns the range of their verdicts."""
    _headings(
        book,
        sheet,
        RATE,
        ("learning rate", "quantity", "last value: Python", "last value: here", "Σ |value|: Python",
         "Σ |value|: here", "same?"),
    )  # fmt: skip
    sheet.set_row(HEADER_ROW, 22)
    number = book.look(theme.CELL, num_format="0.000000000000000E+00", align="right")
    row = FIRST_ROW
    changed = f'COUNTIF({_given_verdicts(contents)},"{CHANGED}")>0'
    for table in contents.tables:
        for key, values in _compared(table):
            here = table.range(key)
            sheet.write_computed(
                row, RATE, f"={table.rate_name}", table.rate,
                book.look(theme.CELL, num_format=theme.GIVEN_NUMBER, align="center"),
            )  # fmt: skip
            role = contents.network[key].role
            sheet.write_string(row, QUANTITY, contents.network.label(key), book.look(theme.role_box(role)))
            for column, value, live in (
                (LAST, float(values[-1]), f"={table.cell(key, table.iterations - 1)}"),
                (SUM, _sum_of_sizes(values), f'=SUMIF({here},">0")-SUMIF({here},"<0")'),
            ):
                if math.isnan(value):
                    sheet.write_string(row, column, NUM_ERROR, number)
                else:
                    sheet.write_number(row, column, value, number)
                sheet.write_computed(row, column + 1, live, value, number)
            same = f"AND({_same(row, LAST)},{_same(row, SUM)})"
            # Of other inputs nothing can be said; that is no fault.
            verdict = f'IF({same},"{YES}",IF({changed},"{CHANGED}","{NO}"))'
            sheet.write_computed(row, SAME, f"={verdict}", YES, book.look(theme.CELL, align="center"))
            row += 1
    return _verdicts(book, sheet, SAME, row)


def _write_given(book: Book, sheet: Sheet, contents: Contents) -> str:
    """What the numbers were computed from, then and now; returns the range of the verdicts."""
    _headings(book, sheet, GIVEN, ("given", "then", "now", "unchanged?"))
    given = [(contents.network.label(key), cell_name(key), value) for key, value in contents.assignment.given.items()]
    given += [(f"η, {table.sheet}", table.rate_name, table.rate) for table in contents.tables]
    number = book.look(theme.CELL, num_format=theme.GIVEN_NUMBER, align="center")
    for row, (label, name, value) in enumerate(given, start=FIRST_ROW):
        sheet.write_string(row, GIVEN, label, book.look(theme.CELL, align="center", bold=True))
        sheet.write_number(row, GIVEN_THEN, value, number)
        sheet.write_computed(row, GIVEN_NOW, f"={name}", value, number)
        unchanged = f'=IF({address(row, GIVEN_THEN)}={address(row, GIVEN_NOW)},"{YES}","{CHANGED}")'
        sheet.write_computed(row, GIVEN_SAME, unchanged, YES, book.look(theme.CELL, align="center"))
    _verdicts(book, sheet, GIVEN_SAME, FIRST_ROW + len(given))
    return _given_verdicts(contents)


def _given_verdicts(contents: Contents) -> str:
    count = len(contents.assignment.given) + len(contents.tables)
    return column_range(FIRST_ROW, GIVEN_SAME, FIRST_ROW + count - 1)


def _same(row: int, column: int) -> str:
    python, here = address(row, column), address(row, column + 1)
    relative = address(TOLERANCE_ROW, column, absolute=True)
    absolute = address(TOLERANCE_ROW + 1, column, absolute=True)
    # IF, not AND or MAX over both: an error on one side must end in FALSE, not in an error.
    near = f"IF(ISNUMBER({here}),ABS({here}-{python})<=MAX({relative}*ABS({python}),{absolute}),FALSE)"
    return f"IF(ISNUMBER({python}),{near},ISERROR({here}))"


def _verdicts(book: Book, sheet: Sheet, column: int, end: int) -> str:
    for value, look in ((f'"{YES}"', theme.GOOD), (f'"{NO}"', theme.BAD), (f'"{CHANGED}"', theme.CALM)):
        sheet.conditional_format(
            FIRST_ROW, column, end - 1, column,
            {"type": "cell", "criteria": "==", "value": value, "format": book.look(look)},
        )  # fmt: skip
    return column_range(FIRST_ROW, column, end - 1)


def _write_verdict(book: Book, sheet: Sheet, numbers: str, given: str, count: int) -> None:
    right = f'"Recalculated right: all "&ROWS({numbers})&" quantities agree"'
    wrong = f'"DIFFERENT: "&COUNTIF({numbers},"{NO}")&" of "&ROWS({numbers})&" quantities do not agree"'
    changed = '"Inputs changed: Python\'s numbers are for the inputs under “then”"'
    sheet.set_row(VERDICT_ROW, 26)
    for column in range(SAME + 1):
        sheet.write_blank(VERDICT_ROW, column, None, book.look(theme.BASE))
    sheet.write_computed(
        VERDICT_ROW,
        0,
        f'=IF(COUNTIF({given},"{CHANGED}")>0,{changed},IF(COUNTIF({numbers},"{YES}")=ROWS({numbers}),{right},{wrong}))',
        f"Recalculated right: all {count} quantities agree",
        book.look(theme.BASE, bold=True, font_size=14),
    )
    for begin, look in (("Recalculated", theme.GOOD), ("DIFFERENT", theme.BAD), ("Inputs", theme.CALM)):
        criteria = f'=LEFT({address(VERDICT_ROW, 0, absolute=True)},{len(begin)})="{begin}"'
        condition = {"type": "formula", "criteria": criteria, "format": book.look(look)}
        sheet.conditional_format(VERDICT_ROW, 0, VERDICT_ROW, SAME, condition)
