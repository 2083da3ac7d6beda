"""The chart of E_total over the iterations, of one learning rate or of several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from sheetprop.workbook import theme
from sheetprop.workbook.book import Book


@dataclass(frozen=True)
class Line:
    """One line of the chart: its name (a text, or the reference of a cell), where its values stand, and the values.

    ``shown`` is what the cell of the name shows, where its number format says more than its number.
    """

    name: str
    reference: str
    values: np.ndarray
    colour: str
    dash: str = "solid"
    shown: str | None = None


class Points(list[float | None]):
    """The values that a chart keeps of a line, None where it has a gap."""

    def __str__(self) -> str:
        """As the file has them."""
        points = (f'<c:pt idx="{n}"><c:v>{value!r}</c:v></c:pt>' for n, value in enumerate(self) if value is not None)
        return "".join(points)


def error_chart(
    book: Book, title: str, iterations: str, lines: Iterable[Line], logarithmic: bool = False, waiting: bool = False
) -> Any:
    """Make the chart; ``iterations`` is the reference of the iterations' column. Returns an XlsxWriter chart.

    It keeps the values for viewers that compute nothing; where #NUM! is, a line has a gap. A chart that is ``waiting``
    for its cells to be filled keeps none, and has gaps for those that are blank.
    """
    chart = book.file.add_chart({"type": "scatter", "subtype": "straight"})
    chart._write_num_cache = partial(_write_num_cache, chart)
    if waiting:
        # XlsxWriter leaves out what it takes for the default, and other programs take zeros for it.
        chart._write_disp_blanks_as = lambda: chart._xml_empty_tag("c:dispBlanksAs", [("val", "gap")])
    count = 1
    for line in lines:
        count = len(line.values)
        chart.add_series(
            {
                "name": line.name,
                "name_data": None if line.shown is None else [line.shown],
                "categories": f"={iterations}",
                "categories_data": Points(range(count)),
                "values": f"={line.reference}",
                "values_data": Points([None if waiting or value != value else value for value in line.values.tolist()]),
                "line": {"color": line.colour, "width": 2, "dash_type": line.dash},
            }
        )
    chart.set_title({"name": title, "name_font": theme.CHART_TITLE_FONT})
    axis = {"name_font": theme.CHART_FONT, "num_font": theme.CHART_FONT}
    across = {"min": 0, "max": max(count - 1, 1), "num_format": "0", "line": {"color": theme.RULE}}
    chart.set_x_axis(axis | across | {"name": "iteration", "label_position": "low"})
    scale = {"log_base": 10, "crossing": "min", "num_format": "0.E+00"} if logarithmic else {"num_format": "General"}
    chart.set_y_axis(axis | scale | {"name": "E_total", "major_gridlines": theme.CHART_GRID, "line": {"none": True}})
    chart.set_chartarea(theme.CHART_AREA)
    return chart


def _write_num_cache(chart: Any, points: Points) -> None:
    # XlsxWriter's own takes three tags of Python for each of thousands of points.
    chart._xml_start_tag("c:numCache")
    chart._write_format_code("General")
    chart._write_pt_count(len(points))
    chart.fh.write(str(points))
    chart._xml_end_tag("c:numCache")
