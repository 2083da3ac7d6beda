"""The sheet "Network": the cells that a user may change, the network drawn with live numbers, and the way around."""

from __future__ import annotations

from sheetprop.network import Role, partial
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, cell_name
from sheetprop.workbook.contents import (
    CHECKS,
    EQUATIONS,
    GRADIENT_CHECK,
    LEARNING_RATES,
    NETWORK,
    Contents,
)
from sheetprop.workbook.drawing import Drawing, Shown, drawing_rows
from sheetprop.workbook.picks import Picks, write_picks

TOP_ROW, PICK_ROW = 3, 4
GIVEN_COLUMN, DRAWING_COLUMN = 1, 5
DRAWING_ROW = PICK_ROW + 1
PREFIX = "pick"
WIDTHS = (2, 13, 12, 12, 3, 11, 13, 10, 12, 11, 12, 13, 10, 12, 14, 12, 13, 13)


def write(book: Book, contents: Contents) -> None:
    """Write the sheet."""
    sheet = book.sheet(NETWORK, theme.ACCENT)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_zoom(90)
    sheet.set_row(0, 34)
    sheet.write_string(0, GIVEN_COLUMN, contents.assignment.title, book.look(theme.TITLE))
    sheet.write_string(1, GIVEN_COLUMN, _description(contents), book.look(theme.SUBTITLE))
    _write_given(book, sheet, contents)
    _section(book, sheet, TOP_ROW, DRAWING_COLUMN, len(WIDTHS) - 1, "The network at one iteration")
    picks = write_picks(
        book,
        sheet,
        contents,
        PREFIX,
        iteration=(PICK_ROW, DRAWING_COLUMN + 1),
        rate=(PICK_ROW, DRAWING_COLUMN + 4),
        note=(PICK_ROW, DRAWING_COLUMN + 5),
        numbers=(PICK_ROW, len(WIDTHS) - 2),
    )
    below = max(DRAWING_ROW + drawing_rows(contents), PICK_ROW + len(contents.assignment.given)) + 2
    shown = _write_variables(book, sheet, contents, picks, below)
    Drawing(book, sheet, contents, shown, DRAWING_ROW, DRAWING_COLUMN).write()
    row = _write_legend(book, sheet, below)
    _write_links(book, sheet, contents, row + 1)
    sheet.activate()


def _description(contents: Contents) -> str:
    network, assignment = contents.network, contents.assignment
    layers = ", ".join(
        f"{layer.size} {layer.activation.name} {'output' if n == len(network.layers) else 'hidden'} neurons"
        for n, layer in enumerate(network.layers, start=1)
    )
    drawn = "" if assignment.seed is None else f" Initial weights drawn with seed {assignment.seed}."
    return f"{network.inputs} inputs, {layers}, {network.error.name}, {network.update.name}.{drawn}"


def _section(book: Book, sheet: Sheet, row: int, first: int, last: int, title: str) -> None:
    for column in range(first, last + 1):
        sheet.write_blank(row, column, None, book.look(theme.SECTION))
    sheet.write_string(row, first, title, book.look(theme.SECTION))


def _write_given(book: Book, sheet: Sheet, contents: Contents) -> None:
    _section(book, sheet, TOP_ROW, GIVEN_COLUMN, GIVEN_COLUMN + 2, "Yours to change")
    for row, (key, value) in enumerate(contents.assignment.given.items(), start=PICK_ROW):
        quantity = contents.network[key]
        sheet.write_string(row, GIVEN_COLUMN, quantity.label, book.look(theme.role_box(quantity.role)))
        book.changeable(sheet, row, GIVEN_COLUMN + 1, cell_name(key), value)
        sheet.write_string(row, GIVEN_COLUMN + 2, cell_name(key), book.look(theme.NOTE, align="center"))


