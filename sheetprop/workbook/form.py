"""Many workbooks that differ in their numbers and texts only: one is printed as a form, all are filled in.

The sheets' modules run for each workbook, against a :class:`Record` that notes what is written where. Everything but
the contents of cells, tables and charts is the record's shape; records of one shape fill the same form. A shape that
has no form yet gets one: the modules run once more, against a book that prints gaps in the place of contents.
The files are those that :class:`sheetprop.workbook.book.Book` writes, but for how hard they are compressed.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.core import Core
from xlsxwriter.packager import Packager
from xlsxwriter.sharedstrings import SharedStrings, SharedStringTable

from sheetprop.output import written_whole
from sheetprop.workbook.book import CONTENT, Book, Sheet, properties
from sheetprop.workbook.chart import Points
from sheetprop.workbook.contents import Contents
from sheetprop.workbook.record import Place, Record
from sheetprop.workbook.table import Rows

Compose = Callable[[Book], None]
"""Writes the sheets of a workbook."""

LEVEL = zlib.Z_BEST_SPEED
"""Of compression: at XlsxWriter's level, files are a sixth smaller, and writing one takes half as long again."""
MOST_FORMS = 8
"""Kept in memory; the hand-outs of a class have a few, as a longer name may need a higher row."""
MOST_CELLS = 500_000
"""In the tables of a workbook that has a form, which takes some 100 bytes for each of them."""
CORE, TEXTS, ROW = "docProps/core.xml", "xl/sharedStrings.xml", "row"
GAP = re.compile("\0([0-9]+)\0")
WRITTEN = 1980, 1, 31, 0, 0, 0
"""The time that every part of a file is of, as XlsxWriter has it."""


def fits(contents: Contents) -> bool:
    """Whether a workbook is small enough for a form."""
    return contents.assignment.iterations * len(contents.tables) * len(contents.columns) <= MOST_CELLS


def write_similar(path: Path, title: str, compose: Compose, protected: bool = False) -> None:
    """Write what ``compose`` writes to ``path``, whole or not at all, in the place of a file that may be there.

    ``title`` and ``protected`` are as :class:`Book` has them. Raises InputError where the folder cannot be written to.
    """
    record = Record(title, protected)
    compose(record)
    form = next((form for form in tuple(_FORMS) if form.shape == record.shape), None)
    if form is None:
        form = Form.printed(record, compose, protected)
        _FORMS.appendleft(form)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as file:
        for name, content in form.filled(record):
            part = zipfile.ZipInfo(name, WRITTEN)
            part.compress_type = zipfile.ZIP_DEFLATED
            part.create_system, part.external_attr = 3, 0o100600 << 16
            file.writestr(part, content.encode(), compresslevel=LEVEL)
    with written_whole(path) as unfinished:
        unfinished.write_bytes(package.getbuffer())


class Form:
    """What workbooks of one shape have in common: the parts of the file, with gaps."""

    def __init__(self, record: Record, book: _Printing) -> None:
        """What ``book`` printed of what the record is of."""
        self.shape = record.shape
        self._tables: dict[int, Rows] = {number: book.rows(number) for number in record.tables}
        rows = ((ROW, n, row) for n, columns in record.tables.items() for row in self._tables[n].numbers)
        # Of a cell that was written twice, the second content counts.
        contents = {place[:3]: n for n, place in enumerate([*record.places, (CORE,), (TEXTS,), *rows])}
        self._parts: list[tuple[str, list[str], list[int]]] = []
        for name, text in book.parts.items():
            pieces = GAP.split(text)
            self._parts.append((name, pieces[::2], [contents[book.places[int(gap)]] for gap in pieces[1::2]]))

    @classmethod
    def printed(cls, record: Record, compose: Compose, protected: bool) -> Form:
        """The form of a record's shape; ``compose`` is called once more."""
        book = _Printing(record.title, protected)
        compose(book)
        book.close()
        return cls(record, book)

    def filled(self, record: Record) -> Iterator[tuple[str, str]]:
        """The parts of the file of a record, by name."""
        contents = [*record.contents, _core(record.title), _texts(record.texts)]
        for number, columns in record.tables.items():
            contents += self._tables[number].written(columns)
        for name, pieces, inner in self._parts:
            filled = chain.from_iterable(zip(pieces, map(contents.__getitem__, inner), strict=False))
            yield name, "".join((*filled, pieces[-1]))


