"""The sheets "lr …": one learning rate, one row per iteration, a live formula for every quantity."""

from __future__ import annotations

from collections.abc import Container
from itertools import groupby

from sheetprop.network import ITERATION, RATE, Role
from sheetprop.options import Layout
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, cell_name, reference
from sheetprop.workbook.chart import Line, error_chart
from sheetprop.workbook.contents import (
    BAND_ROW,
    COMPARISON_COLUMN,
    FIRST_ROW,
    HEADER_ROW,
    LEARNING_RATES,
    Contents,
    IterationTable,
)
from sheetprop.workbook.table import ABOVE, ROW, Column, at_row

RATE_ROW, RATE_COLUMN = 2, 3
COLUMNS_PER_PAGE = 20
TITLE = "Gradient descent, one row per iteration"
CHANGE_NOTE = (
    "Change it, and this sheet, the charts and the comparisons follow. Each weight is the weight of the row above − η "
    "· its gradient in the row above."
)
FILL_NOTE = "The coloured cells are yours to fill, with formulas; the chart and the comparisons follow."
BANDS = {
    Role.TARGET: "targets",
    Role.INPUT: "inputs",
    Role.WEIGHT: "weights",
    Role.FORWARD: "forward",
    Role.ERROR: "error",
    Role.STEP: "backward: the chain rule, step by step",
    Role.GRADIENT: "backward: gradients",
}


def write(book: Book, contents: Contents, table: IterationTable) -> None:
    """Write the sheet of one learning rate."""
    sheet = book.sheet(table.sheet, theme.SERIES_COLOURS[table.index % len(theme.SERIES_COLOURS)])
    chart_column = len(table.columns) + 1
    _write_top(book, sheet, contents, table, chart_column)
    _write_headers(book, sheet, contents, table)
    sheet.write_table(FIRST_ROW, 0, [_column(book, table, key, contents.blank) for key in table.columns])
    _write_chart(book, sheet, contents, table, chart_column)
    frozen = 1 if contents.assignment.layout is Layout.FULL else 0
    sheet.freeze_panes(FIRST_ROW, frozen)
    sheet.repeat_rows(BAND_ROW, HEADER_ROW)
    book.print_titled(sheet, TITLE, (BAND_ROW, 0, table.last_row, len(table.columns) - 1))
    sheet.fit_to_pages(len(table.columns) // COLUMNS_PER_PAGE + 1, 0)
    if frozen:
        sheet.repeat_columns(0)
    sheet.set_row(HEADER_ROW, 22)


def formula_patterns(table: IterationTable, key: str) -> tuple[str, str | None]:
    """The formula of a column, and that of its first row where it differs, without the =.

    In both ROW stands for the number of the own row and ABOVE for that of the row above.
    """
    quantity = table.network[key]
    if quantity.next is not None:
        return quantity.next.excel(lambda k: _refer(table, k, ABOVE)), cell_name(key)
    equation = table.network.equation(key, table.columns)
    if equation is None:
        return cell_name(key), None
    return equation.excel(lambda k: _refer(table, k, ROW)), None


def formula(table: IterationTable, key: str, iteration: int) -> str:
    """The formula, with its =, that stands in the cell of a quantity at an iteration."""
    pattern, first = formula_patterns(table, key)
    used = first if first is not None and iteration == 0 else pattern
    return "=" + at_row(used, FIRST_ROW + iteration + 1)


def _refer(table: IterationTable, key: str, row: str) -> str:
    return table.rate_name if key == RATE else f"{table.letter(key)}{row}"


def _column(book: Book, table: IterationTable, key: str, blank: Container[str]) -> Column:
    values = table.values[key].tolist()
    if key == ITERATION:
        return Column(values, book.look(theme.COUNT))
    formula, first = formula_patterns(table, key)
    role = table.network[key].role
    look = book.look(theme.role_cell(role))
    if key not in blank:
        return Column(values, look, formula, first)
    return Column(values[: first is not None], look, None, first, book.look(theme.role_fill(role)))


def _write_top(book: Book, sheet: Sheet, contents: Contents, table: IterationTable, chart_column: int) -> None:
    book.heading(sheet, TITLE)
    sheet.write_url(1, 2, f"internal:'{LEARNING_RATES}'!A1", book.look(theme.LINK), "All learning rates")
    chart = reference(table.sheet, 0, chart_column)
    sheet.write_url(1, 5, f"internal:{chart}", book.look(theme.LINK), "Chart of E_total →")
    sheet.write_string(RATE_ROW, 0, "Learning rate η", book.look(theme.LABEL))
    if contents.is_handout:
        book.named(sheet, RATE_ROW, RATE_COLUMN, table.rate_name, table.rate, book.look(theme.GIVEN))
    else:
        book.changeable(sheet, RATE_ROW, RATE_COLUMN, table.rate_name, table.rate)
    note = FILL_NOTE if contents.is_handout else CHANGE_NOTE
    sheet.write_string(RATE_ROW, RATE_COLUMN + 1, note, book.look(theme.NOTE, indent=1))


def _write_headers(book: Book, sheet: Sheet, contents: Contents, table: IterationTable) -> None:
    network = table.network
    roles = [None if key == ITERATION else network[key].role for key in table.columns]
    for role, group in groupby(enumerate(roles), key=lambda item: item[1]):
        columns = [n for n, _ in group]
        # In a protected sheet nothing can be folded.
        steps = {"level": 1} if role is Role.STEP and not contents.is_handout else {}
        sheet.set_column(columns[0], columns[-1], theme.ROLE_WIDTHS[role] if role else 10, None, steps)
        if role is not None:
            for column in columns:
                sheet.write_blank(BAND_ROW, column, None, book.look(theme.role_band(role)))
            sheet.write_string(BAND_ROW, columns[0], BANDS[role], book.look(theme.role_band_start(role)))
    for column, key in enumerate(table.columns):
        role = roles[column]
        look = theme.role_heading(role) if role else theme.BASE | {"bold": True, "align": "center", "bottom": 2}
        sheet.write_string(HEADER_ROW, column, network.label(key), book.look(look))


def _write_chart(book: Book, sheet: Sheet, contents: Contents, table: IterationTable, column: int) -> None:
    iterations = (
        table.range(ITERATION)
        if ITERATION in table.columns
        else reference(LEARNING_RATES, FIRST_ROW, COMPARISON_COLUMN, table.last_row)
    )
    line = Line("E_total", table.range("E_total"), table.values["E_total"], theme.ROLE_COLOURS[Role.ERROR][1])
    chart = error_chart(book, "E_total over the iterations", iterations, [line], waiting="E_total" in contents.blank)
    chart.set_legend({"none": True})
    chart.set_size({"width": 640, "height": 380})
    sheet.insert_chart(FIRST_ROW, column, chart, {"object_position": 3, "description": "E_total by iteration"})
