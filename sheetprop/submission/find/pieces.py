"""Pieces of iteration tables on one sheet: headings in a line, and the lines of iterations that belong to them.

A table that stands whole is one piece. Tables that are split over blocks or sheets have several, each with some of the
quantities at some of the iterations; :mod:`sheetprop.submission.find.joining` puts those together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from statistics import median

from sheetprop.network import ITERATION, NETWORK, RATE, Role
from sheetprop.submission.find.labels import quantities, quantity, reading
from sheetprop.submission.open.cells import Cells, Place
from sheetprop.submission.understand.formula import Reference
from sheetprop.submission.understand.functions import NotUnderstoodError

WEIGHTS = NETWORK.keys(Role.WEIGHT)
GIVEN = {*NETWORK.keys(Role.TARGET, Role.INPUT)}
"""What the example is, and no table computes."""
MAIN = {*NETWORK.keys_except(Role.STEP)} - GIVEN
"""Quantities by which a table is known; inputs and targets also stand in lists of parameters."""
LEAST_HEADINGS, LEAST_WEIGHTS, LEAST_FORWARD = 10, 4, 2
MARGIN = 12
"""How far beyond the headings that every table has, those may stand that only some tables have."""
FILLED_SHARE = 0.8
"""Share of a table's iterations that a column of it has numbers for."""
LOOK_AHEAD = 6
"""Lines between the headings and the first iteration that may be blank or hold hints."""
LEAST_ACROSS = 3
"""Iterations of a table that runs to the right; a column of headings with fewer is a calculation beside its notes."""
FURTHEST_APART = 4
"""Lines from one iteration to the next, where blank ones or words stand between."""

Heading = tuple[Place, str]
"""Where a heading stands, and the quantity that it names."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Some quantities at some iterations: their headings' line, the lines of the iterations, where each stands.

    Lines are rows and ``columns`` columns, unless the piece is ``across``: then iterations run to the right, lines are
    columns and ``columns`` rows. All count from zero. ``start`` is the table's iteration on the first line.
    """

    cells: Cells
    header: int
    lines: tuple[int, ...]
    columns: dict[str, int]
    across: bool = False
    start: int = 0

    def at(self, line: int, column: int) -> Place:
        """The cell at a line and column of the piece's own direction."""
        return (column, line) if self.across else (line, column)

    def position(self, place: Place) -> tuple[int, int]:
        """Line and column, in the piece's own direction, of a cell."""
        return (place[1], place[0]) if self.across else place

    @cached_property
    def stride(self) -> int | None:
        """How far it is from each line to the next; None where that differs."""
        steps = {b - a for a, b in zip(self.lines, self.lines[1:], strict=False)} or {1}
        return steps.pop() if len(steps) == 1 else None

    @cached_property
    def index(self) -> dict[int, int]:
        """The number of each line, from zero."""
        return {line: n for n, line in enumerate(self.lines)}

    @property
    def steps(self) -> range:
        """The table's iterations that stand here."""
        return range(self.start, self.start + len(self.lines))

    def line(self, step: int) -> int:
        """The line of an iteration; before the first and after the last, where one more would stand."""
        n = step - self.start
        if 0 <= n < len(self.lines):
            return self.lines[n]
        stride = self.stride or 1
        return self.lines[0] + n * stride if n < 0 else self.lines[-1] + (n - len(self.lines) + 1) * stride

    def place(self, key: str, step: int) -> Place:
        """The cell of a quantity at an iteration."""
        return self.at(self.line(step), self.columns[key])

    @property
    def keys(self) -> set[str]:
        """The network's quantities that stand here."""
        return set(self.columns) - {RATE, ITERATION}


def has_number(cells: Cells, place: Place) -> bool:
    """Whether a cell holds a number, or a formula that may give one."""
    if place in cells.formulas or place in cells.opaque:
        return True
    return place in cells.values and type(cells.values[place]) is not str


def references(cells: Cells, place: Place) -> Iterator[tuple[str | None, Place]]:
    """The cells that a formula refers to, each with its sheet's name (None: the formula's own sheet)."""
    shape = cells.formulas.get(place)
    if shape is None:
        return
    try:
        used = shape.used
    except NotUnderstoodError:
        return
    for n in used:
        if isinstance(leaf := shape.leaves[n], Reference):
            yield leaf.sheet, leaf.at(*place)


