"""Gradient descent on the network, in NumPy: every quantity at every iteration, for every learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetprop.assignment import Assignment
from sheetprop.network import ITERATION, RATE, Network, Role

if TYPE_CHECKING:
    import pandas as pd

MOST_AT_ONCE, MOST_NUMBERS = 64, 3_000_000
"""Assignments that are computed at once, and numbers of all of them together."""


def trajectory(assignment: Assignment) -> pd.DataFrame:
    """Every quantity at every iteration as a DataFrame: columns lr, iteration, then the network's keys.

    One row per learning rate and iteration, the rates in the order of the assignment. A number that overflows
    is NaN where Excel says #NUM!.
    """
    import pandas as pd

    computed = compute(assignment)
    rates = np.repeat(assignment.learning_rates, assignment.iterations)
    iterations = np.tile(np.arange(assignment.iterations), len(assignment.learning_rates))
    return pd.DataFrame({RATE: rates, ITERATION: iterations} | {key: v.ravel() for key, v in computed.items()})


def compute(assignment: Assignment, blank: Collection[str] = ()) -> dict[str, np.ndarray]:
    """Every quantity by key, as an array of shape (learning rates, iterations); NaN where Excel says #NUM!.

    Each is computed by the equation that stands in its cell, in which the layout may have inserted others: the same
    rounding, step by step, is what keeps a trajectory comparable where a large learning rate makes it chaotic.
    The cells of the quantities ``blank``, of weights those below the first row, are left blank, and count as 0.
    """
    return compute_all([assignment], blank)[0]


def compute_all(assignments: Sequence[Assignment], blank: Collection[str] = ()) -> list[dict[str, np.ndarray]]:
    """The same for each of several assignments that differ in what is given only, all at once.

    :func:`at_once` says how many are reasonable.
    """
    network, count = assignments[0].network, assignments[0].iterations
    of_each = len(assignments[0].learning_rates)
    rates = np.tile(np.array(assignments[0].learning_rates), len(assignments))
    columns = {key: n for n, key in enumerate(network.keys())}
    table = np.empty((count, len(columns), len(rates)))
    equations, updates = _functions(network, frozenset(assignments[0].columns), frozenset(blank))
    zeros = np.zeros(len(rates))
    givens = [dict.fromkeys(blank, 0.0) | assignment.given for assignment in assignments]
    values = {key: np.repeat([given[key] for given in givens], of_each) for key in givens[0]} | {RATE: rates}
    for key in givens[0]:
        table[:, columns[key]] = values[key]
    with np.errstate(over="ignore", invalid="ignore"):
        for row in table:
            for key, function in equations:
                row[columns[key]] = values[key] = function(values)
            for key, _ in updates:
                row[columns[key]] = values[key]
            values |= {key: function(values) if function else zeros for key, function in updates}
    table[~np.isfinite(table)] = np.nan
    own = (slice(first, first + of_each) for first in range(0, len(rates), of_each))
    return [{key: np.ascontiguousarray(table[:, column, part].T) for key, column in columns.items()} for part in own]


def at_once(assignment: Assignment) -> int:
    """How many assignments like this one to compute at once: more are faster, and need more memory."""
    numbers = assignment.iterations * len(assignment.learning_rates) * len(assignment.network.quantities)
    return max(1, min(MOST_AT_ONCE, MOST_NUMBERS // numbers))


Function = Callable[[Mapping[str, Any]], Any]


@lru_cache(maxsize=64)
def _functions(
    network: Network, cells: frozenset[str], blank: frozenset[str]
) -> tuple[list[tuple[str, Function]], list[tuple[str, Function | None]]]:
    """By key, in order: the equations of what has one, and the updates of weights, None where they are blank."""
    equations = [
        (key, equation.function())
        for key in network.keys()
        if key not in blank
        and (equation := network.equation(key, cells if key in cells else network.keys())) is not None
    ]
    updates = [(q.key, None if q.key in blank else q.next.function()) for q in network.quantities if q.next]
    return equations, updates


def forward(network: Network, given: Mapping[str, float]) -> dict[str, float]:
    """One forward pass: sums, activations and errors by key from targets, inputs and weights by key.

    A number that overflows is NaN where Excel says #NUM!.
    """
    values = {key: np.float64(value) for key, value in given.items()}
    with np.errstate(over="ignore", invalid="ignore"):
        for key, function in _forward_functions(network):
            values[key] = function(values)
    return {key: float(value) if np.isfinite(value) else math.nan for key, value in values.items()}


@lru_cache(maxsize=16)
def _forward_functions(network: Network) -> list[tuple[str, Function]]:
    keys = network.keys(Role.FORWARD, Role.ERROR)
    return [(key, equation.function()) for key in keys if (equation := network[key].equation) is not None]
