"""A school's CSV export, read so that it can be written back with only chosen cells changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from sheetprop.errors import InputError, reason
from sheetprop.report.table import safe
from sheetprop.report.wording import harmless
from sheetprop.school.headings import plain

SEPARATORS = (",", ";", "\t", "|")
BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""What Excel's workbooks begin with, the new and the old ones."""
SAVE_AS_CSV = "open it in a spreadsheet program and save it as CSV"
SAMPLE = 20
"""How many rows tell the separator."""
SHOWN_HEADINGS = 12
MOST_TITLES = 5
"""Lines above the headings that may hold a title."""
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
DECIMAL_COMMA = re.compile(r"-?\d+,(?!\d{3}$)\d+")
"""A number with a decimal comma, rather than with one that groups thousands."""
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?(?:\r\n|\r|\n|$)', re.IGNORECASE)
"""The line that tells Excel the separator, and that no other program shows."""
_BARE = re.compile(r"[A-Za-z0-9.\-]*")
"""Texts that need no quotation marks, whatever the separator."""
_UNCOMPUTED = re.compile(r'="([^"]*)"')
"""How platforms write a text that Excel must not take for a number or a formula."""


@dataclass(frozen=True)
class Row:
    """A row below the headings: the number of its line in the file, from 1, and a cell for each heading."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class _Cell:
    """Where a cell stands in the text, quotation marks included, and what it says."""

    start: int
    end: int
    text: str

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.end


class Export:
    """A CSV file: ``headings``, ``rows`` (empty ones left out), and the file again with other texts in some cells.

    ``remarks`` are lines on what was skipped above the headings.

    Every other byte stays as it was: encoding, byte order mark, separator, quotation marks, line ends, empty lines.
    """

    def __init__(self, data: bytes, name: str) -> None:
        """Take the bytes of a file; ``name`` stands in messages. Raises InputError where they are no such table."""
        self.name = harmless(name)
        self._mark, self._encoding, self._text = _decoded(data, self.name)
        begin, told = 0, _SEPARATOR_LINE.match(self._text)
        if told:
            begin = told.end()
        self._separator = told[1] if told else _separator(self._text)
        table = [
            (line, cells)
            for line, cells in _Lines(self._text, self._separator, self.name).read(begin, 2 if told else 1)
            if any(cell.text.strip() for cell in cells)
        ]
        if not table:
            raise InputError(f"{self.name}: is empty; export it anew, with the headings in the first line")
        titles = _titles([[cell.text for cell in cells] for _, cells in table[: MOST_TITLES + 1]])
        self.remarks = tuple(
            f"{self.name}, line {line}: {harmless(cells[0].text.strip())[:60]} is a title above the headings; skipped"
            for line, cells in table[:titles]
        )
        table = table[titles:]
        self.heading_line = table[0][0]
        self.headings = tuple(cell.text.strip() for cell in table[0][1])
        self._plain = tuple(map(plain, self.headings))
        self._cells = [cells for _, cells in table[1:]]
        self.rows = tuple(Row(line, self._texts(line, cells)) for line, cells in table[1:])

    @classmethod
    def read(cls, path: str | Path) -> Export:
        """Read a file. Raises InputError where that is not possible."""
        try:
            return cls(Path(path).read_bytes(), str(path))
        except OSError as error:
            raise InputError(f"{harmless(str(path))}: cannot be read: {reason(error)}") from None

    def find(self, names: Iterable[str]) -> int | None:
        """The column with the first of these headings that there is. Raises InputError where two columns have it."""
        for name in names:
            columns = [column for column, heading in enumerate(self._plain) if heading == name]
            if len(columns) > 1:
                raise InputError(
                    f"{self.at(self.heading_line)}: two columns are called {harmless(self.headings[columns[0]])}; "
                    "rename one of them, or export the file anew"
                )
            if columns:
                return columns[0]
        return None

    def has(self, names: Iterable[str]) -> bool:
        """Whether one of these headings is there."""
        return any(name in self._plain for name in names)

    def column(self, names: Iterable[str]) -> list[str]:
        """The texts of a column, without spaces around them; empty ones where there is none of these headings."""
        return self.column_texts(self.find(names))

    def column_texts(self, column: int | None) -> list[str]:
        """The texts of a column by its number."""
        return [entry(row.cells[column]) if column is not None else "" for row in self.rows]

    def at(self, line: int) -> str:
        """Where a line stands, for messages."""
        return f"{self.name}, line {line}"

    @property
    def shown_headings(self) -> str:
        """The headings, for messages: on one line, and not too many of them."""
        shown = [harmless(heading)[:40] or "(empty)" for heading in self.headings[:SHOWN_HEADINGS]]
        more = len(self.headings) - len(shown)
        return ", ".join(shown) + (f" and {more} more" if more > 0 else "")

    def decimal_comma(self, columns: Iterable[int]) -> bool:
        """Whether the numbers in these columns are written with a decimal comma."""
        return any(DECIMAL_COMMA.fullmatch(row.cells[column].strip()) for column in columns for row in self.rows)

    def with_cells(self, changes: Mapping[tuple[int, int], str]) -> bytes:
        """The file with other texts in cells, which are given by the index of their row and column.

        A text that a spreadsheet program would compute has an apostrophe put before it; a number has not. What the
        file's encoding does not have is written as HTML does.
        """
        by_row: dict[int, dict[int, str]] = {}
        for (row, column), text in changes.items():
            if self.rows[row].cells[column] != text:
                by_row.setdefault(row, {})[column] = text
        pieces, done = [], 0
        for row in sorted(by_row):
            for start, end, text in self._replaced(self._cells[row], by_row[row]):
                pieces += [self._text[done:start], text]
                done = end
        pieces.append(self._text[done:])
        return self._mark + "".join(pieces).encode(self._encoding, "xmlcharrefreplace")

    def _replaced(self, cells: Sequence[_Cell], texts: Mapping[int, str]) -> list[tuple[int, int, str]]:
        """What to put where in a row, from left to right; a row may end before its last columns."""
        inside = [column for column in sorted(texts) if column < len(cells)]
        replaced = [(*cells[column].span, self._written(texts[column], cells[column])) for column in inside]
        if beyond := [column for column in texts if column >= len(cells)]:
            tail = [self._written(texts.get(column, ""), None) for column in range(len(cells), max(beyond) + 1)]
            end, tail_text = cells[-1].end, self._separator + self._separator.join(tail)
            if replaced and replaced[-1][1] == end:
                tail_text = replaced.pop()[2] + tail_text
                replaced.append((cells[-1].start, end, tail_text))
            else:
                replaced.append((end, end, tail_text))
        return replaced

    def _written(self, text: str, cell: _Cell | None) -> str:
        text = text if NUMBER.fullmatch(text) else safe(text)
        quoted = cell is not None and self._text[cell.start : cell.start + 1] == '"'
        return text if _BARE.fullmatch(text) and not quoted else '"' + text.replace('"', '""') + '"'

    def _texts(self, line: int, cells: Sequence[_Cell]) -> tuple[str, ...]:
        texts = [cell.text for cell in cells]
        wide = len(self.headings)
        if any(text.strip() for text in texts[wide:]):
            raise InputError(
                f"{self.at(line)}: {len(texts)} cells, but there are {wide} headings; put cells with the separator "
                "in them in quotation marks, or export the file anew"
            )
        return tuple(texts[:wide] + [""] * (wide - len(texts)))


def entry(text: str) -> str:
    """What a cell says: without spaces around it, and without the formula that some platforms wrap a text in."""
    text = text.strip()
    wrapped = _UNCOMPUTED.fullmatch(text)
    return wrapped[1].strip() if wrapped else text


def _decoded(data: bytes, name: str) -> tuple[bytes, str, str]:
    """The byte order mark, the encoding and the text of a file. Raises InputError where it is none."""
    if data.startswith(WORKBOOKS):
        raise InputError(f"{name}: is a workbook, not a CSV file; {SAVE_AS_CSV}")
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            candidates: tuple[str, ...] = (encoding,)
            break
    else:
        mark, candidates = b"", ("utf-8", "cp1252")
    for encoding in candidates:
        try:
            text = data[len(mark) :].decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise InputError(f"{name}: is not a text file; {SAVE_AS_CSV}")
        return mark, encoding, text
    raise InputError(f"{name}: is in an encoding that cannot be read; save it as CSV in UTF-8")


def _titles(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows are titles: with one text only, above a row of several headings."""
    filled = [sum(bool(text.strip()) for text in row) for row in rows]
    first = next((n for n, count in enumerate(filled) if count > 1), 0)
    return first if all(row[0].strip() for row in rows[:first]) else 0


