"""Cells in which a reader picks an iteration and a learning rate, as two sheets have them."""

from __future__ import annotations

from dataclasses import dataclass

from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, if_filled
from sheetprop.workbook.cell import Value
from sheetprop.workbook.contents import ITERATIONS_NAME, RATES_NAME, Contents

Place = tuple[int, int]
NOTE = "◂ pick both from their lists: all numbers of this sheet follow"
WARNING = "◂ no sheet has this learning rate, the first is shown: pick one from the list"


@dataclass(frozen=True)
class Shown:
    """A quantity of the picked iteration and rate: the formula that shows it, and its value when the file is made."""

    formula: str
    value: Value


@dataclass(frozen=True)
class Picks:
    """The cells that say, in numbers, which row of the tables and which sheet was picked."""

    contents: Contents
    row_cell: str
    sheet_cell: str

    def chosen(self, key: str) -> str:
        """The formula, without its =, of a quantity at what was picked."""
        ranges = ",".join(table.range(key) for table in self.contents.tables)
        return f"INDEX(CHOOSE({self.sheet_cell},{ranges}),{self.row_cell})"

    def shown(self, key: str) -> Shown:
        """How a quantity at what was picked is shown; nothing where its cell is still blank."""
        value = float(self.contents.computed[key][0, 0])
        if key not in self.contents.blank:
            return Shown(f"={self.chosen(key)}", value)
        # Of weights, the first row is given.
        given = key in self.contents.assignment.given
        return Shown(f"={if_filled(self.chosen(key))}", value if given else "")


def pick_names(prefix: str) -> tuple[str, str]:
    """The defined names of the two cells: of the iteration, of the learning rate."""
    return f"{prefix}_iteration", f"{prefix}_rate"


def write_picks(
    book: Book,
    sheet: Sheet,
    contents: Contents,
    prefix: str,
    iteration: Place,
    rate: Place,
    note: Place,
    numbers: Place,
) -> Picks:
    """Write the two cells, each with its label to the left, at iteration 0 and the first learning rate.

    ``note`` is the place of a line that says how to use them; at ``numbers`` and to the right stand the row and the
    sheet number of what was picked, their label to the left.
    """
    iteration_name, rate_name = pick_names(prefix)
    for (row, column), label, name, value, number, choices in (
        (iteration, "Iteration", iteration_name, 0, "0", ITERATIONS_NAME),
        (rate, "Learning rate η", rate_name, contents.tables[0].rate, theme.GIVEN_NUMBER, RATES_NAME),
    ):
        sheet.write_string(row, column - 1, label, book.look(theme.LABEL, align="right", indent=1))
        book.changeable(sheet, row, column, name, value, number)
        sheet.data_validation(row, column, row, column, {"validate": "list", "source": f"={choices}"})
    match = f"MATCH({rate_name},{RATES_NAME},0)"
    sheet.write_computed(
        *note, f'=IF(ISNUMBER({match}),"{NOTE}","{WARNING}")', NOTE, book.look(theme.NOTE, indent=1)
    )  # fmt: skip
    row, column = numbers
    small = theme.NOTE | {"num_format": "0", "align": "center"}
    sheet.write_string(row, column - 1, "row, sheet number", book.look(small, align="right"))
    sheet.write_computed(row, column, f"={iteration_name}+1", 1.0, book.look(small))
    sheet.write_computed(row, column + 1, f"=IFERROR({match},1)", 1.0, book.look(small))
    return Picks(contents, address(row, column, absolute=True), address(row, column + 1, absolute=True))
