"""The sheet "Gradient check": each ∂E/∂w beside its central finite difference, all in live formulas.

The difference quotient (E(w + ε) − E(w − ε)) / 2ε knows nothing of backpropagation: it moves one weight and runs
the forward pass again. Its own error is of the order ε² (Taylor), and so is the agreement asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from sheetprop.descent import forward
from sheetprop.network import Role, partial
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, column_range
from sheetprop.workbook.cell import NUM_ERROR
from sheetprop.workbook.contents import GRADIENT_CHECK, Contents
from sheetprop.workbook.picks import Picks, write_picks

EPSILON = 1e-4
RELATIVE = 1e-5
"""Agreement asked for beside ε²; the class hand-out's mistake in ∂E/∂w3 and ∂E/∂w4 is of 2.6e-4."""
PICK_ROW = 3
PREFIX = "check"
PAGES_WIDE = 2
"""The forward passes have more columns than can be read on one page."""
HEADER_ROW, FIRST_ROW = 7, 8
GRADIENT, CURRENT, BACKWARD, PLUS, MINUS, CENTRAL, DIFFERENCE, VERDICT = range(8)
HEADINGS = (
    "gradient",
    "w",
    "∂E/∂w by backpropagation",
    "E_total at w + ε",
    "E_total at w − ε",
    "(E(w + ε) − E(w − ε)) / 2ε",
    "difference",
    "verdict",
)
AGREE, DIFFER = "agree", "differ"
Passes = dict[str, tuple[Mapping[str, float], Mapping[str, float]]]
"""Per weight: the quantities with the weight moved up, and with it moved down."""


def write(book: Book, contents: Contents) -> None:
    """Write the sheet."""
    sheet = book.sheet(GRADIENT_CHECK, theme.ROLE_COLOURS[Role.GRADIENT][1])
    sheet.set_column(0, 0, 22)
    sheet.set_column(CURRENT, VERDICT, 18)
    sheet.set_column(VERDICT + 1, len(_forward_keys(contents)), 13)
    book.heading(sheet, "Gradient check")
    question = "Move one weight by ±ε and run the forward pass again: does E_total change as ∂E/∂w says?"
    sheet.write_string(1, 1, question, book.look(theme.SUBTITLE))
    picks = write_picks(
        book, sheet, contents, PREFIX, (PICK_ROW, 1), (PICK_ROW + 1, 1), note=(PICK_ROW, 2), numbers=(PICK_ROW, VERDICT)
    )  # fmt: skip
    _write_step(book, sheet)
    start = FIRST_ROW + len(contents.network.connections) + 5
    moved = _write_forward_passes(book, sheet, contents, picks, start)
    _write_comparison(book, sheet, contents, picks, start, moved)
    last = start + 2 * len(moved)
    sheet.freeze_panes(2, 1)
    book.print_titled(sheet, f"Gradient check: {question}", (PICK_ROW, 0, last, len(_forward_keys(contents))))
    sheet.repeat_columns(0)
    sheet.fit_to_pages(PAGES_WIDE, 0)


def magnitudes(contents: Contents) -> dict[tuple[int, int], float]:
    """Per cell (row, column, from zero) that subtracts nearly equal numbers: how large those are, in its unit."""
    error = float(contents.computed["E_total"][0, 0])
    return {
        (FIRST_ROW + n, column): error / (2 * EPSILON)
        for n, _ in enumerate(contents.network.connections)
        for column in (CENTRAL, DIFFERENCE)
    }


def _write_step(book: Book, sheet: Sheet) -> None:
    row = PICK_ROW + 2
    sheet.write_string(row, 0, "Step ε", book.look(theme.LABEL, align="right", indent=1))
    book.changeable(sheet, row, 1, "epsilon", EPSILON, "0.0E+00")
    note = "◂ change it: too large, and the quotient is coarse; too small, and rounding shows"
    sheet.write_string(row, 2, note, book.look(theme.NOTE, indent=1))


def _forward_keys(contents: Contents) -> list[str]:
    return contents.network.keys_except(Role.STEP, Role.GRADIENT)


