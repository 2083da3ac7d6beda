"""How much of a submission's wrong formulas is searched for what is wrong with them.

It is counted in steps of work, each some microseconds, and not in seconds: what is found depends neither on the machine
nor on what else it does, nor on what was judged before.
"""

from __future__ import annotations

from collections.abc import Hashable

MOST_WORK = 2_000_000
"""Steps for one submission: three times what the longest of real ones is known to take."""
MOST_WORK_ON_ONE = 400_000
"""Steps for one formula, which end its search."""


class Budget:
    """The work that is left for a submission, of which each of its tables has a fair share."""

    def __init__(self, most: int = MOST_WORK) -> None:
        self._left, self._kept = most, 0
        self._paid: set[Hashable] = set()

    @property
    def spent(self) -> bool:
        """Whether the share of the table is used up."""
        return self._left <= self._kept

    def begin_table(self, tables: int) -> None:
        """Share what is left among so many tables, of which one begins; what it leaves is the others'."""
        self._kept = self._left - self._left // tables

    def has_paid(self, case: Hashable) -> bool:
        """Whether a search was paid for before: what stands in many tables is searched once."""
        return case in self._paid

    def pay(self, work: int, case: Hashable | None = None) -> None:
        """Take off the steps of a search that was made, be it now or in another submission."""
        if case is not None:
            self._paid.add(case)
        self._left -= work


__all__ = ["MOST_WORK", "MOST_WORK_ON_ONE", "Budget"]
