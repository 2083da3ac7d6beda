"""The sheet "Equations": every equation, and the chain rule for each weight, with the cell where it lives."""

from __future__ import annotations

from sheetprop.network import RATE, Quantity, Role
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet
from sheetprop.workbook.contents import EQUATIONS, FIRST_ROW, Contents
from sheetprop.workbook.learning_rate import formula

LABEL, EQUATION, CELL, FORMULA, VALUE = range(5)
SECTIONS = (
    ("Forward pass", Role.FORWARD, "from the inputs to the outputs"),
    ("Error", Role.ERROR, "how far the outputs are from their targets"),
    ("Backward pass, step by step", Role.STEP, "from the error back to the weights, one derivative at a time"),
    ("Gradients", Role.GRADIENT, "the steps put together: how E_total changes with each weight"),
)


def write(book: Book, contents: Contents) -> None:
    """Write the sheet."""
    sheet = book.sheet(EQUATIONS, theme.ROLE_COLOURS[Role.STEP][1])
    table = contents.tables[0]
    for column, width in ((LABEL, 13), (EQUATION, 88), (CELL, 16), (FORMULA, 66), (VALUE, 15)):
        if column <= _last_column(contents):
            sheet.set_column(column, column, width)
    book.heading(sheet, "Equations")
    note = (
        "What stands in the cells of a sheet of a learning rate, as mathematics."
        if contents.is_handout
        else f"Cells, formulas and values are those of sheet {table.sheet!r} at iteration 0; every sheet of a learning "
        "rate has the same."
    )
    sheet.write_string(1, EQUATION, note, book.look(theme.SUBTITLE))
    row = 3
    for title, role, meaning in SECTIONS:
        row = _section(book, sheet, row, contents, title, meaning)
        for key in contents.network.keys(role):
            row = _quantity(book, sheet, row, contents, contents.network[key])
        row += 1
    row = _write_updates(book, sheet, row, contents)
    factors = "every factor, down to numbers of the sheet"
    row = _section(book, sheet, row, contents, "The chain rule for each weight", factors)
    for weight in contents.network.keys(Role.WEIGHT):
        row = _write_derivation(book, sheet, row, contents, weight)
    sheet.freeze_panes(2, 0)


def _last_column(contents: Contents) -> int:
    """A hand-out has the equations alone: cells, formulas and values are for students to find."""
    return EQUATION if contents.is_handout else VALUE


def _section(book: Book, sheet: Sheet, row: int, contents: Contents, title: str, meaning: str) -> int:
    last = _last_column(contents)
    for column in range(last + 1):
        sheet.write_blank(row, column, None, book.look(theme.SECTION))
    sheet.write_string(row, LABEL, f"{title}: {meaning}", book.look(theme.SECTION))
    for column, heading in ((CELL, "cell"), (FORMULA, "formula"), (VALUE, "value"))[: last - EQUATION]:
        align = "right" if column == VALUE else "left"
        sheet.write_string(row, column, heading, book.look(theme.SECTION, font_size=10, align=align))
    sheet.set_row(row, 22)
    return row + 1


def _quantity(book: Book, sheet: Sheet, row: int, contents: Contents, quantity: Quantity, indent: int = 0) -> int:
    network, table, key = contents.network, contents.tables[0], quantity.key
    sheet.write_string(
        row, LABEL, quantity.label, book.look(theme.role_box(quantity.role, align="left", indent=indent))
    )
    sheet.write_string(row, EQUATION, str(quantity), book.look(theme.CELL, indent=1 + indent))
    if contents.is_handout:
        return row + 1
    value = float(contents.computed[key][0, 0])
    number = book.look(theme.CELL, num_format=theme.ROLE_NUMBERS[quantity.role])
    if key in table.columns:
        _link(book, sheet, row, contents, key, 0)
        sheet.write_string(row, FORMULA, formula(table, key, 0), book.look(theme.FORMULA))
        sheet.write_computed(row, VALUE, f"={table.cell(key)}", value, number)
        return row + 1
    # The classic layout has no cell for a step: it shows as the part of a gradient's formula that it is.
    part = network.equation(key, table.columns)
    assert part is not None
    sheet.write_string(row, CELL, "part of gradients", book.look(theme.NOTE | theme.CELL))
    own = part.excel(lambda k: f"{table.letter(k)}{FIRST_ROW + 1}")
    sheet.write_string(row, FORMULA, own, book.look(theme.FORMULA))
    sheet.write_computed(row, VALUE, "=" + part.excel(table.cell), value, number)
    return row + 1


def _link(book: Book, sheet: Sheet, row: int, contents: Contents, key: str, iteration: int) -> None:
    table = contents.tables[0]
    cell = f"{table.letter(key)}{FIRST_ROW + iteration + 1}"
    sheet.write_url(row, CELL, f"internal:{table.cell(key, iteration)}", book.look(theme.CELL | theme.LINK), cell)


def _write_updates(book: Book, sheet: Sheet, row: int, contents: Contents) -> int:
    network, table = contents.network, contents.tables[0]
    row = _section(book, sheet, row, contents, "Update", f"{network.update.name}, from iteration k to k + 1")
    for weight in network.keys(Role.WEIGHT):
        quantity = network[weight]
        assert quantity.next is not None
        at_k = quantity.next.text(lambda key: network.label(key) + ("" if key == RATE else "(k)"))
        sheet.write_string(row, LABEL, quantity.label, book.look(theme.role_box(Role.WEIGHT, align="left")))
        sheet.write_string(row, EQUATION, f"{quantity.label}(k+1) = {at_k}", book.look(theme.CELL, indent=1))
        if table.iterations > 1 and not contents.is_handout:
            _link(book, sheet, row, contents, weight, 1)
            sheet.write_string(row, FORMULA, formula(table, weight, 1), book.look(theme.FORMULA))
            value = float(contents.computed[weight][0, 1])
            number = book.look(theme.CELL, num_format=theme.ROLE_NUMBERS[Role.WEIGHT])
            sheet.write_computed(row, VALUE, f"={table.cell(weight, 1)}", value, number)
        row += 1
    return row + 1


def _write_derivation(book: Book, sheet: Sheet, row: int, contents: Contents, weight: str) -> int:
    network = contents.network
    derivation = network.derivation(weight)
    gradient = derivation[0]
    for depth, quantity in enumerate(derivation):
        row = _quantity(book, sheet, row, contents, quantity, indent=min(depth, 1))
    inserted = network.equation(gradient.key, network.keys_except(Role.STEP))
    assert inserted is not None
    sheet.write_string(row, EQUATION, f"{gradient.label} = {inserted.text(network.label)}",
                       book.look(theme.CELL, indent=1, bold=True))  # fmt: skip
    sheet.write_string(row, LABEL, "together", book.look(theme.NOTE))
    return row + 2