def is_table(keys: Iterable[str]) -> bool:
    """Whether quantities are enough to be those of an iteration table."""
    keys = set(keys)
    return (
        len(keys & MAIN) >= LEAST_HEADINGS
        and len(keys.intersection(WEIGHTS)) >= LEAST_WEIGHTS
        and len(keys.intersection(NETWORK.keys(Role.FORWARD))) >= LEAST_FORWARD
    )


def headings(cells: Cells) -> list[Heading]:
    """The texts of a sheet that name quantities, each read beside the others of its row, or of its column."""
    lines: dict[tuple[bool, int], list[Place]] = defaultdict(list)
    for place in cells.texts:
        for across in (False, True):
            lines[across, place[across]].append(place)
    several = {line: places for line, places in lines.items() if len(places) >= LEAST_HEADINGS}
    named: dict[Place, str | None] = {}
    for line in sorted(several):
        for place, key in zip(several[line], quantities([cells.texts[p] for p in several[line]]), strict=True):
            named[place] = named.get(place) or key
    read = ((place, named[place] if place in named else quantity(text)) for place, text in cells.texts.items())
    return [(place, key) for place, key in read if key]


def whole_pieces(cells: Cells, found: list[Heading]) -> list[Piece]:
    """The tables of a sheet that stand whole under, or beside, one line of headings, from top to bottom."""
    down = _without_hints(list(_whole(cells, found, across=False)))
    taken = {(piece.header, column) for piece in down for column in piece.columns.values()}
    rest = [(place, key) for place, key in found if place not in taken]
    right = [_clear_of(down, piece) for piece in _whole(cells, rest, across=True)]
    right = [piece for piece in right if len(piece.lines) >= LEAST_ACROSS]
    return sorted([*down, *right], key=lambda piece: piece.at(piece.header, min(piece.columns.values())))


def _clear_of(others: Sequence[Piece], piece: Piece) -> Piece:
    """A piece up to where others have cells: a list of parameters ends where the table beside it begins."""

    def is_clear(line: int) -> bool:
        places = [piece.at(line, column) for column in piece.columns.values()]
        positions = [(other, *other.position(place)) for other in others for place in places]
        return not any(own in other.index and column in other.columns.values() for other, own, column in positions)

    return replace(piece, lines=tuple(takewhile(is_clear, piece.lines)))


def _without_hints(pieces: list[Piece]) -> list[Piece]:
    """The pieces but for those whose headings are the hints between another's headings and numbers."""
    kept: list[Piece] = []
    for piece in pieces:
        columns = {piece.columns[key] for key in piece.keys}
        above = next(
            (
                other
                for other in kept
                if other.header < piece.header < other.lines[0]
                and not columns.isdisjoint(other.columns[key] for key in other.keys)
            ),
            None,
        )
        if above is None:
            kept.append(piece)
        elif _plainness(piece) > _plainness(above):
            kept[kept.index(above)] = piece
    return kept


def _plainness(piece: Piece) -> tuple[int, int, int]:
    """How plainly a line names quantities: how many, how surely, how briefly."""
    texts = [piece.cells.texts[piece.at(piece.header, piece.columns[key])] for key in piece.keys]
    return len(texts), -sum(reading(text).rank for text in texts), -sum(map(len, texts))


def by_line(found: Iterable[Heading], across: bool) -> Iterator[tuple[int, list[tuple[int, str]]]]:
    """Headings line by line, each with its position along the line."""
    lines: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for (row, column), key in found:
        line, position = (column, row) if across else (row, column)
        lines[line].append((position, key))
    for line in sorted(lines):
        yield line, sorted(lines[line])


def _whole(cells: Cells, found: list[Heading], across: bool) -> Iterator[Piece]:
    for line, along in by_line(found, across):
        for candidates in _split(along):
            columns = {key: places[0] for key, places in candidates.items()}
            piece = with_iterations(cells, line, columns, across)
            if piece is not None:
                _choose(piece, candidates)
                yield piece