def _separator(text: str) -> str:
    """What parts the cells: what gives most rows as many cells as there are headings, then what gives most headings."""

    def fit(separator: str) -> tuple[int, int]:
        widths: list[int] = []
        for _, cells in _Lines(text, separator, "", strict=False).read(0, 1):
            if any(cell.text.strip() for cell in cells):
                widths.append(len(cells))
            if len(widths) > SAMPLE:
                break
        while len(widths) > 1 and widths[0] == 1 and max(widths[: MOST_TITLES + 1]) > 1:
            del widths[0]
        if not widths or widths[0] == 1:
            return 0, 0
        return widths.count(widths[0]), widths[0]

    return max(SEPARATORS, key=fit)


class _Lines:
    """The cells of a text, line for line."""

    def __init__(self, text: str, separator: str, name: str, strict: bool = True) -> None:
        apart = re.escape(separator)
        self._text, self._name, self._strict = text, name, strict
        self._next = re.compile(
            rf'(?:"(?P<quoted>[^"]*+(?:""[^"]*+)*+)"(?P<after>[^{apart}\r\n]*)|(?P<bare>(?!")[^{apart}\r\n]*))'
            rf"(?P<end>{apart}|\r\n|\r|\n|\Z)"
        )
        self._separator = separator

    def read(self, position: int, line: int) -> Iterable[tuple[int, list[_Cell]]]:
        """The number of each line, and its cells; from a position, which is in a line of that number."""
        cells: list[_Cell] = []
        first = line
        size = len(self._text)
        while position < size or cells:
            found = self._next.match(self._text, position)
            if found is None:
                if self._strict:
                    self._refuse(line)
                return
            quoted, end = found["quoted"], found["end"]
            text = found["bare"] if quoted is None else quoted.replace('""', '"') + found["after"]
            cells.append(_Cell(position, found.start("end"), text))
            position = found.end()
            if quoted is not None:
                line += len(re.findall(r"\r\n|\r|\n", quoted))
            if end != self._separator:
                line += 1
                yield first, cells
                cells, first = [], line

    def _refuse(self, line: int) -> NoReturn:
        raise InputError(
            f"{self._name}, line {line}: a quotation mark opens here and none closes it; add the closing one, "
            "or export the file anew"
        )
