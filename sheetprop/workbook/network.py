"""The sheet "Network": the cells that a user may change, the network drawn with live numbers, and the way around."""

from __future__ import annotations

from collections.abc import Mapping

from sheetprop.network import Role, partial
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, cell_name, if_filled
from sheetprop.workbook.contents import (
    CHECKS,
    EQUATIONS,
    GRADIENT_CHECK,
    INSTRUCTIONS,
    LEARNING_RATES,
    NETWORK,
    Contents,
)
from sheetprop.workbook.drawing import Drawing, drawing_rows
from sheetprop.workbook.picks import Picks, Shown, write_picks

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
    cells = _write_variables(book, sheet, contents, picks, below)
    Drawing(book, sheet, contents, _drawn(contents, picks, cells), DRAWING_ROW, DRAWING_COLUMN).write()
    row = _write_legend(book, sheet, contents, below)
    _write_links(book, sheet, contents, row + 1)
    if contents.is_handout:
        sheet.set_row(2, 24)
        sheet.write_url(2, GIVEN_COLUMN, f"internal:'{INSTRUCTIONS}'!A1", book.look(theme.LINK), f"← {INSTRUCTIONS}")
    else:
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
    title = "Given" if contents.is_handout else "Yours to change"
    _section(book, sheet, TOP_ROW, GIVEN_COLUMN, GIVEN_COLUMN + 2, title)
    for row, (key, value) in enumerate(contents.assignment.given.items(), start=PICK_ROW):
        quantity = contents.network[key]
        sheet.write_string(row, GIVEN_COLUMN, quantity.label, book.look(theme.role_box(quantity.role)))
        if contents.is_handout:
            book.named(sheet, row, GIVEN_COLUMN + 1, cell_name(key), value, book.look(theme.GIVEN))
        else:
            book.changeable(sheet, row, GIVEN_COLUMN + 1, cell_name(key), value)
        sheet.write_string(row, GIVEN_COLUMN + 2, cell_name(key), book.look(theme.NOTE, align="center"))


def _write_variables(book: Book, sheet: Sheet, contents: Contents, picks: Picks, row: int) -> dict[str, str]:
    """The variables with their values; returns the cell of each, and of each gradient."""
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
    cells: dict[str, str] = {}
    keys = network.keys_except(Role.STEP, Role.GRADIENT)
    for at, key in enumerate(keys, start=row + 1):
        quantity = network[key]
        sheet.write_string(at, GIVEN_COLUMN, quantity.label, book.look(theme.role_box(quantity.role, bold=True)))
        for column in range(GIVEN_COLUMN + 1, last + 1):
            sheet.write_blank(at, column, None, book.look(theme.CELL))
        cells[key] = _write_chosen(book, sheet, picks, key, at, GIVEN_COLUMN + 1)
        if quantity.role is Role.WEIGHT:
            gradient = partial("E", key)
            cells[gradient] = _write_chosen(book, sheet, picks, gradient, at, GIVEN_COLUMN + 2)
        for column, text in ((what, quantity.meaning), (source, quantity.source), (destination, quantity.destination)):
            sheet.write_string(at, column, text, book.look(theme.CELL))
    return cells


def _write_chosen(book: Book, sheet: Sheet, picks: Picks, key: str, row: int, column: int) -> str:
    role = picks.contents.network[key].role
    look = book.look(theme.CELL, num_format=theme.ROLE_NUMBERS[role], align="center")
    shown = picks.shown(key)
    sheet.write_computed(row, column, shown.formula, shown.value, look)
    return address(row, column)


def _drawn(contents: Contents, picks: Picks, cells: Mapping[str, str]) -> dict[str, Shown]:
    """What the drawing shows: the numbers in ``cells``, and the steps of the chain rule computed from them.

    In a hand-out such a formula would be an answer: steps show from their columns, and not at all without them.
    """
    network, drawn = contents.network, {}
    for key, cell in cells.items():
        shown = picks.shown(key)
        drawn[key] = Shown(f"={if_filled(cell) if key in contents.blank else cell}", shown.value)
    for key in network.keys(Role.STEP):
        if not contents.is_handout:
            equation = network.equation(key, cells)
            assert equation is not None
            drawn[key] = Shown(f"={equation.excel(cells.__getitem__)}", float(contents.computed[key][0, 0]))
        elif key in contents.columns:
            drawn[key] = picks.shown(key)
    return drawn


def _write_legend(book: Book, sheet: Sheet, contents: Contents, row: int) -> int:
    first = len(WIDTHS) - 4
    _section(book, sheet, row, first, len(WIDTHS) - 1, "Colours")
    given = [("0.15", theme.GIVEN, "given")] if contents.is_handout else []
    legend = [*given, ("0.15", theme.CHANGEABLE, "yours to change")] + [
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


def sheets_below(contents: Contents) -> list[tuple[str, str]]:
    """The sheets that follow, each with what it is for."""
    rates = [(table.sheet, f"training at η = {table.rate!r}") for table in contents.tables]
    together = (LEARNING_RATES, "all rates side by side")
    if contents.is_handout:
        equations = [(EQUATIONS, "every equation of the network")] if contents.assignment.equations else []
        return [*equations, *rates, together]
    return [
        (EQUATIONS, "every equation, and where it lives"),
        *rates,
        together,
        (GRADIENT_CHECK, "backpropagation against differences"),
        (CHECKS, "was this file recalculated right?"),
    ]


def _write_links(book: Book, sheet: Sheet, contents: Contents, row: int) -> None:
    first = len(WIDTHS) - 4
    _section(book, sheet, row, first, len(WIDTHS) - 1, "Sheets")
    for at, (name, meaning) in enumerate(sheets_below(contents), start=row + 1):
        sheet.write_url(at, first, f"internal:'{name}'!A1", book.look(theme.LINK), name)
        sheet.write_string(at, first + 1, meaning, book.look(theme.BASE, indent=1))
