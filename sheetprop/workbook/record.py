"""A book that is not written: it notes what the sheets' modules write where, and the shape of everything else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from xlsxwriter.sharedstrings import SharedStringTable

from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, as_text
from sheetprop.workbook.cell import Value, as_value, formula_cell, number_cell, text_cell
from sheetprop.workbook.chart import Points
from sheetprop.workbook.table import Column

Place = tuple[object, ...]
"""Of a content in the file: that of a cell is its sheet's number, row and column."""


class Record(Book):
    """Contents of cells and charts, the places where they stand (of cells, with their looks), and all other calls."""

    def __init__(self, title: str, protected: bool) -> None:
        """Begin to note; ``title`` and ``protected`` are as a book has them."""
        self.title = title
        self.calls: list[object] = []
        self.places: list[Place] = []
        self.contents: list[str] = []
        self.tables: dict[int, Sequence[Column]] = {}
        self.texts = SharedStringTable()
        super().__init__(Path(), Path(), title, protected=protected)

    def look(self, properties: dict[str, Any] = theme.BASE, **more: Any) -> Any:
        """A number in the place of a format, the same for the same properties in all records."""
        return _LOOKS[*properties.items(), None, *more.items()]

    @property
    def shape(self) -> tuple[object, ...]:
        """Everything but the contents of cells, tables and charts."""
        return self.places, self.calls

    def _begin(self, path: Path, folder: Path) -> Any:
        return _File(self)


class _Noted:
    """Whatever is called goes into the shape of the record."""

    def __init__(self, record: Record, *name: object) -> None:
        self._record, self._name = record, name

    def __getattr__(self, method: str) -> Callable[..., None]:
        def called(*arguments: object, **options: object) -> None:
            # What is written over a cell, and what a cell is written over, are not the same.
            self._record.calls.append((len(self._record.places), self._name, method, arguments, options))

        return called

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Noted) and self._name == other._name

    __hash__ = None  # type: ignore[assignment]


class _File(_Noted):
    def __init__(self, record: Record) -> None:
        super().__init__(record, "file")
        self._sheets: list[_Sheet] = []
        self._charts = 0

    def worksheets(self) -> list[_Sheet]:
        return self._sheets

    def set_properties(self, properties: dict[str, Any]) -> None:
        """Note nothing: of these only the title differs."""

    def add_worksheet(self, name: str, worksheet_class: object) -> _Sheet:
        self._record.calls.append(name)
        self._sheets.append(_Sheet(self._record, len(self._sheets), name))
        return self._sheets[-1]

    def add_chart(self, options: dict[str, Any]) -> _Chart:
        self._record.calls.append(options)
        self._charts += 1
        return _Chart(self._record, self._charts - 1)


class _Sheet(_Noted):
    def __init__(self, record: Record, number: int, name: str) -> None:
        super().__init__(record, "sheet", number)
        self.name, self._number = name, number
        self._places, self._contents, self._texts = record.places, record.contents, record.texts

    def write_string(self, row: int, column: int, text: str, look: int) -> None:
        self._places.append((self._number, row, column, look))
        self._contents.append(text_cell(self._texts._get_shared_string_index(as_text(text))))

    def write_url(self, row: int, column: int, url: str, look: int, text: str) -> None:
        self._record.calls.append((url, text))
        self.write_string(row, column, text, look)

    def write_number(self, row: int, column: int, number: float, look: int) -> None:
        self._places.append((self._number, row, column, look))
        self._contents.append(number_cell(number))

    def write_computed(self, row: int, column: int, formula: str, value: Value, look: int) -> None:
        self._places.append((self._number, row, column, look))
        self._contents.append(formula_cell(formula, as_value(value)))

    def write_table(self, first_row: int, first_column: int, columns: Sequence[Column]) -> None:
        self._record.calls.append((first_row, first_column, [column.shape for column in columns]))
        self._record.tables[self._number] = columns


class _Chart(_Noted):
    def __init__(self, record: Record, number: int) -> None:
        super().__init__(record, "chart", number)
        self._number = number
        self._lines = 0

    def add_series(self, options: dict[str, Any]) -> None:
        # A cell that a line has its name from shows the rate of a sheet: that stands in the sheet's name.
        points: Points = options["values_data"]
        self._record.calls.append(options | {"values_data": len(points)})
        self._record.places.append(("chart", self._number, self._lines))
        self._record.contents.append(str(points))
        self._lines += 1


_LOOKS: defaultdict[tuple[tuple[str, Any] | None, ...], int] = defaultdict(count().__next__)
