"""The workbook's one look: colours by role, cell formats, number formats."""

from __future__ import annotations

from functools import cache
from typing import Any

from sheetprop.network import Role

INK, MUTED, RULE = "#1F2937", "#6B7280", "#D1D5DB"
ACCENT = "#1E3A5F"
GOOD = {"bg_color": "#DCFCE7", "font_color": "#166534"}
BAD = {"bg_color": "#FEE2E2", "font_color": "#991B1B"}
CALM = {"bg_color": "#F3F4F6", "font_color": "#6B7280"}
NEUTRAL = {"bg_color": "#FEF9C3", "font_color": "#854D0E"}

ROLE_COLOURS: dict[Role, tuple[str, str]] = {
    Role.TARGET: ("#F7E7C6", "#8A6414"),
    Role.INPUT: ("#F7E7C6", "#8A6414"),
    Role.WEIGHT: ("#D6E6F5", "#1F5C99"),
    Role.FORWARD: ("#DDEFD9", "#2F7A34"),
    Role.ERROR: ("#FADCD2", "#B0401C"),
    Role.STEP: ("#E7E8EA", "#5B6470"),
    Role.GRADIENT: ("#E6DDF3", "#6337A0"),
}
"""Per role: a light colour to fill with and a dark one to write with."""

ROLE_NUMBERS: dict[Role, str] = {
    Role.TARGET: "0.00####",
    Role.INPUT: "0.00####",
    Role.WEIGHT: "0.000000",
    Role.FORWARD: "0.000000",
    Role.ERROR: "[<0.00001]0.0000E+00;0.0000000000",
    Role.STEP: "0.0000E+00",
    Role.GRADIENT: "0.0000E+00",
}
"""Per role: how its numbers are shown, so that a column lines up and small gradients keep their digits."""

ROLE_WIDTHS: dict[Role, float] = {
    Role.TARGET: 9.5,
    Role.INPUT: 9.5,
    Role.WEIGHT: 10.5,
    Role.FORWARD: 10.5,
    Role.ERROR: 13.5,
    Role.STEP: 11.5,
    Role.GRADIENT: 11.5,
}
"""Per role: how wide its columns are, in characters."""

BASE = {"font_name": "Calibri", "font_size": 11, "font_color": INK, "valign": "vcenter"}
CHANGEABLE = BASE | {"bg_color": "#FFF2CC", "font_color": "#7F4F00", "border": 1, "border_color": "#E0B94A",
                     "align": "center", "bold": True}  # fmt: skip
GIVEN = BASE | {"bg_color": "#F3F4F6", "border": 1, "border_color": RULE, "align": "center", "bold": True}
FILL = {"bg_color": "#E3F4F4", "border": 1, "border_color": "#C5E3E2", "locked": False}
"""What a hand-out leaves to students."""
TITLE = BASE | {"font_size": 20, "bold": True, "font_color": ACCENT}
SUBTITLE = BASE | {"font_color": MUTED}
SECTION = BASE | {"font_size": 13, "bold": True, "font_color": ACCENT, "bottom": 2, "bottom_color": ACCENT}
LABEL = BASE | {"bold": True}
NOTE = BASE | {"font_color": MUTED, "italic": True, "font_size": 10}
LINK = BASE | {"font_color": "#1D4ED8", "underline": 1}
HEADING = BASE | {"bold": True, "font_color": "#FFFFFF", "bg_color": ACCENT, "align": "center", "text_wrap": True}
CELL = BASE | {"bottom": 1, "bottom_color": RULE}
FORMULA = CELL | {"font_name": "Consolas", "font_size": 10, "font_color": "#374151"}
COUNT = BASE | {"num_format": "#,##0", "align": "center", "bold": True}
FIGURE = BASE | {"bg_color": "#EEF3F9", "align": "left", "indent": 1, "left": 5, "left_color": "#FFFFFF"}
FIGURE_LABEL = FIGURE | {"font_size": 10}
FIGURE_NUMBER = FIGURE | {"font_size": 20, "bold": True, "font_color": ACCENT}
FIGURE_BELOW = FIGURE | {"font_size": 10, "font_color": MUTED}
GIVEN_NUMBER = "General"
"""What a reader may change can be of any size: General shows what fits the cell."""

CHART_FONT = {"name": "Calibri", "size": 10, "color": MUTED}
CHART_TITLE_FONT = {"name": "Calibri", "size": 13, "bold": True, "color": ACCENT}
CHART_GRID = {"visible": True, "line": {"color": "#E5E7EB", "width": 0.75}}
CHART_AREA = {"border": {"color": RULE}}

SERIES_COLOURS = ("#1F5C99", "#2F7A34", "#B0401C", "#6337A0", "#B8860B", "#0F766E", "#BE185D", "#4B5563")
SERIES_DASHES = ("solid", "dash", "round_dot", "long_dash_dot", "long_dash", "dash_dot", "long_dash_dot_dot")
"""One fewer than colours, so that a line shares both only with one that is far from it; told apart in grey too."""


@cache
def role_heading(role: Role) -> dict[str, Any]:
    """The format of a column's label."""
    light, dark = ROLE_COLOURS[role]
    return BASE | {"bold": True, "bg_color": light, "font_color": dark, "align": "center", "bottom": 2,
                   "bottom_color": dark}  # fmt: skip


@cache
def role_band(role: Role) -> dict[str, Any]:
    """The format of the band over the columns of one role."""
    _, dark = ROLE_COLOURS[role]
    return BASE | {"bold": True, "bg_color": dark, "font_color": "#FFFFFF", "align": "left", "font_size": 10}


@cache
def role_band_start(role: Role) -> dict[str, Any]:
    """The format of a band's first cell, set off from the band before."""
    return role_band(role) | {"left": 5, "left_color": "#FFFFFF"}


@cache
def role_cell(role: Role) -> dict[str, Any]:
    """The format of a value in a table."""
    return BASE | {"num_format": ROLE_NUMBERS[role]}


@cache
def role_fill(role: Role) -> dict[str, Any]:
    """The format of a cell of a table that a student fills."""
    return role_cell(role) | FILL


@cache
def role_box(role: Role, **more: Any) -> dict[str, Any]:
    """The format of a coloured box, in the drawing and the legend."""
    light, dark = ROLE_COLOURS[role]
    return BASE | {"bg_color": light, "font_color": dark, "align": "center", "num_format": ROLE_NUMBERS[role]} | more