def _write_forward_passes(book: Book, sheet: Sheet, contents: Contents, picks: Picks, start: int) -> Passes:
    """Forward passes from row ``start`` on: of the weights as they are, then of each weight moved up and down."""
    network = contents.network
    columns = {key: n for n, key in enumerate(_forward_keys(contents), start=1)}
    sheet.write_string(start - 2, 0, "The forward passes", book.look(theme.SECTION))
    sheet.write_string(start - 1, 0, "weight moved", book.look(theme.LABEL, bottom=2))
    for key, column in columns.items():
        sheet.write_blank(start - 2, column, None, book.look(theme.SECTION))
        sheet.write_string(start - 1, column, network.label(key), book.look(theme.role_heading(network[key].role)))

    def write_pass(row: int, label: str, values: Mapping[str, float], moved: str | None, shift: str) -> None:
        sheet.write_string(row, 0, label, book.look(theme.LABEL))
        for key, column in columns.items():
            equation = network[key].equation
            look = theme.role_cell(network[key].role)
            if equation is not None:
                formula = equation.excel(lambda used: address(row, columns[used]))
            elif row == start:
                formula = picks.chosen(key)
            else:
                formula = address(start, column, absolute=True)
            if key == moved:
                formula += shift
                look = look | theme.role_box(Role.WEIGHT, bold=True, align="right")
            sheet.write_computed(row, column, f"={formula}", values[key], book.look(look))

    given = {key: float(contents.computed[key][0, 0]) for key in contents.assignment.given}
    write_pass(start, "none", forward(network, given), None, "")
    moved: Passes = {}
    for n, weight in enumerate(network.keys(Role.WEIGHT)):
        up, down = (forward(network, given | {weight: given[weight] + step}) for step in (EPSILON, -EPSILON))
        write_pass(start + 1 + 2 * n, f"{weight} + ε", up, weight, "+epsilon")
        write_pass(start + 2 + 2 * n, f"{weight} − ε", down, weight, "-epsilon")
        moved[weight] = up, down
    return moved


def _write_comparison(
    book: Book,
    sheet: Sheet,
    contents: Contents,
    picks: Picks,
    start: int,
    moved: Passes,
) -> None:
    network = contents.network
    columns = {key: n for n, key in enumerate(_forward_keys(contents), start=1)}
    for column, heading in enumerate(HEADINGS):
        sheet.write_string(HEADER_ROW, column, heading, book.look(theme.HEADING))
    sheet.set_row(HEADER_ROW, 34)
    verdicts: list[str] = []
    for n, (weight, (up, down)) in enumerate(moved.items()):
        row, key = FIRST_ROW + n, partial("E", weight)
        gradient = float(contents.computed[key][0, 0])
        central = (up["E_total"] - down["E_total"]) / (2 * EPSILON)
        backward, plus, minus, quotient, difference = (
            address(row, column) for column in (BACKWARD, PLUS, MINUS, CENTRAL, DIFFERENCE)
        )
        verdicts.append(_verdict(central - gradient, gradient))
        sheet.write_string(row, GRADIENT, network.label(key), book.look(theme.role_box(Role.GRADIENT, bold=True)))
        for column, formula, value, number in (
            (
                CURRENT,
                address(start, columns[weight]),
                float(contents.computed[weight][0, 0]),
                theme.ROLE_NUMBERS[Role.WEIGHT],
            ),
            (BACKWARD, picks.chosen(key), gradient, "0.00000000000E+00"),
            (PLUS, address(start + 1 + 2 * n, columns["E_total"]), up["E_total"], "0.000000000000"),
            (MINUS, address(start + 2 + 2 * n, columns["E_total"]), down["E_total"], "0.000000000000"),
            (CENTRAL, f"({plus}-{minus})/(2*epsilon)", central, "0.00000000000E+00"),
            (DIFFERENCE, f"{quotient}-{backward}", central - gradient, "0.0E+00"),
            (
                VERDICT,
                f'IF(ABS({difference})<={RELATIVE}*ABS({backward})+epsilon^2,"{AGREE}","{DIFFER}")',
                verdicts[-1],
                "General",
            ),
        ):
            look = book.look(theme.CELL, num_format=number, align="center", bold=column == VERDICT)
            sheet.write_computed(row, column, f"={formula}", value, look)
    last = FIRST_ROW + len(moved) - 1
    for verdict, colours in ((AGREE, theme.GOOD), (DIFFER, theme.BAD)):
        condition = {"type": "cell", "criteria": "==", "value": f'"{verdict}"', "format": book.look(colours)}
        sheet.conditional_format(FIRST_ROW, VERDICT, last, VERDICT, condition)
    agreeing = f'COUNTIF({column_range(FIRST_ROW, VERDICT, last)},"{AGREE}")'
    text = f" of {len(moved)} gradients agree with their difference quotients"
    sheet.write_computed(
        last + 1, BACKWARD, f'={agreeing}&"{text}"', f"{verdicts.count(AGREE)}{text}", book.look(theme.LABEL)
    )


def _verdict(difference: float, gradient: float) -> str:
    if math.isnan(difference):
        return NUM_ERROR
    return AGREE if abs(difference) <= RELATIVE * abs(gradient) + EPSILON**2 else DIFFER
