"""Recognising updates by another rule than the network's: told once, as what they are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sheetprop.network import partial
from sheetprop.submission.compare.case import Case, Wrong
from sheetprop.submission.diagnose.wording import value_text
from sheetprop.submission.find.tables import WEIGHTS
from sheetprop.submission.findings import Code

LEAST_WEIGHTS = 4
"""Weights that are updated by another rule before it is one; fewer are slips."""
LEAST_ROWS = 4
FIT = 1e-6
"""Largest residual, of the largest change, up to which changes follow a rule."""
SMALLEST_MOMENTUM, LARGEST_MOMENTUM = 0.01, 1.2
REMEMBERED = 3
"""Rows back through which an update's helper cells lead before they are a memory of earlier updates."""


def judge_rule(case: Case, wrong: list[Wrong]) -> list[Wrong]:
    """Tell updates by another rule once; returns the wrong formulas that it does not explain."""
    suspects = [weight for weight in WEIGHTS if weight in {item.key for item in wrong} | _unread(case)]
    if len(suspects) < LEAST_WEIGHTS or case.table.count < LEAST_ROWS:
        return wrong
    momentum = _momentum(case, suspects)
    if momentum is None and not _remembers(case, suspects):
        return wrong
    rule = (
        f"momentum {value_text(momentum)}: each update adds {value_text(momentum)} times the last change of the weight"
        if momentum is not None
        else "another rule: they use cells that carry on from row to row, as momentum or Adam do"
    )
    case.settled |= set(suspects)
    steps = list(range(1, case.table.count))
    for weight in suspects:
        case.tell_wrong(
            Code.OTHER_RULE,
            f"The weights are updated with {rule}. Asked is plain gradient descent, w(k+1) = w(k) − η·∂E/∂w(k).",
            weight,
            steps,
            case.writer.found(weight, steps[-1]),
            case.writer.expected(weight, steps[-1]),
        )
    return [item for item in wrong if item.key not in suspects]


def _unread(case: Case) -> set[str]:
    """Weights with formulas that cannot be followed as equations."""
    return {
        key
        for key in WEIGHTS
        for run in case.runs.get(key, [])
        if run.last > 0
        and run.content.shape is not None
        and (run.content.expression is None or case.unreadable(run.content.expression))
    }


def _momentum(case: Case, weights: list[str]) -> float | None:
    """The part of a weight's last change that its update adds, where that and the gradient make all updates.

    Each change d(k) = w(k+1) − w(k) is fitted as µ·d(k−1) − η·∂E/∂w(k), which is the heavy ball method of B. T. Polyak,
    "Some methods of speeding up the convergence of iteration methods", 1964, with the rate inside or outside.
    """
    lasts, gradients, changes = [], [], []
    for weight in weights:
        values, gradient = case.numbers.values(weight), _gradient(case, weight)
        change = np.diff(values)
        lasts.append(change[:-1])
        gradients.append(gradient[1:-1])
        changes.append(change[1:])
    system = np.column_stack([np.concatenate(lasts), -np.concatenate(gradients)])
    wanted = np.concatenate(changes)
    known = np.isfinite(system).all(axis=1) & np.isfinite(wanted)
    if known.sum() < 2 * LEAST_WEIGHTS or not np.any(wanted[known]):
        return None
    (momentum, rate), *_ = np.linalg.lstsq(system[known], wanted[known], rcond=None)
    off = np.abs(system[known] @ (momentum, rate) - wanted[known]).max()
    fits = off <= FIT * np.abs(wanted[known]).max()
    if not fits or not SMALLEST_MOMENTUM <= momentum <= LARGEST_MOMENTUM or rate <= 0:
        return None
    return float(f"{momentum:.6g}")


def _gradient(case: Case, weight: str) -> np.ndarray:
    key = partial("E", weight)
    if key in case.reading.keys:
        return case.numbers.values(key)
    equation = case.writer.equation(key)
    return np.full(case.table.count, np.nan) if equation is None else case.numbers.followed(key, equation).expected


def _remembers(case: Case, weights: list[str]) -> bool:
    """Whether the updates use helper cells whose chain grows with every row."""
    for weight in weights:
        deepest: dict[int, int] = {}
        for run in case.runs[weight]:
            depths = [case.reading.helpers[name].depth for name in case.helpers_of(run.content.expression)]
            deepest[run.last] = max(depths, default=0)
        steps = [step for step in sorted(deepest) if step > 0]
        growing = [b for a, b in pairwise(steps) if deepest[b] > deepest[a]]
        if len(growing) < REMEMBERED:
            return False
    return True


__all__ = ["judge_rule"]
