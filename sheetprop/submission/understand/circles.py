"""Circles among a workbook's cells: formulas that need, by way of other formulas, their own results."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from sheetprop.submission.understand.formula import (
    Columns,
    Crossing,
    Leaf,
    Name,
    NotUnderstoodError,
    Reference,
    Shape,
    ThisRow,
)
from sheetprop.submission.understand.functions import PLACES_ONLY

if TYPE_CHECKING:
    from sheetprop.submission.open.cells import Book, Cells, Place

MOST_LINKS = 3_000_000
"""References that are followed, over all cells; beyond it nothing is said of circles."""

MOST_SHAPES = 20_000
"""Different formulas that are parsed for it; of more, references are taken as they are written."""
RANGING = ("", ":")
"""What stands between two cells that make a range, or two ranges of which the common part is meant."""
_WHOLE_ROWS = re.compile(r"[0-9]:\$?[0-9]")
_WORD = re.compile(r"(?<!\w)[^\W\d][\w.]*")

Node = tuple[str, int, int]
"""A cell: the name of its sheet, row and column."""


class Circles:
    """The dependency graph of a workbook's formula cells, as far as it has circles."""

    def __init__(self, book: Book) -> None:
        """Look through all formulas of ``book``; linear in their references."""
        self._book = book
        self._links, self._most = 0, MOST_LINKS
        self._circle_of: dict[Node, int] = {}
        if any(not _only_leads_back(cells) for cells in book):
            try:
                self._find()
            except _TooManyError:
                self._circle_of = {}
        self._most = 1 << 62  # what is asked from now on is within what was followed

    def __bool__(self) -> bool:
        """Whether there is any circle."""
        return bool(self._circle_of)

    def number(self, sheet: str, place: Place) -> int | None:
        """Which group of cells that all need each other a cell belongs to; None where it is on no circle."""
        return self._circle_of.get((sheet, *place))

    def through(self, sheet: str, place: Place, first: Node | None = None) -> list[Node]:
        """A shortest circle from a cell back to it, each cell before one that it needs; empty where there is none.

        ``first`` is the cell that it shall need first.
        """
        start = (sheet, *place)
        group = self._circle_of.get(start)
        if group is None:
            return []
        starts = [first] if first is not None else list(dict.fromkeys(self.needed(start)))
        came: dict[Node, Node] = {node: start for node in starts if self._circle_of.get(node) == group}
        pending = deque(came)
        while pending:
            node = pending.popleft()
            if node == start:
                way = [came[node]]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            for needed in self.needed(node):
                if self._circle_of.get(needed) == group and needed not in came:
                    came[needed] = node
                    pending.append(needed)
        return []

    def needed(self, node: Node, shape: Shape | None = None) -> Iterator[Node]:
        """The formula cells that a cell's formula, or another in its place, refers to."""
        cells = self._book.sheet(node[0])
        if cells is None:
            return
        shape = shape or cells.formulas.get(node[1:])
        for name, top, left, bottom, right in _areas(self._book, cells, node[1:], shape) if shape else ():
            other = self._book.sheet(name)
            if other is None:
                continue
            size = (bottom - top + 1) * (right - left + 1)
            self._links += min(size, len(other.formulas))
            if self._links > self._most:
                raise _TooManyError
            if size > len(other.formulas):
                inside = (p for p in other.formulas if top <= p[0] <= bottom and left <= p[1] <= right)
                yield from ((other.name, *place) for place in inside)
                continue
            for row in range(top, bottom + 1):
                for column in range(left, right + 1):
                    if (row, column) in other.formulas:
                        yield other.name, row, column

    def _find(self) -> None:
        """Tarjan's strongly connected components, with a stack of its own as chains are as long as a sheet."""
        index: dict[Node, int] = {}
        low: dict[Node, int] = {}
        stack: list[Node] = []
        on_stack: set[Node] = set()
        groups = 0
        for cells in self._book:
            for place in cells.formulas:
                root = (cells.name, *place)
                if root in index:
                    continue
                index[root] = low[root] = len(index)
                stack.append(root)
                on_stack.add(root)
                work = [(root, self.needed(root))]
                loops: set[Node] = set()
                while work:
                    node, rest = work[-1]
                    for needed in rest:
                        if needed == node:
                            loops.add(node)
                        if needed not in index:
                            index[needed] = low[needed] = len(index)
                            stack.append(needed)
                            on_stack.add(needed)
                            work.append((needed, self.needed(needed)))
                            break
                        if needed in on_stack:
                            low[node] = min(low[node], index[needed])
                    else:
                        work.pop()
                        if work:
                            low[work[-1][0]] = min(low[work[-1][0]], low[node])
                        if low[node] == index[node]:
                            members: list[Node] = []
                            while not members or members[-1] != node:
                                members.append(stack.pop())
                            on_stack.difference_update(members)
                            if len(members) > 1 or node in loops:
                                self._circle_of |= dict.fromkeys(members, groups)
                                groups += 1


