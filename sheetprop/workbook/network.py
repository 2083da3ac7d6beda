"""The sheet "Network": the cells that a user may change, the network drawn with live numbers, and the way around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sheetprop.network import Role, partial
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, Value, address, cell_name
from sheetprop.workbook.contents import (
    CHECKS,
    EQUATIONS,
    GRADIENT_CHECK,
    LEARNING_RATES,
    NETWORK,
    Contents,
)
from sheetprop.workbook.picks import Picks, write_picks

TOP_ROW, PICK_ROW = 3, 4
GIVEN_COLUMN, DRAWING_COLUMN = 1, 5
DRAWING_ROW = 6
BOX_ROWS, GAP_ROWS = 4, 3
PREFIX = "pick"
WIDTHS = (2, 13, 12, 12, 3, 11, 13, 10, 12, 11, 12, 13, 10, 12, 14, 12, 13, 13)


@dataclass(frozen=True)
class Shown:
    """The cell in which a quantity of the picked iteration and rate stands, and its value when the file is made."""

    cell: str
    value: Value


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
    drawing_end = DRAWING_ROW + max(map(len, contents.network.neurons)) * (BOX_ROWS + GAP_ROWS) - GAP_ROWS
    below = max(drawing_end, PICK_ROW + len(contents.assignment.given)) + 2
    shown = _write_variables(book, sheet, contents, picks, below)
    _write_drawing(book, sheet, contents, shown)
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
    keys = [key for key in network.keys() if network[key].role not in (Role.STEP, Role.GRADIENT)]
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


def _write_drawing(book: Book, sheet: Sheet, contents: Contents, shown: Mapping[str, Shown]) -> None:
    network = contents.network
    column = DRAWING_COLUMN
    _caption(book, sheet, column, "inputs", Role.INPUT)
    for n, key in enumerate(network.neurons[0]):
        _write_box(book, sheet, contents, shown, _box_row(n) + 1, column, [key])
    for depth in range(1, len(network.neurons)):
        neurons = network.neurons[depth]
        last = depth == len(network.layers)
        _write_lines(book, sheet, column + 1, len(network.neurons[depth - 1]), len(neurons))
        _caption(book, sheet, column + 2, "weights", Role.WEIGHT)
        _caption(book, sheet, column + 3, "and gradients", Role.GRADIENT)
        _caption(book, sheet, column + 4, "output sum" if last else "hidden sum", Role.FORWARD)
        _caption(book, sheet, column + 5, network.layers[depth - 1].activation.name, Role.FORWARD)
        for n, neuron in enumerate(neurons):
            incoming = [c.weight for c in network.connections if c.neuron == neuron]
            keys = [key for weight in incoming for key in (weight, partial("E", weight))]
            for offset, key in enumerate(keys):
                _write_pair(book, sheet, contents, shown, _box_row(n) + offset, column + 2, key)
            slope = partial(f"a_{neuron}", neuron)
            _write_box(book, sheet, contents, shown, _box_row(n), column + 4, [neuron, partial("E", neuron)])
            _write_box(book, sheet, contents, shown, _box_row(n), column + 5, [f"a_{neuron}", slope])
        column += 5
    column += 1
    _caption(book, sheet, column, "error", Role.ERROR)
    _caption(book, sheet, column + 1, "total", Role.ERROR)
    for n in range(len(network.neurons[-1])):
        _write_box(book, sheet, contents, shown, _box_row(n), column, [f"E{n + 1}", f"t{n + 1}"])
    middle = (_box_row(0) + _box_row(len(network.neurons[-1]) - 1) + BOX_ROWS) // 2
    _write_box(book, sheet, contents, shown, middle - 1, column + 1, ["E_total"])


def _box_row(n: int) -> int:
    return DRAWING_ROW + n * (BOX_ROWS + GAP_ROWS)


def _caption(book: Book, sheet: Sheet, column: int, text: str, role: Role) -> None:
    look = theme.NOTE | {"align": "center", "font_color": theme.ROLE_COLOURS[role][1]}
    sheet.write_string(DRAWING_ROW - 1, column, text, book.look(look))


def _write_box(
    book: Book, sheet: Sheet, contents: Contents, shown: Mapping[str, Shown], row: int, column: int, keys: list[str]
) -> None:
    """Label over value for each key, one below the other."""
    for n, key in enumerate(keys):
        look = theme.role_box(contents.network[key].role)
        sheet.write_string(row + 2 * n, column, contents.network.label(key), book.look(look, bold=True))
        _write_live(book, sheet, contents, shown, row + 2 * n + 1, column, key)


def _write_pair(
    book: Book, sheet: Sheet, contents: Contents, shown: Mapping[str, Shown], row: int, column: int, key: str
) -> None:
    """Label beside value."""
    look = theme.role_box(contents.network[key].role, bold=True)
    sheet.write_string(row, column, contents.network.label(key), book.look(look))
    _write_live(book, sheet, contents, shown, row, column + 1, key)


def _write_live(
    book: Book, sheet: Sheet, contents: Contents, shown: Mapping[str, Shown], row: int, column: int, key: str
) -> None:
    look = book.look(theme.role_box(contents.network[key].role))
    if key in shown:
        sheet.write_computed(row, column, f"={shown[key].cell}", shown[key].value, look)
        return
    # Steps are not among the variables, nor columns of the classic layout: computed from what is shown.
    equation = contents.network.equation(key, shown)
    assert equation is not None
    formula = equation.excel(lambda k: shown[k].cell)
    sheet.write_computed(row, column, f"={formula}", float(contents.computed[key][0, 0]), look)


def _write_lines(book: Book, sheet: Sheet, column: int, sources: int, neurons: int) -> None:
    """The connections between two layers of two neurons, as the borders of one merged cell."""
    if (sources, neurons) != (2, 2):
        # Borders can draw no other number of lines; the weights' labels still say what they connect.
        return
    line = {"top": 2, "bottom": 2, "diag_type": 3, "diag_border": 2} | dict.fromkeys(
        ("top_color", "bottom_color", "diag_color"), theme.ROLE_COLOURS[Role.WEIGHT][1]
    )
    sheet.merge_range(_box_row(0) + 2, column, _box_row(1) + 1, column, "", book.look(theme.BASE, **line))


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
