"""Gradient descent on the network, in NumPy: every quantity at every iteration, for every learning rate."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from sheetprop.assignment import Assignment
from sheetprop.network import ITERATION, RATE, Network, Role

if TYPE_CHECKING:
    import pandas as pd


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
    network, count = assignment.network, assignment.iterations
    rates = np.array(assignment.learning_rates)
    in_cells = assignment.columns
    columns = {key: n for n, key in enumerate(network.keys())}
    table = np.empty((count, len(columns), len(rates)))
    equations = [
        (columns[key], key, equation.function())
        for key in network.keys()
        if key not in blank
        and (equation := network.equation(key, in_cells if key in in_cells else network.keys())) is not None
    ]
    zeros = np.zeros(len(rates))
    updates = [
        (columns[q.key], q.key, (lambda values: zeros) if q.key in blank else q.next.function())
        for q in network.quantities
        if q.next
    ]
    constants = dict.fromkeys(blank, 0.0) | assignment.given
    values = {key: np.full(len(rates), value) for key, value in constants.items()} | {RATE: rates}
    for key, value in constants.items():
        table[:, columns[key]] = value
    with np.errstate(over="ignore", invalid="ignore"):
        for row in table:
            for column, key, function in equations:
                row[column] = values[key] = function(values)
            for column, key, _ in updates:
                row[column] = values[key]
            values |= {key: function(values) for _, key, function in updates}
    table[~np.isfinite(table)] = np.nan
    return {key: np.ascontiguousarray(table[:, column].T) for key, column in columns.items()}


def forward(network: Network, given: Mapping[str, float]) -> dict[str, float]:
    """One forward pass: sums, activations and errors by key from targets, inputs and weights by key.

    A number that overflows is NaN where Excel says #NUM!.
    """
    values = {key: np.float64(value) for key, value in given.items()}
    for key in network.keys(Role.FORWARD, Role.ERROR):
        equation = network[key].equation
        assert equation is not None
        values[key] = equation.evaluate(values)
    return {key: float(value) if np.isfinite(value) else math.nan for key, value in values.items()}
