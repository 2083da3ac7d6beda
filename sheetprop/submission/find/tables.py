"""Finding the iteration tables of a sheet by their headings, wherever they are and whichever way they run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from sheetprop.network import ITERATION, NETWORK, RATE, Role
from sheetprop.submission.find.labels import quantities, reading
from sheetprop.submission.open.cells import Cells, Place

WEIGHTS = NETWORK.keys(Role.WEIGHT)
MAIN = {*NETWORK.keys_except(Role.STEP, Role.TARGET, Role.INPUT)}
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


@dataclass(eq=False)
class Table:
    """An iteration table: its headings' line, the lines of its iterations, and per quantity where it stands.

    Lines are rows and ``columns`` columns, unless the table is ``across``: then iterations run to the right, lines
    are columns and ``columns`` rows. All count from zero.
    """

    cells: Cells
    header: int
    first: int
    last: int
    columns: dict[str, int]
    across: bool = False
    keys: Mapping[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self.keys = {column: key for key, column in self.columns.items() if key not in (RATE, ITERATION)}

    def drop(self, key: str) -> None:
        """Leave out a heading that is none of the table's quantities after all."""
        del self.columns[key]
        self.__post_init__()

    @property
    def count(self) -> int:
        """The number of iterations."""
        return self.last - self.first + 1

    def place(self, key: str, step: int) -> Place:
        """The cell of a quantity at an iteration."""
        return self.at(self.first + step, self.columns[key])

    def at(self, line: int, column: int) -> Place:
        """The cell at a line and column of the table's own direction."""
        return (column, line) if self.across else (line, column)

    def position(self, place: Place) -> tuple[int, int]:
        """Line and column, in the table's own direction, of a cell."""
        return (place[1], place[0]) if self.across else place

    def contains(self, place: Place) -> bool:
        """Whether a cell is one of the table's quantities at one of its iterations."""
        line, column = self.position(place)
        return self.first <= line <= self.last and column in self.keys

    def column_name(self, key: str) -> str:
        """The letter of a quantity's column; the number of its row in a table that runs to the right."""
        return str(self.columns[key] + 1) if self.across else str(xl_col_to_name(self.columns[key]))

    def cells_of(self, key: str, steps: list[int]) -> str:
        """The cells of a quantity at ascending iterations, as ranges joined by commas."""
        return ranges([self.place(key, step) for step in steps])

    @cached_property
    def near_columns(self) -> range:
        """All columns from the table's first to its last."""
        return range(min(self.columns.values()), max(self.columns.values()) + 1)


def span(first: Place, last: Place) -> str:
    """The A1 range from one cell to another."""
    return f"{xl_rowcol_to_cell(*first)}:{xl_rowcol_to_cell(*last)}"


def ranges(places: list[Place]) -> str:
    """Cells as A1 ranges joined by commas; neighbours in one column or row make one range."""
    parts: list[list[Place]] = []
    for place in places:
        if parts and len(parts[-1]) <= 2:
            start, end = parts[-1][0], parts[-1][-1]
            step = (place[0] - end[0], place[1] - end[1])
            if step in ((1, 0), (0, 1)) and (start == end or place[0] == start[0] or place[1] == start[1]):
                parts[-1] = [start, place]
                continue
        parts.append([place])
    return ",".join(":".join(xl_rowcol_to_cell(*place) for place in part) for part in parts)


def blocks(places: Iterable[Place]) -> str:
    """Cells, in any order, as rectangles joined by commas: fewer and easier to read than ranges along one line."""
    spans: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    rows: dict[int, list[int]] = defaultdict(list)
    for row, column in sorted(places):
        rows[row].append(column)
    for row, columns in rows.items():
        starts = [c for n, c in enumerate(columns) if n == 0 or columns[n - 1] != c - 1]
        ends = [c for n, c in enumerate(columns) if n + 1 == len(columns) or columns[n + 1] != c + 1]
        for across in zip(starts, ends, strict=True):
            down = spans[across]
            if down and down[-1][1] == row - 1:
                down[-1] = (down[-1][0], row)
            else:
                down.append((row, row))
    areas = sorted((top, left, bottom, right) for (left, right), down in spans.items() for top, bottom in down)
    return ",".join(
        xl_rowcol_to_cell(top, left) if (top, left) == (bottom, right) else span((top, left), (bottom, right))
        for top, left, bottom, right in areas
    )