class _Printing(Book):
    """A book that has gaps, and is kept in memory."""

    def __init__(self, title: str, protected: bool) -> None:
        self.parts: dict[str, str] = {}
        self.places: list[Place] = []
        super().__init__(Path(), Path(), title, protected=protected)

    def gap(self, place: Place) -> str:
        """What stands in the file where something is to be filled in."""
        self.places.append(place)
        return f"\0{len(self.places) - 1}\0"

    def rows(self, sheet: int) -> Rows:
        """The rows of the table on a sheet."""
        rows: Rows = self.file.worksheets()[sheet].rows
        return rows

    def _begin(self, path: Path, folder: Path) -> Any:
        return _PrintedFile(self)


class _PrintedFile(xlsxwriter.Workbook):  # type: ignore[misc]
    def __init__(self, book: _Printing) -> None:
        super().__init__(io.BytesIO(), {"in_memory": True})
        self._book = book
        self._charts = 0

    def add_worksheet(self, name: str, worksheet_class: object) -> _PrintedSheet:
        sheet: _PrintedSheet = super().add_worksheet(name, worksheet_class=_PrintedSheet)
        sheet.book = self._book
        return sheet

    def add_chart(self, options: dict[str, Any]) -> Any:
        chart = super().add_chart(options)
        number, self._charts = self._charts, self._charts + 1
        add_series = chart.add_series

        def add(options: dict[str, Any]) -> None:
            line = len(chart.series)
            gap = _Gap(options["values_data"], self._book.gap(("chart", number, line)))
            add_series(options | {"values_data": gap})

        chart.add_series = add
        return chart

    def _get_packager(self) -> Any:
        return _Parts(self._book)


class _Gap(Points):
    def __init__(self, points: Points, gap: str) -> None:
        super().__init__(points)
        self._gap = gap

    def __str__(self) -> str:
        return self._gap


class _PrintedSheet(Sheet):
    book: _Printing
    rows_are_kept = True

    def _write_cell(self, row: int, column: int, cell: Any) -> None:
        kind = type(cell).__name__
        if kind != "Blank" and (kind not in CONTENT or cell.format is None):
            raise NotImplementedError(f"{self.name}: a form has no gap for a cell of the kind {kind}")
        super()._write_cell(row, column, cell)

    def _content(self, row: int, column: int, cell: Any) -> str:
        return self.book.gap((self.index, row, column))

    def _row_content(self, row: int, cells: str) -> str:
        return self.book.gap((ROW, self.index, row))


class _Parts(Packager):  # type: ignore[misc]
    """Hands the parts of the file to the book, and none to XlsxWriter to write."""

    def __init__(self, book: _Printing) -> None:
        super().__init__()
        self._book = book

    def _create_package(self) -> list[object]:
        self._book.parts = {name: part.getvalue() for part, name, _ in super()._create_package()}
        for name in (CORE, TEXTS):
            self._book.parts[name] = self._book.gap((name,))
        return []


def _core(title: str) -> str:
    core, file = Core(), io.StringIO()
    core._set_properties(properties(title))
    core._set_xml_writer(file)
    core._assemble_xml_file()
    return file.getvalue()


def _texts(table: SharedStringTable) -> str:
    head, file = SharedStrings(), io.StringIO()
    head.string_table = table
    head._set_xml_writer(file)
    head._xml_declaration()
    head._write_sst()
    return "".join((file.getvalue(), *map(_text, table.string_table), "</sst>"))


@lru_cache(maxsize=4096)
def _text(text: str) -> str:
    strings, file = SharedStrings(), io.StringIO()
    strings._set_xml_writer(file)
    strings._write_si(text)
    return file.getvalue()


_FORMS: deque[Form] = deque(maxlen=MOST_FORMS)
