"""Evaluating what was read, on the points of the samples: the values by which formulas are compared as functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from sheetprop.expression import Call, Expression, Negation, Number, Operation, Symbol
from sheetprop.network import RATE
from sheetprop.submission.compare.samples import POINTS, Samples
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.understand.reading import EMPTY, Helper

NOTHING = np.full(POINTS, np.nan)
FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "exp": np.exp,
    "abs": np.abs,
    "ln": np.log,
    "tanh": np.tanh,
    "sign": np.sign,
    "sqrt": np.sqrt,
    "round": lambda x: x,  # as a function of real numbers; that it rounds is told apart
}
OPERATORS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power}


class Evaluator:
    """Values of expressions on the points.

    ``bindings`` says what constants elsewhere stand for: a quantity's name, or just their number. Values are kept by
    the identity of (sub)expressions, so that an edited formula costs only the way from the edit to its root.
    """

    def __init__(self, samples: Samples, helpers: Mapping[str, Helper], bindings: Mapping[str, str | float]) -> None:
        self.samples, self.helpers, self.bindings = samples, helpers, bindings
        self.replaced: dict[str, Expression] = {}
        self._values: dict[tuple[int, int], tuple[Expression, np.ndarray]] = {}
        self._values_before: Mapping[tuple[int, int], tuple[Expression, np.ndarray]] = {}
        self._names: dict[str, np.ndarray] = {}

    def trial(self, replaced: Mapping[str, Expression] | None = None) -> Evaluator:
        """Another one for trying edits, which forgets them when it goes; ``replaced`` helpers have other formulas."""
        trial = Evaluator(self.samples, self.helpers, self.bindings)
        trial.replaced = dict(replaced or {})
        if not replaced:
            trial._values_before = self._values
            trial._names = dict(self._names)
        return trial

    def __call__(self, expression: Expression) -> np.ndarray:
        """The values of an expression, shape (POINTS,); NaN where it has none."""
        with np.errstate(all="ignore"):
            return self._of(expression, 0)

    def _of(self, expression: Expression, shift: int) -> np.ndarray:
        key = (id(expression), shift)
        known = self._values.get(key) or self._values_before.get(key)
        if known is not None:
            return known[1]
        match expression:
            case Symbol():
                value = self.name(shifted(expression.key, shift))
            case Number():
                value = np.full(POINTS, expression.value)
            case Operation():
                value = OPERATORS[expression.operator](
                    self._of(expression.left, shift), self._of(expression.right, shift)
                )
            case Negation():
                value = -self._of(expression.operand, shift)
            case Call():
                value = FUNCTIONS[expression.name](self._of(expression.argument, shift))
            case _:
                raise TypeError(expression)
        self._values[key] = (expression, value)
        return value

    def name(self, name: str) -> np.ndarray:
        """The values of a name as :mod:`sheetprop.submission.understand.reading` gives them."""
        known = self._names.get(name)
        if known is None:
            known = self._names[name] = self._find(name)
        return known

    def _find(self, name: str) -> np.ndarray:
        if name.startswith("~"):
            helper, _, offset = name.partition("@")
            expression = self.replaced.get(helper) or self.helpers[helper].expression
            return self._of(expression, int(offset or 0))
        if name in self.bindings:
            bound = self.bindings[name]
            return np.full(POINTS, bound) if isinstance(bound, float) else self.samples[bound]
        if name.startswith(EMPTY):
            return np.zeros(POINTS)
        if ":" in name:
            return NOTHING
        return self.samples[name]


def evaluated(expression: Expression, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """The value of an expression on arrays by name, without compiling it first."""
    match expression:
        case Symbol():
            return values[expression.key]
        case Operation():
            left, right = evaluated(expression.left, values), evaluated(expression.right, values)
            result: np.ndarray = OPERATORS[expression.operator](left, right)
            return result
        case Negation():
            return -evaluated(expression.operand, values)
        case Call():
            return FUNCTIONS[expression.name](evaluated(expression.argument, values))
        case Number():
            return np.asarray(expression.value)
    raise TypeError(expression)


def shifted(name: str, by: int) -> str:
    """The name of what ``name`` means as seen from ``by`` iterations earlier."""
    if not by or "#" in name or ":" in name or name in GIVEN or name == RATE:
        return name
    key, _, offset = name.partition("@")
    total = int(offset or 0) + by
    return f"{key}@{total:+d}" if total else key
