"""Headings that are only an equation's right-hand side, as w1*i1 + w2*i2: known by the numbers that they give."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from sheetprop.network import NETWORK, Role

MOST_TOKENS, DEEPEST = 80, 12
SAME = 1e-9
"""Relative difference up to which two equations give the same number."""
LONGEST = 1_000
"""Characters of a heading that is read as an equation."""
_SIGNS = str.maketrans(dict.fromkeys("−–", "-") | dict.fromkeys("×·∙•⋅∗", "*") | {"⁄": "/", "[": "(", "]": ")"})
_TOKEN = re.compile(r"[^\W\d_]+(?:[ _]?[^\W\d_]+)?[ _]?[1-9](?![0-9])|[^\W\d_]+|\d+(?:\.\d+)?|\*\*|\S")
_SIGMOIDS = ("sigma", "sigmoid", "sig", "s")
_GIVEN = (
    {"t": 0.31, "i": 0.57, "w": 0.83},
    {"t": 0.73, "i": 0.29, "w": -0.61},
)
"""Two points, of unequal numbers, on which equations are compared."""


def key_of_formula(text: str, key_of: Callable[[str], str | None]) -> str | None:
    """The one quantity that a normal text computes; ``key_of`` reads the names in it. None where it is no equation."""
    if len(text) > LONGEST:
        return None
    tokens = _TOKEN.findall(text.translate(_SIGNS))
    if not 3 <= len(tokens) <= MOST_TOKENS or text.count("(") + text.count("[") > DEEPEST:
        return None
    try:
        found = [_Formula(tokens, values, key_of).value() for values in points()]
    except (ArithmeticError, ValueError, TypeError):
        return None
    same = [
        key
        for key in NETWORK.keys(Role.FORWARD, Role.ERROR, Role.STEP, Role.GRADIENT)
        if all(math.isclose(value, values[key], rel_tol=SAME) for value, values in zip(found, points(), strict=True))
    ]
    return same[0] if len(same) == 1 else None


@lru_cache(maxsize=1)
def points() -> tuple[Mapping[str, float], ...]:
    """Every quantity's value on each of the points."""
    made = []
    for given in _GIVEN:
        values: dict[str, float] = {}
        for quantity in NETWORK.quantities:
            if quantity.equation is None:
                number = int(quantity.key[1:])
                values[quantity.key] = given[quantity.key[0]] + 0.137 * number * (1 + 0.11 * number)
            else:
                values[quantity.key] = float(quantity.equation.evaluate(values))
        made.append(values)
    return tuple(made)


class _Formula:
    """A formula's value on one point, token by token; raises ValueError where it is none."""

    def __init__(self, tokens: list[str], values: Mapping[str, float], key_of: Callable[[str], str | None]) -> None:
        self._tokens, self._values, self._key_of = tokens, values, key_of
        self._n = 0

    def value(self) -> float:
        result = self._sum()
        if self._next:
            raise ValueError(self._next)
        return result

    @property
    def _next(self) -> str:
        return self._tokens[self._n] if self._n < len(self._tokens) else ""

    def _taken(self, *signs: str) -> str:
        token = self._next
        if token and token in signs:
            self._n += 1
            return token
        return ""

    def _sum(self) -> float:
        sign = self._taken("-", "+")
        result = self._product() * (-1.0 if sign == "-" else 1.0)
        while sign := self._taken("+", "-"):
            term = self._product()
            result = result + term if sign == "+" else result - term
        return result

    def _product(self) -> float:
        result = self._power()
        while True:
            if self._taken("*"):
                result *= self._power()
            elif self._taken("/"):
                result /= self._power()
            elif self._next == "(" or self._next[:1].isalpha():  # a product without its sign: ½(t1 − a_o1)²
                result *= self._power()
            else:
                return result

    def _power(self) -> float:
        result = self._atom()
        bracket = self._tokens[self._n - 1] == ")"
        if self._taken("^", "**"):
            sign = -1.0 if self._taken("-") else 1.0
            result = float(result ** (sign * self._atom()))
        elif bracket and self._next == "2":  # a superscript
            self._n += 1
            result *= result
        return result

    def _atom(self) -> float:
        token = self._next
        self._n += 1
        if token == "(":
            result = self._sum()
            if not self._taken(")"):
                raise ValueError(token)
            return result
        if token[:1].isdigit():
            return float(token)
        if token == "e" and self._next == "^":
            return math.e
        if token == "exp" and self._next == "(":
            return math.exp(self._atom())
        if token in _SIGMOIDS and self._next == "(":
            return 1 / (1 + math.exp(-self._atom()))
        key = self._key_of(token)
        if key is None or key not in self._values:
            raise ValueError(token)
        return self._values[key]
