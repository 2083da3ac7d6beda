"""What stands in the cells of a table, and in the cells outside of it that its formulas use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sheetprop.expression import Expression
from sheetprop.submission.find.tables import Cell
from sheetprop.submission.open.cells import Value
from sheetprop.submission.understand.formula import Shape

Kind = Literal["formula", "constant", "text", "error", "empty", "opaque", "unread"]


@dataclass(frozen=True)
class Content:
    """What stands in a cell: a formula with its meaning, a number, or something else with its value."""

    kind: Kind
    expression: Expression | None = None
    shape: Shape | None = None
    value: Value | None = None
    reason: str = ""


@dataclass(frozen=True)
class Run:
    """Consecutive iterations of a column with the same content, from ``first`` to ``last`` (from zero)."""

    first: int
    last: int
    content: Content

    @property
    def steps(self) -> range:
        """The iterations."""
        return range(self.first, self.last + 1)


@dataclass
class Helper:
    """A helper formula: its expression, and the cells that have it."""

    expression: Expression
    shape: Shape
    cells: list[Cell] = field(default_factory=list)
    depth: int = 0
