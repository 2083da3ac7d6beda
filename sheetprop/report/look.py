"""The reports' colours for statuses and severities, out of the workbook's own."""

from __future__ import annotations

from sheetprop.network import Role
from sheetprop.submission.findings import Severity, Status
from sheetprop.workbook import theme

Colours = dict[str, str]
"""A fill and a colour to write with, by XlsxWriter's names for them."""
CALM: Colours = dict(zip(("bg_color", "font_color"), theme.ROLE_COLOURS[Role.WEIGHT], strict=True))
GREY: Colours = {"bg_color": theme.ROLE_COLOURS[Role.STEP][0], "font_color": theme.INK}

STATUS_COLOURS: dict[Status, Colours] = {
    Status.RIGHT: theme.GOOD,
    Status.WRONG: theme.BAD,
    Status.INCOMPLETE: theme.NEUTRAL,
    Status.UNREADABLE: GREY,
}
SEVERITY_COLOURS: dict[Severity, Colours] = {
    Severity.ERROR: theme.BAD,
    Severity.WARNING: theme.NEUTRAL,
    Severity.NOTE: CALM,
}
