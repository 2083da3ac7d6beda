"""The first sheet of a hand-out, "Instructions": what to do, what to fill, what it is worth, and whose it is."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sheetprop.handout import Student
from sheetprop.network import ITERATION, Role
from sheetprop.rubric import CRITERIA
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address
from sheetprop.workbook.contents import FIRST_ROW, INSTRUCTIONS, NETWORK, Contents
from sheetprop.workbook.network import sheets_below

WIDTHS = (2, 24, 10, 3, 18, 44)
LEFT, POINTS, LINK, LAST = 1, 2, 4, 5
LINE_HEIGHT, ROW_HEIGHT = 15.5, 18
LINES_PER_ROW = 20
"""A row can be 409 points high; a longer paragraph goes on in the next."""
TAB = "#2A9D9B"
JOINERS = "\u200c\u200d"
"""Invisible, but part of how some scripts write a word."""
FILLS = {
    Role.WEIGHT: "weights",
    Role.FORWARD: "forward pass",
    Role.ERROR: "error",
    Role.STEP: "chain rule, step by step",
    Role.GRADIENT: "gradients",
}


def write(book: Book, contents: Contents, student: Student | None) -> None:
    """Write the sheet."""
    sheet = book.sheet(INSTRUCTIONS, TAB)
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.set_portrait()
    sheet.fit_to_pages(1, 1)
    texts = contents.assignment.texts
    page = _Page(book, sheet)
    page.heading(contents.assignment.title, student)
    page.section("The task", plain_paragraphs(texts.get("task", "")))
    _write_fill(page, contents)
    _write_colours(page, contents)
    _write_points_and_sheets(page, contents)
    page.section("Handing in", plain_paragraphs(texts.get("hand_in", "")))
    page.section("If you are stuck", plain_paragraphs(texts.get("help", "")))
    sheet.print_area(0, 0, page.row - 1, LAST)
    sheet.activate()


def plain(text: str) -> str:
    """A text as one line that any workbook can hold: without what does not show, such as turns of the direction."""
    shown = (c if c.isprintable() or c in JOINERS else " " if c.isspace() else "" for c in text)
    return " ".join("".join(shown).split())


def plain_paragraphs(text: str) -> list[str]:
    """The lines of a text that are not empty, each as :func:`plain` has it."""
    return [line for line in map(plain, text.splitlines()) if line]


@dataclass
class _Page:
    """The sheet, written from the top; ``row`` is the next free one, from zero."""

    book: Book
    sheet: Sheet
    row: int = field(default=0, init=False)

    def heading(self, title: str, student: Student | None) -> None:
        """The title, and under it for whom it is."""
        self.line(title, theme.TITLE, 34)
        name, identifier = (plain(student.name), plain(student.id)) if student else ("", "")
        whose = f"{name} ({identifier})" if name and identifier else name or identifier
        if whose:
            self.line(f"For {whose}", theme.BASE | {"font_size": 13, "bold": True, "font_color": theme.MUTED}, 22)
        self.gap()

    def section(self, title: str, paragraphs: Sequence[str]) -> None:
        """A title and paragraphs below it; nothing where there are none."""
        if not paragraphs:
            return
        self.rule(title, LEFT, LAST)
        for paragraph in paragraphs:
            self.paragraph(paragraph)
        self.gap()

    def rule(self, title: str, first: int, last: int) -> None:
        """The title of a section, with a line under it."""
        for column in range(first, last + 1):
            self.sheet.write_blank(self.row, column, None, self.book.look(theme.SECTION))
        self.sheet.write_string(self.row, first, title, self.book.look(theme.SECTION))
        self.sheet.set_row(self.row, 24)
        self.row += 1

    def paragraph(self, text: str, first: int = LEFT, look: dict[str, Any] = theme.BASE) -> None:
        """A text over the width of the page, or from a column on; of as many rows as it needs."""
        lines = textwrap.wrap(text, _capacity(text, sum(WIDTHS[first:])))
        for start in range(0, len(lines), LINES_PER_ROW):
            piece = lines[start : start + LINES_PER_ROW]
            wrapped = look | {"text_wrap": True, "align": "left"}
            self.line(" ".join(piece), wrapped, max(ROW_HEIGHT, len(piece) * LINE_HEIGHT + 3), first)

    def line(self, text: str, look: dict[str, Any], height: float, first: int = LEFT) -> None:
        """A row of one text."""
        self.sheet.merge_range(self.row, first, self.row, LAST, "", self.book.look(look))
        self.sheet.write_string(self.row, first, text, self.book.look(look))
        self.sheet.set_row(self.row, height)
        self.row += 1

    def chip(self, text: str, look: dict[str, Any], meaning: str) -> None:
        """A coloured box, and beside it what it stands for."""
        self.sheet.write_string(self.row, LEFT, text, self.book.look(look))
        self.paragraph(meaning, POINTS, theme.BASE | {"indent": 1})

    def gap(self) -> None:
        """A narrow empty row."""
        self.sheet.set_row(self.row, 10)
        self.row += 1


def _capacity(text: str, width: int) -> int:
    """How many characters of ``text`` surely fit a line; those of East Asia are twice as wide as others."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return max(10, int(width * 1.1 / (1 + wide / max(len(text), 1))))


