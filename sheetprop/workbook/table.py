"""Tables of formulas: columns of one shape from the first row to the last, written a row at a time from one pattern."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain, repeat

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name

from sheetprop.workbook.cell import NUM_ERROR

ROW, ABOVE = "{row}", "{above}"


@dataclass(frozen=True)
class Column:
    """A column of a table: ``formula`` for every row, ``first`` for the first row where that one differs.

    In a formula, without its =, ROW stands for the number of its own row and ABOVE for that of the row above; it has no
    percent sign. ``values`` are the computed values, one per row; NaN stands for #NUM!. Without a formula the values
    are constants. Cells below the last value are left blank, in the format ``blank``; values that are texts are all
    empty, of a formula that waits for numbers.
    """

    values: Sequence[float] | Sequence[str]
    format: Format
    formula: str | None = None
    first: str | None = None
    blank: Format | None = None

    def texts(self, rows: int) -> Iterator[str]:
        """What the file has of the values in so many rows, empty for blank cells."""
        blanks = rows - len(self.values) if self.blank else 0
        return chain(map(repr if self.kind is None else str, self.values), repeat("", blanks))

    @property
    def kind(self) -> str | None:
        """The type that the file gives to cells of texts, None for numbers."""
        return "str" if self.values and isinstance(self.values[0], str) else None

    @property
    def shape(self) -> tuple[object, ...]:
        """Everything of it but the values."""
        return self.format, self.formula, self.first, self.blank, len(self.values), self.kind


class Rows:
    """The rows of a table at a place (row and column from zero), as the file has them.

    ``numbers`` are those of the rows, from zero. With ``kept`` patterns, more rows of the same table, of other values,
    are written faster.
    """

    def __init__(self, first_row: int, first_column: int, columns: Sequence[Column], kept: bool = False) -> None:
        self.numbers = range(first_row, first_row + len(columns[0].values))
        self._names = [xl_col_to_name(first_column + n) for n in range(len(columns))]
        self._columns = columns
        self._kept: dict[int, str] | None = {} if kept else None
        self._patterns: dict[tuple[bool, tuple[int, ...]], str] = {}

    def written(self, columns: Sequence[Column]) -> Iterator[str]:
        """The cells of each row, and its end, with the values of ``columns``; otherwise these are as the table's."""
        count = len(columns[0].values)
        rows = zip(*(column.texts(count) for column in columns), strict=True)
        for row, texts in enumerate(rows, start=self.numbers.start + 1):
            if "nan" in texts:
                errors = tuple(n for n, text in enumerate(texts) if text == "nan")
                texts = tuple(NUM_ERROR if text == "nan" else text for text in texts)
                yield self._pattern(row, errors) % texts
            elif self._kept is None:
                yield self._pattern(row) % texts
            else:
                pattern = self._kept.get(row) or self._kept.setdefault(row, self._pattern(row))
                yield pattern % texts

    def _pattern(self, row: int, errors: tuple[int, ...] = ()) -> str:
        key = row == self.numbers.start + 1, errors
        pattern = self._patterns.get(key) or self._patterns.setdefault(key, self._cells(*key))
        return at_row(pattern, row)

    def _cells(self, first: bool, errors: tuple[int, ...]) -> str:
        cells = []
        for n, (name, column) in enumerate(zip(self._names, self._columns, strict=True)):
            if column.blank and len(column.values) < (1 if first else 2):
                cells.append(f'<c r="{name}{ROW}" s="{column.blank._get_xf_index()}"/>%s')
                continue
            formula = (column.first or column.formula) if first else column.formula
            kind = "e" if n in errors else column.kind
            typed = f' t="{kind}"' if kind else ""
            live = f"<f>{escape(formula, quote=False)}</f>" if formula else ""
            cells.append(f'<c r="{name}{ROW}" s="{column.format._get_xf_index()}"{typed}>{live}<v>%s</v></c>')
        return "".join(cells) + "</row>"


def at_row(pattern: str, row: int) -> str:
    """``pattern`` with ROW and ABOVE replaced by the numbers of a row (from 1) and of the row above."""
    return pattern.replace(ROW, str(row)).replace(ABOVE, str(row - 1))
