"""Joining pieces to tables: blocks that go on where another ends, and quantities that stand apart from each other.

What belongs together is told by formulas: the first weights of a block that goes on are computed from the last
iteration of the one before, and quantities that stand apart refer to each other iteration by iteration.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from sheetprop.submission.find.pieces import (
    GIVEN,
    MAIN,
    WEIGHTS,
    Heading,
    Piece,
    by_line,
    has_number,
    headings,
    is_table,
    references,
    whole_pieces,
    with_iterations,
)
from sheetprop.submission.find.tables import Cell, Table
from sheetprop.submission.open.cells import Book, Cells, Place

LEAST_IN_PIECE = 2
"""Headings along a line that make a piece; a single one belongs to the number beside or below it."""
SAME_RATE = 1e-3
"""Relative difference of the learning rates that pasted numbers of one table show."""
Group = list[Piece]
"""Pieces that have different quantities at the same iterations."""


def find_tables(book: Book) -> list[Table]:
    """The iteration tables of a workbook, in the order of their sheets, from top to bottom."""
    whole: list[Group] = []
    rest: list[tuple[Cells, list[Heading]]] = []
    for cells in book:
        found = headings(cells)
        pieces = whole_pieces(cells, found)
        whole += [[piece] for piece in pieces]
        rest.append((cells, [heading for heading in found if not _belongs(pieces, heading)]))
    parts = [part for cells, found in rest for part in _parts(cells, found)]
    if whole:
        _attach(book, whole, parts)
    else:
        whole = [group for group in _groups(parts) if _is_one(book, group)]
    return [Table(pieces) for pieces in _chained(book, whole)]


def _belongs(pieces: Iterable[Piece], heading: Heading) -> bool:
    place, _ = heading
    return any(
        line == piece.header and column in piece.columns.values()
        for piece in pieces
        for line, column in [piece.position(place)]
    )


def _parts(cells: Cells, found: list[Heading]) -> Iterator[Piece]:
    """Pieces with some quantities: below headings in a row, beside headings in a column, then one by one."""
    for across in (False, True):
        taken: set[Place] = set()
        for line, along in by_line(found, across):
            for columns in _until_repeated(along):
                if len(columns) < LEAST_IN_PIECE:
                    continue
                piece = with_iterations(cells, line, columns, across, least=max((len(columns) + 1) // 2, 1))
                if piece is not None:
                    taken |= {piece.at(line, column) for column in columns.values()}
                    yield piece
        found = [heading for heading in found if heading[0] not in taken]
    for (row, column), key in found:
        if has_number(cells, (row, column + 1)):
            yield Piece(cells, column, (column + 1,), {key: row}, across=True)
        elif has_number(cells, (row + 1, column)):
            yield Piece(cells, row, (row + 1,), {key: column})


def _until_repeated(along: list[tuple[int, str]]) -> Iterator[dict[str, int]]:
    """Headings along a line, apart where one stands again."""
    columns: dict[str, int] = {}
    for position, key in along:
        if key in columns:
            yield columns
            columns = {}
        columns[key] = position
    yield columns


def _attach(book: Book, whole: list[Group], parts: list[Piece]) -> None:
    """Add to tables what their own formulas refer to iteration by iteration, in columns that stand apart."""
    for group in whole:
        table = group[0]
        if len(table.lines) < LEAST_IN_PIECE:
            continue
        for part in parts:
            new = part.keys - {key for piece in group for key in piece.keys}
            same_count = abs(len(part.lines) - len(table.lines)) <= 1
            if len(new) >= LEAST_IN_PIECE and same_count and _needs(book, table, part):
                group.append(replace(part, columns={k: c for k, c in part.columns.items() if k in new}))


def _needs(book: Book, piece: Piece, part: Piece) -> bool:
    """Whether formulas of ``piece`` refer to ``part`` line by line: at two iterations, equally far apart."""
    known = {line: n for n, line in enumerate(part.lines)}
    found: list[set[int]] = []
    for n in (len(piece.lines) - 2, len(piece.lines) - 1):
        offsets = set()
        for key in piece.keys:
            for sheet, place in references(piece.cells, piece.place(key, piece.start + n)):
                line, column = part.position(place)
                if _sheet(book, piece, sheet) is part.cells and line in known and column in part.columns.values():
                    offsets.add(known[line] - n)
        found.append(offsets)
    return bool(found[0] & found[1])


def _sheet(book: Book, piece: Piece, name: str | None) -> Cells | None:
    return piece.cells if name is None else book.sheet(name)


def _groups(parts: Sequence[Piece]) -> Iterator[Group]:
    """Pieces in the order of sheets, rows and columns, apart where what a piece has is there already.

    Where each quantity stands once on each sheet, or as often as every other, it is the n-th iteration that is the
    n-th of each; so pieces need not stand in blocks.
    """
    seen: Counter[str] = Counter()
    groups: dict[int, Group] = defaultdict(list)
    for piece in parts:
        # Quantities that are only repeated from elsewhere, beside those that are new, do not begin an iteration.
        often = Counter(seen[key] for key in (piece.keys & MAIN or piece.columns))
        number = max(often, key=lambda times: (often[times], -times))
        group = groups[number]
        taken = {key for other in group for key in other.keys}
        columns = {key: column for key, column in piece.columns.items() if key not in taken}
        seen.update(list(piece.columns))
        if columns:
            group.append(replace(piece, columns=columns))
    for number in sorted(groups):
        yield sorted(groups[number], key=lambda piece: not piece.keys & {*WEIGHTS})


def _is_one(book: Book, group: Group) -> bool:
    """Whether pieces together are a table: enough quantities, each piece tied to the others by a formula.

    One with enough for itself needs no other: of a first iteration alone, no formula asks for the learning rate.
    """
    if not is_table(key for piece in group for key in piece.columns):
        return False
    owner = {
        Cell(piece.cells.name, piece.place(key, step)): n
        for n, piece in enumerate(group)
        for key in piece.columns
        for step in (piece.steps[0], piece.steps[-1])
    }
    tied: dict[int, set[int]] = defaultdict(set)
    for n, piece in enumerate(group):
        for key in piece.columns:
            for step in {piece.steps[0], piece.steps[-1]}:
                for name, place in references(piece.cells, piece.place(key, step)):
                    sheet = _sheet(book, piece, name)
                    other = owner.get(Cell(sheet.name, place)) if sheet is not None else None
                    if other is not None and other != n:
                        tied[n].add(other)
                        tied[other].add(n)
    loose = [n for n, piece in enumerate(group) if not tied[n] and len(group) > 1 and not is_table(piece.columns)]
    for n in reversed(loose):
        del group[n]
    return is_table(key for piece in group for key in piece.columns)


def _chained(book: Book, groups: Sequence[Group]) -> Iterator[Group]:
    """Tables of which each goes on where another ends, put together; the others as they are."""
    ends = _Ends(groups)
    before: dict[int, int] = {}
    after: dict[int, int] = {}
    for n, group in enumerate(groups):
        m = ends.predecessor(book, n, group)
        if m is not None and m not in after and _root(before, m) != n:
            before[n], after[m] = m, n
    for n in range(len(groups)):
        if n in before:
            continue
        members = [n]
        while members[-1] in after:
            members.append(after[members[-1]])
        yield _joined([groups[m] for m in members])


def _joined(groups: Sequence[Group]) -> Group:
    """Pieces of consecutive iterations as those of one table."""
    joined: Group = []
    # What some iteration between others lacks is no column of the table, but for what is given once for all of them.
    lacking = {key for group in groups[:-1] for key in _keys(groups[0]) - _keys(group)} - GIVEN
    lacking |= {key for group in groups[1:] for key in _keys(group) - _keys(groups[0])}
    for group in groups:
        count, start = _count(group), joined[-1].steps.stop if joined else 0
        for piece in group:
            columns = {key: column for key, column in piece.columns.items() if key not in lacking}
            if columns:
                joined.append(replace(piece, lines=piece.lines[:count], columns=columns, start=start))
    return joined


def _keys(group: Group) -> set[str]:
    return {key for piece in group for key in piece.columns}


def _root(before: dict[int, int], n: int) -> int:
    while n in before:
        n = before[n]
    return n


def _count(group: Group) -> int:
    """The iterations of pieces that belong together; weights may have one line more, which begins the next."""
    counts = [len(piece.lines) for piece in group if piece.keys - {*WEIGHTS, *GIVEN}]
    return max(counts or [len(piece.lines) for piece in group])


class _Ends:
    """The last iterations of tables, by their cells."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.groups = groups
        self.keys: dict[Cell, tuple[int, str]] = {}
        self.on_line: dict[tuple[str, bool, int], list[tuple[int, int]]] = defaultdict(list)
        for n, group in enumerate(groups):
            for piece in group:
                sheet, line = piece.cells.name, piece.lines[-1]
                for key, column in piece.columns.items():
                    self.keys[Cell(sheet, piece.at(line, column))] = n, key
                self.on_line[sheet, piece.across, line].append((min(piece.columns.values()), n))
        for pieces in self.on_line.values():
            pieces.sort()

    def predecessor(self, book: Book, n: int, group: Group) -> int | None:
        """The table from whose last iteration most of the first weights of ``group`` are computed."""
        votes: Counter[int] = Counter()
        weights = 0
        for piece in group:
            for key in piece.keys & {*WEIGHTS}:
                weights += 1
                place = piece.place(key, piece.start)
                votes.update(
                    {
                        m
                        for name, target in references(piece.cells, place)
                        if (sheet := _sheet(book, piece, name)) is not None
                        for m in self._at(sheet, target)
                        if m != n
                    }
                )
        if votes:
            m, count = votes.most_common(1)[0]
            return m if count * 2 > weights else None
        return self._by_numbers(n, group)

    def _at(self, sheet: Cells, place: Place) -> set[int]:
        """The tables on whose last line a cell stands that is neither a weight nor what is given."""
        if (known := self.keys.get(Cell(sheet.name, place))) is not None:
            n, key = known
            return {n} if key in MAIN and key not in WEIGHTS else set()
        row, column = place
        found = set()
        for across, line, along in ((False, row, column), (True, column, row)):
            # What stands beside quantities, as new weights do, belongs to those before it.
            here = self.on_line.get((sheet.name, across, line), [])
            if here:
                found.add(here[max(bisect_right(here, (along, len(self.groups))) - 1, 0)][1])
        return found

    def _by_numbers(self, n: int, group: Group) -> int | None:
        """The table just before, where pasted weights are its last ones after a step down the gradient."""
        if n == 0:
            return None
        return n - 1 if _steps_down(self.groups[n - 1], group) else None


def _steps_down(last: Group, first: Group) -> bool:
    rates = []
    for key in WEIGHTS:
        new, old, slope = _number(first, key, 0), _number(last, key, -1), _number(last, f"dE_d{key}", -1)
        if new is None or old is None or slope is None:
            return False
        if slope:
            rates.append((old - new) / slope)
    return bool(rates) and min(rates) > 0 and max(rates) - min(rates) <= SAME_RATE * max(rates)


def _number(group: Group, key: str, n: int) -> float | None:
    for piece in group:
        if key in piece.columns:
            place = piece.at(piece.lines[n], piece.columns[key])
            return None if place in piece.cells.formulas and n == 0 else piece.cells.number(place)
    return None


__all__ = ["find_tables"]
