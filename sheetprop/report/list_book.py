"""A workbook of long lists of what anyone may have written: rows are written once, from top to bottom, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sheetprop.report.look import Colours
from sheetprop.report.wording import harmless
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet

TEXT = theme.CELL | {"quote_prefix": True, "indent": 1}
"""What comes from submissions: as text also when someone edits the cell."""
WRAPPED = TEXT | {"text_wrap": True, "align": "left", "valign": "top"}
CODE = WRAPPED | {key: theme.FORMULA[key] for key in ("font_name", "font_size", "font_color")}
LINE_HEIGHT, MOST_LINES = 15, 24
NUMBER = theme.CELL | {"align": "center"}
LIST_TOP = 3
"""The row of the headings on the other sheets."""


def row_height(texts: Iterable[tuple[str, int]], most: int = MOST_LINES) -> float:
    """How tall a row is in points that shows texts wrapped, each in a column so many characters wide.

    Not every program fits rows to wrapped text by itself.
    """
    return LINE_HEIGHT * min(max((_lines(text, width - 3, most) for text, width in texts), default=1), most)


def _lines(text: str, width: int, most: int) -> int:
    if len(text) <= width:
        return 1
    # Paths are broken after a slash; of a text that is longer than what is shown, the rest does not count.
    shown = text[: most * width].replace("/", "/ ")
    return sum(len(textwrap.wrap(line, width)) or 1 for line in shown.split("\n"))


def for_paper(sheet: Sheet) -> None:
    """Small margins, so that a list of many columns can be read on paper, and numbers of pages."""
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.set_footer("&L&A&CPage &P of &N")


class ListBook(Book):
    """A book that keeps no row in memory once the next one is begun: rows are written from top to bottom."""

    def __init__(self, path: Path, folder: Path, title: str) -> None:
        """Begin to write ``path``, as :class:`sheetprop.workbook.book.Book` does."""
        super().__init__(path, folder, title)
        self.file.constant_memory = True
        self.file.strings_to_formulas = self.file.strings_to_urls = self.file.strings_to_numbers = False

    def text(self, sheet: Sheet, row: int, column: int, text: str, look: dict[str, Any] = TEXT) -> None:
        """Write a text that anyone may have written."""
        text = harmless(text)
        if text.startswith("<r>"):
            # XlsxWriter takes a text between <r> and </r> for formatted text of its own, and writes it as XML.
            text = f" {text}"
        if text:
            sheet.write_string(row, column, text, self.look(look))
        else:
            sheet.write_blank(row, column, None, self.look(look))

    def headings(self, sheet: Sheet, row: int, headings: Iterable[str], height: float = 24) -> None:
        """Write a row of headings."""
        sheet.set_row(row, height)
        for column, heading in enumerate(headings):
            self.text(sheet, row, column, heading, theme.HEADING)

    def colour(self, sheet: Sheet, cells: tuple[int, int, int, int], colours: dict[Any, Colours]) -> None:
        """Colour the cells that say one of these words."""
        for word, colour in colours.items():
            condition = {"type": "cell", "criteria": "==", "value": f'"{word.value}"', "format": self.look(colour)}
            sheet.conditional_format(*cells, condition)


__all__ = [
    "CODE",
    "LINE_HEIGHT",
    "LIST_TOP",
    "MOST_LINES",
    "NUMBER",
    "TEXT",
    "WRAPPED",
    "ListBook",
    "for_paper",
    "row_height",
]