def find_tables(cells: Cells) -> list[Table]:
    """The iteration tables of a sheet, from top to bottom."""
    down = _without_hints(list(_tables(cells, headings(cells.texts, across=False), across=False)))
    taken = {(table.header, column) for table in down for column in table.columns.values()}
    rest = headings({place: text for place, text in cells.texts.items() if place not in taken}, across=True)
    right = [table for table in _tables(cells, rest, across=True) if table.count >= LEAST_ACROSS]
    return sorted([*down, *right], key=lambda table: table.at(table.header, min(table.columns.values())))


def _without_hints(tables: list[Table]) -> list[Table]:
    """The tables but for those whose headings are the hints between another's headings and numbers."""
    kept: list[Table] = []
    for table in tables:
        above = next((t for t in kept if t.header < table.header < t.first and t.keys.keys() & table.keys.keys()), None)
        if above is None:
            kept.append(table)
        elif _plainness(table) > _plainness(above):
            kept[kept.index(above)] = table
    return kept


def _plainness(table: Table) -> tuple[int, int, int]:
    """How plainly a line names quantities: how many, how surely, how briefly."""
    texts = [table.cells.texts[table.at(table.header, column)] for column in table.keys]
    return len(texts), -sum(reading(text).rank for text in texts), -sum(map(len, texts))


def headings(texts: Mapping[Place, str], across: bool) -> list[tuple[Place, str]]:
    """The texts that name quantities, each read beside the others of its row (its column where ``across``)."""
    lines: dict[int, list[Place]] = defaultdict(list)
    for place in texts:
        lines[place[across]].append(place)
    several = (places for places in lines.values() if len(places) >= LEAST_HEADINGS)
    read = ((places, quantities([texts[place] for place in places])) for places in several)
    return [(place, key) for places, keys in read for place, key in zip(places, keys, strict=True) if key]


def _tables(cells: Cells, headings: list[tuple[Place, str]], across: bool) -> Iterator[Table]:
    lines: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for (row, column), key in headings:
        line, position = (column, row) if across else (row, column)
        lines[line].append((position, key))
    for line in sorted(lines):
        for candidates in _split(sorted(lines[line])):
            if table := _with_iterations(cells, line, candidates, across):
                yield table


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
        if _is_table(chosen):
            yield chosen


def _blocks(positions: list[int]) -> dict[int, int]:
    """Headings that stand side by side, or with one cell between, make a block."""
    blocks: dict[int, int] = {}
    for n, position in enumerate(positions):
        beside = n > 0 and position - positions[n - 1] <= 2
        blocks[position] = blocks[positions[n - 1]] if beside else position
    return blocks


def _is_table(keys: Iterable[str]) -> bool:
    keys = set(keys)
    return (
        len(keys & MAIN) >= LEAST_HEADINGS
        and len(keys.intersection(WEIGHTS)) >= LEAST_WEIGHTS
        and len(keys.intersection(NETWORK.keys(Role.FORWARD))) >= LEAST_FORWARD
    )


def _with_iterations(cells: Cells, header: int, candidates: dict[str, list[int]], across: bool) -> Table | None:
    columns = {key: places[0] for key, places in candidates.items()}
    own = [column for key, column in columns.items() if key not in (RATE, ITERATION)]
    least = max(3, len(own) // 4)

    def has_number(line: int, column: int) -> bool:
        place = (column, line) if across else (line, column)
        return (
            place in cells.formulas
            or place in cells.opaque
            or (place in cells.values and type(cells.values[place]) is not str)
        )

    def filled(line: int) -> int:
        return sum(has_number(line, column) for column in own)

    first = next((line for line in range(header + 1, header + 1 + LOOK_AHEAD) if filled(line) >= least), None)
    if first is None:
        return None
    last = first
    while filled(last + 1) >= least:
        last += 1
    lines = range(first, last + 1)
    for key, places in candidates.items():
        # A list of parameters has the same headings, but nothing, or another table, beside them.
        if len(places) > 1:
            full = (p for p in places if sum(has_number(line, p) for line in lines) >= FILLED_SHARE * len(lines))
            texts = (p for p in full if not any(((p, line) if across else (line, p)) in cells.texts for line in lines))
            columns[key] = next(texts, places[0])
    return Table(cells, header, first, last, columns, across)
