"""The gradebook's charts of counts: how many submissions have which mistake, status or score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, reference


@dataclass(frozen=True)
class CountChart:
    """A chart of counts, one bar each."""

    chart: Any
    description: str
    kind: str

    def add(
        self,
        sheet: str,
        row: int,
        labels: tuple[int, Sequence[str]],
        numbers: tuple[int, Sequence[int]],
        colours: Sequence[str] = (),
    ) -> None:
        """Show ``numbers`` with ``labels``, each with its column on ``sheet``, from ``row`` on."""
        last = row + len(labels[1]) - 1
        self.chart.add_series(
            {
                "categories": f"={reference(sheet, row, labels[0], last)}",
                "categories_data": list(map(str, labels[1])),
                "values": f"={reference(sheet, row, numbers[0], last)}",
                "values_data": list(numbers[1]),
                "fill": {"color": theme.SERIES_COLOURS[0]},
                "points": [{"fill": {"color": colour}} for colour in colours] or None,
                "gap": 40,
                "data_labels": {"value": True, "font": theme.CHART_FONT | {"color": theme.INK}},
            }
        )

    def insert(self, sheet: Sheet, row: int, column: int, width: int, height: int) -> None:
        """Put the chart on its sheet."""
        self.chart.set_size({"width": width, "height": height})
        options = {"object_position": 3, "description": self.description, "x_offset": 6}
        sheet.insert_chart(row, column, self.chart, options)


def count_chart(book: Book, kind: str, title: str, description: str) -> CountChart:
    """Make a chart of one ``kind``, bar or column; ``description`` is for who does not see it."""
    chart = book.file.add_chart({"type": kind})
    font = theme.CHART_FONT | {"color": theme.INK}
    chart.set_title({"name": title, "name_font": theme.CHART_TITLE_FONT})
    chart.set_legend({"none": True})
    chart.set_chartarea(theme.CHART_AREA)
    # In a bar chart XlsxWriter calls the categories' axis y, and its first category is at the bottom.
    lying = kind == "bar"
    of_categories, of_counts = (chart.set_y_axis, chart.set_x_axis) if lying else (chart.set_x_axis, chart.set_y_axis)
    none = {"major_gridlines": {"visible": False}}
    of_categories(none | {"num_font": font, "line": {"color": theme.RULE}, "reverse": lying})
    of_counts(none | {"visible": False, "min": 0})
    return CountChart(chart, description, kind)
