"""Charts of loss and accuracy over the epochs, with axes that show where the curves have settled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet

WIDTH, HEIGHT = 640, 290
MOST_MARKED = 120
"""Points of a chart; of more, the marks would hide the curves."""
STEPS_UP, STEPS_ACROSS = 8, 12
"""Steps of an axis, at most about so many."""


@dataclass(frozen=True)
class Curve:
    """One curve: its name (a text, or the reference of a cell), where its epochs and values stand, and the values.

    Epochs are counted from 1.
    """

    name: str
    epochs: str
    reference: str
    values: Sequence[float]
    colour: str
    dashed: bool = False


def insert_accuracy_chart(
    book: Book, sheet: Sheet, place: tuple[int, int], title: str, curves: Sequence[Curve], width: int = WIDTH
) -> None:
    """Put a chart of accuracies, in percent, on the sheet: from the lowest after the first epoch on."""
    lowest, highest = _settled(curves, min), max(max(curve.values) for curve in curves)
    step = _step(max(highest - lowest, 0.1))
    high = min(-_down(-highest, step), 100.0)
    low = min(_down(lowest, step), high - step)
    hidden = any(min(curve.values) < low for curve in curves)
    name = "accuracy (%)" + ("; epoch 1 lies below" if hidden else "")
    axis: dict[str, Any] = {"min": low, "max": high, "major_unit": step, "num_format": "0" if step >= 1 else "0.0#"}
    _insert(book, sheet, place, title, curves, axis | {"name": name}, width)


def insert_loss_chart(book: Book, sheet: Sheet, place: tuple[int, int], title: str, curves: Sequence[Curve]) -> None:
    """Put a chart of losses on the sheet: from zero to the highest after the first epoch."""
    highest = _settled(curves, max)
    step = _step(max(highest, 1e-6))
    high = -_down(-highest, step)
    hidden = any(max(curve.values) > high for curve in curves)
    name = "mean loss" + ("; epoch 1 lies above" if hidden else "")
    axis: dict[str, Any] = {"min": 0, "max": max(high, step), "major_unit": step, "num_format": "General"}
    _insert(book, sheet, place, title, curves, axis | {"name": name}, WIDTH)


def _insert(
    book: Book,
    sheet: Sheet,
    place: tuple[int, int],
    title: str,
    curves: Sequence[Curve],
    axis: dict[str, Any],
    width: int,
) -> None:
    chart = book.file.add_chart({"type": "scatter", "subtype": "straight_with_markers"})
    epochs = max(len(curve.values) for curve in curves)
    many = sum(len(curve.values) for curve in curves) > MOST_MARKED
    for curve in curves:
        mark = {"type": "circle", "size": 4, "fill": {"color": curve.colour}, "border": {"color": curve.colour}}
        chart.add_series(
            {
                "name": curve.name,
                "categories": f"={curve.epochs}",
                "categories_data": list(range(1, len(curve.values) + 1)),
                "values": f"={curve.reference}",
                "values_data": list(curve.values),
                "line": {"color": curve.colour, "width": 1.75, "dash_type": "dash" if curve.dashed else "solid"},
                "marker": {"type": "none"} if many and len(curve.values) > 1 else mark,
            }
        )
    fonts = {"name_font": theme.CHART_FONT | {"bold": False}, "num_font": theme.CHART_FONT}
    chart.set_title({"name": title, "name_font": theme.CHART_TITLE_FONT, "overlay": False})
    across = {"min": 0, "max": epochs, "major_unit": max(_step(epochs, STEPS_ACROSS), 1), "num_format": "0"}
    chart.set_x_axis(fonts | across | {"name": "epoch", "line": {"color": theme.RULE}, "label_position": "low"})
    chart.set_y_axis(fonts | axis | {"major_gridlines": theme.CHART_GRID, "line": {"none": True}, "crossing": "min"})
    # In a chart this flat the programs' own layouts leave the curves little room.
    chart.set_plotarea({"layout": {"x": 64 / width, "y": 0.25, "width": 1 - 89 / width, "height": 0.55}})
    chart.set_legend({"position": "top", "font": theme.CHART_FONT | {"color": theme.INK}})
    chart.set_chartarea(theme.CHART_AREA)
    chart.set_size({"width": width, "height": HEIGHT})
    sheet.insert_chart(*place, chart, {"object_position": 3, "description": title})


def _settled(curves: Sequence[Curve], worst: Any) -> float:
    """The worst value of all, but for that of the first epoch where others follow: it would squeeze them."""
    return float(worst(value for curve in curves for value in curve.values[len(curve.values) > 2 :]))


def _step(span: float, most: int = STEPS_UP) -> float:
    """A round number that goes into ``span`` about ``most`` times at most."""
    smallest = span / most
    power = 10.0 ** math.floor(math.log10(smallest))
    return next(round(factor * power, 12) for factor in (1, 2, 5, 10) if factor * power >= smallest * 0.999)


def _down(value: float, step: float) -> float:
    """The multiple of ``step`` at or below ``value``."""
    return round(math.floor(value / step + 1e-9) * step, 12)
