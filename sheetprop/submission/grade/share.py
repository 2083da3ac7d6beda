"""How much of a criterion is reached, and how several tables are counted in a reason."""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import dataclass


@dataclass(frozen=True)
class Share:
    """How much of a criterion is reached, from 0 to 1, and why; exactly 1 where nothing is lacking."""

    part: float
    reason: str


def of_tables(count: int, tables: Sized) -> str:
    """In how many of a workbook's tables something is; nothing where there is only one."""
    return "" if len(tables) == 1 else f" (in {count} of {len(tables)} tables)"


def also_in(tables: Sized) -> str:
    """In how many tables a finding is that names the place of one; nothing where it is the only one."""
    return "" if len(tables) == 1 else f" (in {len(tables)} tables)"