def _split(found: list[tuple[int, str]]) -> Iterator[dict[str, list[int]]]:
    """The headings of each table along a line; of one that stands twice, the likelier place first."""
    occurrences: dict[str, list[int]] = defaultdict(list)
    for position, key in found:
        occurrences[key].append(position)
    tables = 1
    while sum(len(places) > tables for key, places in occurrences.items() if key in MAIN) >= LEAST_HEADINGS:
        tables += 1
    block = _blocks(sorted(position for position, _ in found))
    # Headings that stand once per table show where each table is; of others, the nearest are its own.
    anchors = [places for places in occurrences.values() if len(places) == tables]
    for n in range(tables):
        own = [places[n] for places in anchors] or [places[0] for places in occurrences.values()]
        first, last, centre = min(own), max(own), median(own)
        blocks = {block[p] for p in own}

        def unlikely(p: int) -> tuple[bool, int, float, int]:
            return block[p] not in blocks, max(first - p, p - last, 0), abs(p - centre), p  # noqa: B023

        chosen = {
            key: sorted(places, key=unlikely)
            for key, places in occurrences.items()
            if len(places) >= tables or any(first - MARGIN <= p <= last + MARGIN for p in places)
        }
        if is_table(chosen):
            yield chosen


def _blocks(positions: list[int]) -> dict[int, int]:
    """Headings that stand side by side, or with one cell between, make a block."""
    blocks: dict[int, int] = {}
    for n, position in enumerate(positions):
        beside = n > 0 and position - positions[n - 1] <= 2
        blocks[position] = blocks[positions[n - 1]] if beside else position
    return blocks


def with_iterations(
    cells: Cells, header: int, columns: dict[str, int], across: bool, least: int | None = None
) -> Piece | None:
    """The piece under a line of headings, with the lines that have at least so many numbers; None without any."""
    own = [column for key, column in columns.items() if key not in (RATE, ITERATION)]
    least = least or max(3, len(own) // 4)

    def at(line: int, column: int) -> Place:
        return (column, line) if across else (line, column)

    def filled(line: int) -> int:
        return sum(has_number(cells, at(line, column)) for column in own)

    first = next((line for line in range(header + 1, header + 1 + LOOK_AHEAD) if filled(line) >= least), None)
    if first is None:
        return None
    lines = [first]
    while True:
        last = lines[-1]
        if filled(last + 1) >= least:
            lines.append(last + 1)
            continue
        apart = next((line for line in range(last + 2, last + 1 + FURTHEST_APART) if filled(line) >= least), None)
        between = () if apart is None else range(last + 1, apart)
        if apart is None or any(filled(line) or _headed(cells, [at(line, p) for p in own]) for line in between):
            break
        if not _goes_on(cells, Piece(cells, header, tuple(lines[-2:]), columns, across), apart):
            break
        lines.append(apart)
    return Piece(cells, header, tuple(lines), columns, across)


def _headed(cells: Cells, places: Iterable[Place]) -> bool:
    """Whether cells are headings, under which another block begins, and not only words."""
    return sum(place in cells.texts and quantity(cells.texts[place]) is not None for place in places) > 1


def _goes_on(cells: Cells, piece: Piece, line: int) -> bool:
    """Whether a line below a gap is the next iteration: its weights follow from the last one, or it keeps the pace.

    A weight that refers to the gap is a mistake, but one in a next iteration all the same.
    """
    last, weights = piece.lines[-1], [key for key in piece.columns if key in WEIGHTS]
    heading = {position: key for key, position in piece.columns.items()}
    formulas = [piece.at(line, piece.columns[key]) for key in weights]
    formulas = [place for place in formulas if place in cells.formulas]
    following = 0
    for place in formulas:
        targets = (piece.position(target) for sheet, target in references(cells, place) if sheet is None)
        # A weight alone may be fetched from above to begin another table with it.
        following += any(last <= at < line and heading.get(column) not in weights for at, column in targets)
    if formulas:
        return following * 2 > len(formulas)
    return bool(weights) and len(piece.lines) > 1 and piece.stride == line - last


def _choose(piece: Piece, candidates: dict[str, list[int]]) -> None:
    """Of headings that stand twice, those whose columns have the numbers."""
    cells, lines = piece.cells, piece.lines
    for key, places in candidates.items():
        # A list of parameters has the same headings, but nothing, or another table, beside them.
        if len(places) > 1:
            full = (
                p
                for p in places
                if sum(has_number(cells, piece.at(line, p)) for line in lines) >= FILLED_SHARE * len(lines)
            )
            texts = (p for p in full if not any(piece.at(line, p) in cells.texts for line in lines))
            piece.columns[key] = next(texts, places[0])
