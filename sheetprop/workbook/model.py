"""The sheet "Model": the network layer by layer, what each layer makes of an image, and what it costs."""

from __future__ import annotations

from sheetprop.cnn.architectures import IMAGE
from sheetprop.cnn.layers import Shape, Step
from sheetprop.network import Role
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, column_range
from sheetprop.workbook.key_figures import ROW_HEIGHT, Figure, Number, begin, write_figures
from sheetprop.workbook.places import (
    DETAIL,
    FIELD,
    JUMP,
    KIND,
    LAYERS_ROW,
    MULTIPLY_ADDS,
    NUMBER,
    OUTPUT,
    PARAMETERS,
    SHARE,
)
from sheetprop.workbook.sheet_parts import write_headings, write_notes
from sheetprop.workbook.trained import MODEL, Trained

IMAGE_ROW, HEADER_ROW = LAYERS_ROW - 1, LAYERS_ROW - 2
HEADINGS = {
    NUMBER: ("layer", 8),
    KIND: ("type", 16),
    DETAIL: ("details", 28),
    OUTPUT: ("output", 14),
    PARAMETERS: ("parameters", 13),
    SHARE: ("share of the parameters", 22),
    MULTIPLY_ADDS: ("multiply-adds", 15),
    FIELD: ("receptive field (pixels)", 14),
    JUMP: ("jump (pixels)", 11),
}
KIND_ROLES = {
    "Conv2d": Role.WEIGHT,
    "Linear": Role.WEIGHT,
    "BatchNorm2d": Role.GRADIENT,
    "ReLU": Role.FORWARD,
    "Dropout": Role.INPUT,
    "Dropout2d": Role.INPUT,
    "MaxPool2d": Role.ERROR,
    "AvgPool2d": Role.ERROR,
}
"""Layers that do the same share the colours of a role; the others have those of a step."""
RIGHT = (PARAMETERS, SHARE, MULTIPLY_ADDS)
BAR = "#8FB4DA"


def write(book: Book, trained: Trained) -> None:
    """Write the sheet."""
    architecture = trained.first.settings.architecture
    sheet = book.sheet(trained.named(MODEL), theme.ROLE_COLOURS[Role.GRADIENT][1])
    for column, (_, width) in HEADINGS.items():
        sheet.set_column(column, column, width)
    sheet.set_default_row(ROW_HEIGHT)
    begin(
        book,
        sheet,
        trained,
        f"{architecture.name}, layer by layer",
        f"{architecture.summary[:1].upper()}{architecture.summary[1:]}.",
    )
    total_row = LAYERS_ROW + len(architecture.steps)
    _write_figures(book, sheet, architecture.steps, total_row)
    write_notes(book, sheet, total_row + 2, 0, _notes(architecture.steps))
    write_headings(book, sheet, HEADER_ROW, [heading for heading, _ in HEADINGS.values()], RIGHT)
    _write_image(book, sheet)
    for number, step in enumerate(architecture.steps, start=1):
        _write_layer(book, sheet, number, step, total_row, architecture.parameters)
    _write_totals(book, sheet, architecture.steps, total_row)
    sheet.conditional_format(
        LAYERS_ROW, SHARE, total_row - 1, SHARE,
        # As Excel 2007 has them: newer ones are an extension, of which pandas and openpyxl warn.
        {"type": "data_bar", "bar_color": BAR, "min_type": "num", "min_value": 0, "max_type": "num", "max_value": 0.5},
    )  # fmt: skip
    sheet.freeze_panes(IMAGE_ROW, DETAIL)
    sheet.repeat_rows(HEADER_ROW)


def shown_shape(shape: Shape) -> str:
    """A shape as people write it: 16×26×26."""
    return "×".join(map(str, shape))


def _notes(steps: list[Step]) -> list[str]:
    field = (
        "Receptive field: the side of the square of pixels that one number of the layer depends on. It grows by "
        "(window − 1) × jump, the pixels between neighbours in what comes in."
    )
    beyond = (
        "Beyond 28 it is wider than the image: it reaches over the edges, where padding puts zeros, so these layers "
        "see the whole image."
    )
    return [field, beyond] if max(step.receptive_field for step in steps) > IMAGE[-1] else [field]


