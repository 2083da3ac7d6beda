"""How the sheets of a trained CNN begin: title, links, a line that says what is shown, and the key figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet
from sheetprop.workbook.places import BELOW_ROW, FIGURES_ROW, NUMBER_ROW
from sheetprop.workbook.trained import TRAINING, Trained

SUBTITLE_ROW = 2
ROW_HEIGHT = 18
"""In points."""
GAP = 6


@dataclass(frozen=True)
class Number:
    """A number, how it is shown, and the formula that computes it unless it is given."""

    value: float
    shown: str
    formula: str | None = None


@dataclass(frozen=True)
class Figure:
    """A key figure: its label, its number, and what is said of it below; ``beside`` sets it behind the others."""

    label: str
    number: Number
    below: Number | str
    beside: bool = False


def begin(book: Book, sheet: Sheet, trained: Trained, title: str, subtitle: str) -> None:
    """Write the title, links and what the sheet shows; on the first sheet, the links lead to the others."""
    book.heading(sheet, title)
    if book.sheets[0] == sheet.name:
        others = [trained.named(wanted) for wanted in trained.wanted[1:] if not wanted.startswith(TRAINING)]
        for column, name in enumerate(others):
            sheet.write_url(1, column, f"internal:'{name}'!A1", book.look(theme.LINK), name)
    sheet.write_string(SUBTITLE_ROW, 0, subtitle, book.look(theme.SUBTITLE))


def write_figures(book: Book, sheet: Sheet, figures: Sequence[Figure], spans: Sequence[tuple[int, int]]) -> None:
    """Write the key figures side by side, each over its own columns, from and to."""
    # What is above the tables stays in view when they are scrolled, so it must be low.
    for row, height in ((1, 15), (SUBTITLE_ROW, 15), (FIGURES_ROW, 15), (NUMBER_ROW, 28), (BELOW_ROW, 16)):
        sheet.set_row(row, height)
    for row in (SUBTITLE_ROW + 1, FIGURES_ROW - 1, BELOW_ROW + 1):
        sheet.set_row(row, GAP)
    for figure, (first, last) in zip(figures, spans, strict=True):
        number = theme.FIGURE_NUMBER | ({"font_color": theme.MUTED, "bold": False} if figure.beside else {})
        for row, content, look in (
            (FIGURES_ROW, figure.label, theme.FIGURE_LABEL),
            (NUMBER_ROW, figure.number, number),
            (BELOW_ROW, figure.below, theme.FIGURE_BELOW),
        ):
            shown = book.look(look, num_format=content.shown) if isinstance(content, Number) else book.look(look)
            sheet.merge_range(row, first, row, last, "", shown)
            if isinstance(content, str):
                sheet.write_string(row, first, content, shown)
            elif content.formula is None:
                sheet.write_number(row, first, content.value, shown)
            else:
                sheet.write_computed(row, first, content.formula, content.value, shown)