def _write_variables(book: Book, sheet: Sheet, contents: Contents, picks: Picks, row: int) -> dict[str, Shown]:
    """The variables with their values; returns where the value of each, and each gradient, stands."""
    network = contents.network
    what, source, destination = DRAWING_COLUMN, DRAWING_COLUMN + 4, DRAWING_COLUMN + 6
    last = DRAWING_COLUMN + 7
    _section(book, sheet, row, GIVEN_COLUMN, last, "Variables")
    for column, heading in (
        (GIVEN_COLUMN + 1, "value"),
        (GIVEN_COLUMN + 2, "∂E/∂w"),
        (what, "what"),
        (source, "from"),
        (destination, "to"),
    ):
        align = "center" if column < what else "left"
        sheet.write_string(row, column, heading, book.look(theme.SECTION, font_size=10, align=align))
    shown: dict[str, Shown] = {}
    keys = network.keys_except(Role.STEP, Role.GRADIENT)
    for at, key in enumerate(keys, start=row + 1):
        quantity = network[key]
        sheet.write_string(at, GIVEN_COLUMN, quantity.label, book.look(theme.role_box(quantity.role, bold=True)))
        for column in range(GIVEN_COLUMN + 1, last + 1):
            sheet.write_blank(at, column, None, book.look(theme.CELL))
        shown[key] = _write_chosen(book, sheet, picks, key, at, GIVEN_COLUMN + 1)
        if quantity.role is Role.WEIGHT:
            gradient = partial("E", key)
            shown[gradient] = _write_chosen(book, sheet, picks, gradient, at, GIVEN_COLUMN + 2)
        for column, text in ((what, quantity.meaning), (source, quantity.source), (destination, quantity.destination)):
            sheet.write_string(at, column, text, book.look(theme.CELL))
    return shown


def _write_chosen(book: Book, sheet: Sheet, picks: Picks, key: str, row: int, column: int) -> Shown:
    value = float(picks.contents.computed[key][0, 0])
    role = picks.contents.network[key].role
    look = book.look(theme.CELL, num_format=theme.ROLE_NUMBERS[role], align="center")
    sheet.write_computed(row, column, "=" + picks.chosen(key), value, look)
    return Shown(address(row, column), value)


def _write_legend(book: Book, sheet: Sheet, row: int) -> int:
    first = len(WIDTHS) - 4
    _section(book, sheet, row, first, len(WIDTHS) - 1, "Colours")
    legend = [("0.15", theme.CHANGEABLE, "yours to change")] + [
        (sample, theme.role_box(role), meaning)
        for role, sample, meaning in (
            (Role.INPUT, "t  i", "target or input"),
            (Role.WEIGHT, "w", "weight"),
            (Role.FORWARD, "h  a_h", "computed in the forward pass"),
            (Role.ERROR, "E", "error"),
            (Role.STEP, "∂E/∂h", "step of the chain rule"),
            (Role.GRADIENT, "∂E/∂w", "gradient of a weight"),
        )
    ]
    for at, (sample, look, meaning) in enumerate(legend, start=row + 1):
        sheet.write_string(at, first, sample, book.look(look))
        sheet.write_string(at, first + 1, meaning, book.look(theme.BASE, indent=1))
    return row + 1 + len(legend)


def _write_links(book: Book, sheet: Sheet, contents: Contents, row: int) -> None:
    first = len(WIDTHS) - 4
    _section(book, sheet, row, first, len(WIDTHS) - 1, "Sheets")
    links = [
        (EQUATIONS, "every equation, and where it lives"),
        *((table.sheet, f"training at η = {table.rate!r}") for table in contents.tables),
        (LEARNING_RATES, "all rates side by side"),
        (GRADIENT_CHECK, "backpropagation against differences"),
        (CHECKS, "was this file recalculated right?"),
    ]
    for at, (name, meaning) in enumerate(links, start=row + 1):
        sheet.write_url(at, first, f"internal:'{name}'!A1", book.look(theme.LINK), name)
        sheet.write_string(at, first + 1, meaning, book.look(theme.BASE, indent=1))