def _write_figures(book: Book, sheet: Sheet, steps: list[Step], total_row: int) -> None:
    parameters = column_range(LAYERS_ROW, PARAMETERS, total_row - 1)
    learning = sum(step.parameters > 0 for step in steps)
    figures = [
        Figure(
            "Parameters",
            Number(sum(step.parameters for step in steps), "#,##0", f"={address(total_row, PARAMETERS)}"),
            Number(learning, '"learned by "0" layers"', f'=COUNTIF({parameters},">0")'),
        ),
        Figure(
            "Multiply-adds",
            Number(
                sum(step.multiply_adds for step in steps), '0.00,," million"', f"={address(total_row, MULTIPLY_ADDS)}"
            ),
            "of convolutions and linear layers, per image",
            True,
        ),
        Figure(
            "Receptive field of the output",
            Number(steps[-1].receptive_field, '0" pixels"', f"={address(total_row - 1, FIELD)}"),
            f"of an image of {IMAGE[-2]} × {IMAGE[-1]}",
            True,
        ),
    ]
    write_figures(book, sheet, figures, [(NUMBER, KIND), (DETAIL, OUTPUT), (PARAMETERS, SHARE)])


def _write_image(book: Book, sheet: Sheet) -> None:
    look = theme.CELL | {"font_color": theme.MUTED}
    for column in HEADINGS:
        sheet.write_blank(IMAGE_ROW, column, None, book.look(look))
    sheet.write_string(IMAGE_ROW, KIND, "the image", book.look(look, indent=1))
    sheet.write_string(IMAGE_ROW, OUTPUT, shown_shape(IMAGE), book.look(look, align="center"))


def _write_layer(book: Book, sheet: Sheet, number: int, step: Step, total_row: int, parameters: int) -> None:
    row = LAYERS_ROW + number - 1
    role = KIND_ROLES.get(step.layer.kind, Role.STEP)
    light, dark = theme.ROLE_COLOURS[role]
    box = theme.CELL | {"bg_color": light, "font_color": dark, "bold": True, "indent": 1, "align": "left"}
    centred, right = theme.CELL | {"align": "center"}, theme.CELL | {"align": "right", "indent": 1}
    # A layer that learns nothing shows a dash, so that those that do stand out.
    count = '#,##0;-#,##0;"–"'
    sheet.write_number(row, NUMBER, number, book.look(centred, font_color=theme.MUTED))
    sheet.write_string(row, KIND, step.layer.kind, book.look(box))
    sheet.write(row, DETAIL, step.layer.detail or None, book.look(theme.CELL, indent=1))
    sheet.write_string(row, OUTPUT, shown_shape(step.output), book.look(centred))
    sheet.write_number(row, PARAMETERS, step.parameters, book.look(right, num_format=count))
    share = f"={address(row, PARAMETERS)}/{address(total_row, PARAMETERS, absolute=True)}"
    shown = book.look(right, num_format='0.0%;-0.0%;"–"')
    sheet.write_computed(row, SHARE, share, step.parameters / parameters, shown)
    sheet.write_number(row, MULTIPLY_ADDS, step.multiply_adds, book.look(right, num_format=count))
    sheet.write_number(row, FIELD, step.receptive_field, book.look(centred))
    sheet.write_number(row, JUMP, step.jump, book.look(centred))


def _write_totals(book: Book, sheet: Sheet, steps: list[Step], row: int) -> None:
    total = theme.BASE | {"bold": True, "top": 2, "top_color": theme.ACCENT}
    number = total | {"align": "right", "indent": 1}
    for column in HEADINGS:
        sheet.write_blank(row, column, None, book.look(total))
    sheet.write_string(row, KIND, "together", book.look(total, indent=1))
    for column, value, shown in (
        (PARAMETERS, sum(step.parameters for step in steps), "#,##0"),
        (SHARE, 1.0, "0.0%"),
        (MULTIPLY_ADDS, sum(step.multiply_adds for step in steps), "#,##0"),
    ):
        formula = f"=SUM({address(LAYERS_ROW, column)}:{address(row - 1, column)})"
        sheet.write_computed(row, column, formula, value, book.look(number, num_format=shown))