class _TooManyError(Exception):
    """More references than are followed."""


def _only_leads_back(cells: Cells) -> bool:
    """Whether every formula of a sheet refers to cells before it alone, by rows or by columns: then it has no circle.

    Most sheets are so, and are seen to be by their shapes.
    """
    by_rows = by_columns = True
    looked: set[int] = set()
    for place, shape in cells.formulas.items():
        known = id(shape) in looked
        looked.add(id(shape))
        references = [piece for piece in shape.pieces if isinstance(piece, Reference)]
        fixed = any(reference.row_fixed or reference.column_fixed for reference in references)
        if known and not fixed:
            continue
        between = [piece for piece in shape.pieces if isinstance(piece, str)]
        if any(_leads_elsewhere(piece) for piece in between):
            return False
        ends = [reference.at(*place) for reference in references]
        for n, piece in enumerate(between[1:-1]):
            if piece.strip() == ":":  # of a range, the corner that is farthest down and to the right
                ends.append((max(ends[n][0], ends[n + 1][0]), max(ends[n][1], ends[n + 1][1])))
        for row, column in ends:
            if fixed and (row, column) not in cells.formulas:
                continue
            by_rows = by_rows and (row, column) < place
            by_columns = by_columns and (column, row) < (place[1], place[0])
        if not (by_rows or by_columns):
            return False
    return True


def _leads_elsewhere(piece: str) -> bool:
    """Whether there may be a name, another sheet or a table's column in what stands between references."""
    words = [found for found in _WORD.finditer(piece) if piece[found.end() : found.end() + 1] != "("]
    return bool(words) or any(mark in piece for mark in "!['") or bool(_WHOLE_ROWS.search(piece))


def _areas(book: Book, cells: Cells, place: Place, shape: Shape) -> Iterator[tuple[str, int, int, int, int]]:
    """The areas, each as sheet, top, left, bottom and right, that a formula in a cell refers to."""
    try:
        if len(book.shapes) > MOST_SHAPES:
            raise NotUnderstoodError("there are too many formulas")
        leaves: list[Leaf] = [shape.leaves[n] for n in shape.needed]
    except NotUnderstoodError:
        leaves = _single_cells(shape)
    for leaf in leaves:
        match leaf:
            case Reference(sheet=sheet) | Crossing(first=Reference(sheet=sheet)):
                try:
                    row, column = leaf.at(*place)
                except NotUnderstoodError:
                    continue
                yield (sheet or cells.name, row, column, row, column)
            case Name():
                try:
                    meaning = book.named(leaf, cells.name, place)
                except NotUnderstoodError:
                    continue
                if not isinstance(meaning, float):
                    yield (meaning[0], *meaning[1:], *meaning[1:])
            case ThisRow():
                if (at := _column(book, cells, place, leaf)) is not None:
                    yield (cells.name, place[0], at, place[0], at)
            case Columns(first, last):
                ends = [at for end in (first, last) if (at := _column(book, cells, place, end)) is not None]
                if len(ends) == 2:
                    yield (cells.name, place[0], min(ends), place[0], max(ends))


def _single_cells(shape: Shape) -> list[Leaf]:
    """The cells that a formula names one by one, as far as Excel needs their values; of ranges it may need a part."""
    if not shape.functions.isdisjoint(PLACES_ONLY):
        return []
    pieces = shape.pieces
    beside = [piece.strip() if isinstance(piece, str) else "" for piece in pieces]
    return [
        piece
        for n, piece in enumerate(pieces)
        if isinstance(piece, Reference)
        and not (n > 1 and beside[n - 1] in RANGING)
        and not (n + 2 < len(pieces) and beside[n + 1] in RANGING)
    ]


def _column(book: Book, cells: Cells, place: Place, leaf: ThisRow) -> int | None:
    for table in book.tables.values():
        inside = table.sheet == cells.name and table.first_row <= place[0] <= table.last_row
        if (leaf.table is None and inside) or leaf.table == table.name.lower():
            names = ["".join(name.lower().split()) for name in table.columns]
            name = "".join(leaf.column.lower().split())
            if name in names:
                return table.first_column + names.index(name)
    return None


__all__ = ["Circles", "Node"]
