"""Tables that nobody sees who opens the workbook: on hidden sheets, in hidden rows or columns, or far from all else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise

from sheetprop.submission.find.tables import Table
from sheetprop.submission.open.cells import Book, Cells, Place

STATES: Mapping[str, str] = {
    "hidden": "its sheet is hidden",
    "veryHidden": "its sheet is hidden so that no menu shows it",
}
"""What the states of sheets come to that are not visible."""
FAR_ROWS, FAR_COLUMNS = 1_000, 200
"""Empty rows above a table, or columns left of it, beyond which nobody looks for it."""
HALF = 2


def out_of_sight(book: Book, table: Table) -> str | None:
    """Why a table is not seen; None where it is in sight, or some of it."""
    places = {
        name: {
            piece.place(key, step)
            for piece in table.pieces
            if piece.cells is cells
            for key in piece.keys
            for step in piece.steps
        }
        for name, cells in table.sheets.items()
    }
    reasons = [_why(book, table.sheets[name], own) for name, own in places.items() if own]
    return reasons[0] if reasons and all(reasons) else None


def _why(book: Book, cells: Cells, places: set[Place]) -> str | None:
    if cells.state in STATES:
        return STATES[cells.state]
    rows, columns = {row for row, _ in places}, {column for _, column in places}
    hidden = {column for first, last in cells.hidden_columns for column in columns if first <= column <= last}
    if len(rows & cells.hidden_rows) * HALF > len(rows):
        return "its rows are hidden, or have no height"
    if len(hidden) * HALF > len(columns):
        return "its columns are hidden, or have no width"
    if len(book.unseen(cells.name) & places) * HALF > len(places):
        return "its numbers have the colour of what is behind them, or a format that shows nothing"
    for direction, (own, most) in enumerate(((rows, FAR_ROWS), (columns, FAR_COLUMNS))):
        if _gap(cells, direction, min(own)) > most:
            return f"it stands {most:,} empty {('rows', 'columns')[direction]} or more away from all else"
    return None


def _gap(cells: Cells, direction: int, first: int) -> int:
    """The most empty rows or columns between two that hold something, up to the ``first`` one of a table."""
    filled = sorted({-1, *(at for at in _filled(cells, direction) if at <= first)})
    return max((after - before - 1 for before, after in pairwise(filled)), default=0)


def _filled(cells: Cells, direction: int) -> Iterator[int]:
    yield from (place[direction] for place in cells.values)
    yield from (place[direction] for place in cells.formulas)


__all__ = ["out_of_sight"]
