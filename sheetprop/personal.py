"""Each student's own numbers: drawn from a seed and the student's id alone, and only such as teach something."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import numpy as np

from sheetprop.assignment import GIVEN_BY, Assignment
from sheetprop.descent import at_once, compute_all, forward
from sheetprop.errors import InputError
from sheetprop.network import Role

MOST_DRAWS = 500
"""For one student; with the ranges of the course one draw in three will do."""
LEAST_SLOPE = 0.05
"""Of each sigmoid at iteration 0; its greatest is 0.25, and with little of it the network learns too slowly to see."""
LEAST_MISS = 0.05
"""Between each output and its target at iteration 0, so that there is an error to fall."""
LEAST_SIZE = 0.05
"""Of a weight: a smaller one hides what is multiplied with it."""
APART = 0.01
"""Between numbers that students take for each other (i1 and i2, a_h1 and a_h2), so that the result tells."""


def draw_all(assignment: Assignment, ids: Iterable[str], seed: int) -> dict[str, Assignment]:
    """The assignment of every student, by id, with numbers that no two share.

    A student's numbers depend on the seed and the id only; where two would share theirs, the one whose id comes first
    keeps them. Raises InputError where the template has no ranges to draw from, or too narrow ones.
    """
    if not assignment.personal:
        raise InputError("personal: the template has no range to draw from; give one for weights, inputs or targets")
    waiting = [_Draws(assignment, student, seed) for student in sorted(ids)]
    drawn: dict[str, Assignment] = {}
    taken: set[tuple[float, ...]] = set()
    # Where a template's ranges give no numbers at all, that should not be found out for many.
    together = 1
    while waiting:
        batch, waiting = waiting[:together], waiting[together:]
        _find(batch)
        for draws in batch:
            while draws.found and tuple(draws.found.given.values()) in taken:
                draws.reject("another student has the same numbers")
                _find([draws])
            drawn[draws.student] = own = draws.result()
            taken.add(tuple(own.given.values()))
        together = min(2 * together, at_once(assignment))
    return drawn


class _Draws:
    """What is drawn for one student: ``found`` are numbers that nothing is known against, None until there are some."""

    def __init__(self, assignment: Assignment, student: str, seed: int) -> None:
        self.student = student
        self.found: Assignment | None = None
        self._reasons: Counter[str] = Counter()
        self._all = _drawn(assignment, student, seed)

    def find(self) -> None:
        """Draw until it is only the course of the training that can speak against the numbers."""
        for drawn in self._all:
            self.found = drawn
            if not (reason := _unsuited_at_first(drawn)):
                return
            self.reject(reason)

    def reject(self, reason: str) -> None:
        """Not these numbers."""
        self._reasons[reason] += 1
        self.found = None

    def result(self) -> Assignment:
        """The assignment with the student's numbers; raises InputError where there are none."""
        if self.found:
            return self.found
        reason, times = self._reasons.most_common(1)[0]
        raise InputError(
            f"personal: {MOST_DRAWS} draws gave no numbers for the student {self.student!r} ({times} times: {reason}); "
            "widen the ranges, or take smaller steps"
        )


def _find(batch: Sequence[_Draws]) -> None:
    """Find suited numbers for all, as far as there are any."""
    looking = list(batch)
    while looking:
        for draws in looking:
            draws.find()
        candidates = [(draws, draws.found) for draws in looking if draws.found]
        looking = []
        for (draws, _), reason in zip(candidates, _courses([own for _, own in candidates]), strict=True):
            if reason:
                draws.reject(reason)
                looking.append(draws)


def _drawn(assignment: Assignment, student: str, seed: int) -> Iterator[Assignment]:
    for attempt in range(MOST_DRAWS):
        given = dict(assignment.given)
        for name, values in assignment.personal.items():
            for key in assignment.network.keys(GIVEN_BY[name]):
                # A digest is the same on every machine and in every version, which random generators do not promise.
                digest = hashlib.sha256("\n".join((str(seed), str(attempt), key, student)).encode()).digest()
                given[key] = values[int.from_bytes(digest) % values.count]
        yield assignment.with_given(given)


def unsuited(assignment: Assignment) -> str | None:
    """Why numbers would teach little, or None: what students should see must be there to be seen.

    Only numbers that are drawn are asked to be apart. No sigmoid is saturated, outputs miss their targets, and the
    error falls at every iteration for the lower half of the learning rates, and overflows for none.
    """
    return _unsuited_at_first(assignment) or _courses([assignment])[0]


def _unsuited_at_first(assignment: Assignment) -> str | None:
    """Why already iteration 0 would teach little, or None."""
    network = assignment.network
    for name, role in GIVEN_BY.items():
        if name in assignment.personal:
            numbers = sorted(assignment.given[key] for key in network.keys(role))
            if any(second - first < APART / 2 for first, second in pairwise(numbers)):
                return f"two {name} are the same"
    if "weights" in assignment.personal and min(map(abs, assignment.weights)) < LEAST_SIZE:
        return "a weight is nearly 0"
    values = forward(network, assignment.given)
    outputs = [values[key] for key in network.outputs(len(network.layers))]
    hidden = [values[key] for depth in range(1, len(network.layers)) for key in network.outputs(depth)]
    if any(not a * (1 - a) >= LEAST_SLOPE for a in (*hidden, *outputs)):
        return "a sigmoid is saturated"
    targets = (assignment.given[key] for key in network.keys(Role.TARGET))
    if any(abs(output - target) < LEAST_MISS for output, target in zip(outputs, targets, strict=True)):
        return "an output is at its target already"
    if np.ptp(hidden) < APART:
        return "the activations are the same"
    return None


def _courses(assignments: Sequence[Assignment]) -> list[str | None]:
    """Why the iterations that follow would teach little, or None, for each of the assignments."""
    if not assignments:
        return []
    rates = np.asarray(assignments[0].learning_rates)
    lower = rates <= np.median(rates)
    return [_course(computed["E_total"], lower) for computed in compute_all(assignments)]


def _course(errors: np.ndarray, lower: np.ndarray) -> str | None:
    if np.isnan(errors).any():
        return "numbers overflow at one of the learning rates"
    if (np.diff(errors[lower], axis=1) >= 0).any():
        return "the error does not fall at one of the lower learning rates"
    return None
