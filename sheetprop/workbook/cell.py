"""Cells as the file has them: each function gives what follows a cell's address and format."""

from __future__ import annotations

import math
from functools import lru_cache
from html import escape

Value = float | int | str | bool
NUM_ERROR = "#NUM!"
ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", NUM_ERROR, "#REF!", "#VALUE!")


def text_cell(index: int) -> str:
    """A cell with a text, by its place in the file's list of texts."""
    return f' t="s"><v>{index}</v></c>'


def number_cell(number: float) -> str:
    """A cell with a constant."""
    # Sixteen digits, as XlsxWriter writes, are too few once a trajectory is chaotic.
    return f"><v>{number!r}</v></c>"


def formula_cell(formula: str, value: Value) -> str:
    """A cell with a formula, with or without its =, and its value."""
    live = _live(formula)
    if isinstance(value, bool):
        return f' t="b">{live}<v>{value:d}</v></c>'
    if isinstance(value, str):
        kind = "" if not value else ' t="e"' if value in ERRORS else ' t="str"'
        return f"{kind}>{live}<v>{escape(value, quote=False)}</v></c>"
    return f">{live}<v>{value}</v></c>"


def as_value(value: Value) -> Value:
    """A value as a spreadsheet has it, where NaN is #NUM!."""
    return NUM_ERROR if isinstance(value, float) and math.isnan(value) else value


@lru_cache(maxsize=8192)
def _live(formula: str) -> str:
    return f"<f>{escape(formula.removeprefix('='), quote=False)}</f>"
