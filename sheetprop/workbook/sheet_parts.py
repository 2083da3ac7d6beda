"""What the sheets of a trained CNN have alike below their key figures: notes, sections, headings, verdicts."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from sheetprop.cnn.results import Run
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet
from sheetprop.workbook.key_figures import ROW_HEIGHT, SUBTITLE_ROW

STOPPED_ROW = SUBTITLE_ROW + 1


def write_notes(book: Book, sheet: Sheet, row: int, column: int, notes: Sequence[str]) -> None:
    """Write notes, a line each, from a cell on."""
    for line, note in enumerate(notes, start=row):
        sheet.write_string(line, column, note, book.look(theme.NOTE))


def write_stopped(book: Book, sheet: Sheet, runs: Sequence[Run], last_column: int) -> None:
    """Say, in a line that is seen, which of the runs ended before their last epoch.

    Its row is low where there is nothing to say, so the key figures come first.
    """
    stopped = [run for run in runs if run.stopped]
    if not stopped:
        return
    look = book.look(theme.BASE | theme.NEUTRAL | {"bold": True, "indent": 1})
    sheet.set_row(STOPPED_ROW, ROW_HEIGHT)
    for column in range(last_column + 1):
        sheet.write_blank(STOPPED_ROW, column, None, look)
    lines = (
        f"{'S' if len(runs) == 1 else f'Seed {run.settings.seed} s'}topped after {len(run.epochs)} of "
        f"{run.settings.recipe.epochs} epochs: {run.stopped}"
        for run in stopped
    )
    sheet.write_string(STOPPED_ROW, 0, "; ".join(lines), look)


def write_section(book: Book, sheet: Sheet, row: int, title: str, last_column: int) -> None:
    """Write a title with a line under it up to a column."""
    sheet.set_row(row, 24)
    for column in range(last_column + 1):
        sheet.write_blank(row, column, None, book.look(theme.SECTION))
    sheet.write_string(row, 0, title, book.look(theme.SECTION))


def write_headings(
    book: Book,
    sheet: Sheet,
    row: int,
    headings: Sequence[str],
    right: Container[int] = (),
    colours: Mapping[int, str] = MappingProxyType({}),
) -> None:
    """Write the headings of a table from the first column on, with room for two lines.

    Those of the columns ``right`` stand at the right, as the numbers under them; ``colours`` are those of columns.
    """
    sheet.set_row(row, 32)
    for column, heading in enumerate(headings):
        look = theme.HEADING | ({"align": "right", "indent": 1} if column in right else {})
        look |= {"bg_color": colours[column]} if column in colours else {}
        sheet.write_string(row, column, heading, book.look(look))


def colour_words(
    book: Book, sheet: Sheet, cells: tuple[int, int, int, int], colours: Mapping[str, dict[str, Any]]
) -> None:
    """Colour the cells (first row and column, last row and column) that say one of these words."""
    for word, colour in colours.items():
        condition = {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": book.look(colour)}
        sheet.conditional_format(*cells, condition)