def _write_fill(page: _Page, contents: Contents) -> None:
    tables, network = contents.tables, contents.network
    first, last = FIRST_ROW + 1, tables[0].last_row + 1
    where = (
        f"sheet {tables[0].sheet}"
        if len(tables) == 1
        else f"each of the {len(tables)} sheets {tables[0].sheet} … {tables[-1].sheet}"
    )
    page.rule("What to fill", LEFT, LAST)
    page.paragraph(f"On {where}, rows {first} to {last}, one row per iteration:")
    keys = [key for key in contents.columns if key in contents.blank and key != ITERATION]
    by_role = sorted(keys, key=lambda key: list(FILLS).index(network[key].role))
    for role, group in groupby(by_role, key=lambda key: network[key].role):
        labels = "  ".join(network.label(key) for key in group)
        below = f"  – from row {first + 1} on; row {first} is given" if role is Role.WEIGHT else ""
        page.chip(FILLS[role], theme.role_box(role, align="left", indent=1), labels + below)
    page.gap()


def _write_colours(page: _Page, contents: Contents) -> None:
    page.rule("Colours", LEFT, LAST)
    given = "given, or computed by this workbook. These cells are locked, so that nothing is overwritten by accident; "
    for text, look, meaning in (
        ("yours to fill", theme.BASE | theme.FILL | {"locked": True}, "the cells that you fill, with formulas"),
        ("yours to change", theme.CHANGEABLE, "what you want to look at: an iteration, a learning rate, a threshold"),
        ("given", theme.GIVEN, given + "there is no password."),
    ):
        page.chip(text, look | {"align": "center", "bold": False}, meaning)
    page.gap()


def _write_points_and_sheets(page: _Page, contents: Contents) -> None:
    """Two tables side by side."""
    book, sheet, top = page.book, page.sheet, page.row
    points = [(CRITERIA[key], value) for key in CRITERIA if (value := contents.assignment.rubric.get(key, 0))]
    page.rule("Sheets", LINK, LAST)
    for name, meaning in ((NETWORK, "the network drawn with your numbers"), *sheets_below(contents)):
        sheet.write_url(page.row, LINK, f"internal:'{name}'!A1", book.look(theme.LINK), name)
        sheet.write_string(page.row, LAST, meaning, book.look(theme.BASE))
        page.row += 1
    bottom = page.row
    if points:
        page.row = top
        page.rule("Points", LEFT, POINTS)
        for title, value in points:
            sheet.write_string(page.row, LEFT, title, book.look(theme.CELL))
            sheet.write_number(page.row, POINTS, value, book.look(theme.CELL, num_format="General", align="right"))
            page.row += 1
        total = theme.BASE | {"bold": True, "top": 1, "top_color": theme.ACCENT}
        sheet.write_string(page.row, LEFT, "together", book.look(total))
        formula = f"=SUM({address(top + 1, POINTS)}:{address(page.row - 1, POINTS)})"
        sheet.write_computed(page.row, POINTS, formula, contents.assignment.points, book.look(total, align="right"))
        page.row += 1
    page.row = max(bottom, page.row)
    for row in range(top + 1, page.row):
        sheet.set_row(row, ROW_HEIGHT)
    page.gap()
