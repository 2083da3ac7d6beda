"""What a right formula is made of: the network's equation of a quantity in each of its forms, and their parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sheetprop.expression import Expression, Negation, Number, Operation, Symbol
from sheetprop.network import NETWORK, RATE, Role, partial
from sheetprop.submission.compare.samples import Convention
from sheetprop.submission.diagnose.edits import contains_call, parts
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS

MOST_TOGETHER = 4
"""Neighbouring factors that are looked for as one missing part, as (a_o1 − t1)·a_o1·(1 − a_o1)."""
USUAL = (0.5, 2.0, -1.0, 1.0)
"""Constants that belong in some equation, or are put there by mistake."""


@dataclass(frozen=True)
class Derivation:
    """The forms of an equation with a sheet's columns, and what can be missing of it or belong in another's place."""

    forms: tuple[Expression, ...]

    @property
    def names(self) -> list[str]:
        """The names that occur in any form."""
        return list(dict.fromkeys(name for form in self.forms for name in form.symbols()))

    @property
    def numbers(self) -> list[float]:
        """The constants that occur in any form, and the usual ones."""
        found = (part.value for form in self.forms for part, _ in parts(form) if isinstance(part, Number))
        return list(dict.fromkeys([*found, *USUAL]))

    @property
    def factors(self) -> list[Expression]:
        """Factors of any form, the simplest first: one, or several that stand together."""
        names: list[Expression] = [Symbol(name) for name in self.names]
        complements = [1 - Symbol(name) for name in self.names if name.startswith("a_")]
        together = [product for form in self.forms for product in _products(form)]
        found: list[Expression] = [*names, *complements, *map(Number, (0.5, 2.0)), *together]
        return sorted(dict.fromkeys(found), key=_size)

    @property
    def simple_factors(self) -> list[Expression]:
        """The factors that are one name, its complement, its slope or a constant."""
        return [factor for factor in self.factors if len(factor.names) <= 1]

    @property
    def simple_terms(self) -> list[Expression]:
        """The terms that are no longer than a product of two names."""
        return [term for term in self.terms if _size(term) <= 3]

    @property
    def terms(self) -> list[Expression]:
        """Terms of any form, the simplest first."""
        found: list[Expression] = [Symbol(name) for name in self.names]
        for form in self.forms:
            for part, _ in parts(form):
                if isinstance(part, Operation) and part.operator in "+-":
                    sides = (part.left, part.right)
                    found += [s for s in sides if not isinstance(s, Number) and not contains_call(s, "exp")]
        return sorted(dict.fromkeys([*found, Number(1)]), key=_size)


def _size(expression: Expression) -> int:
    return sum(1 for _ in parts(expression))


def _products(form: Expression) -> Iterator[Expression]:
    """Every few neighbouring factors of every product, single ones that are no names included; a square's base."""
    for part, _ in parts(form):
        if isinstance(part, Operation) and part.operator == "*":
            factors = _factors(part)
            for first in range(len(factors)):
                for last in range(first, min(first + MOST_TOGETHER, len(factors))):
                    if last - first + 1 < len(factors):
                        product = factors[first]
                        for factor in factors[first + 1 : last + 1]:
                            product = Operation("*", product, factor)
                        yield product
        if isinstance(part, Operation) and part.operator == "^" and part.right == Number(2):
            yield part.left


def _factors(part: Expression) -> list[Expression]:
    match part:
        case Operation("*", left, right):
            return [*_factors(left), *_factors(right)]
    return [part]


@lru_cache(maxsize=1024)
def derivation(key: str, columns: frozenset[str], convention: Convention) -> Derivation:
    """The forms of the equation of ``key`` in ``columns``, or of its next value where it is a weight."""
    if key not in WEIGHTS:
        return Derivation(tuple(_scaled(key, form, convention) for form in _forms(key, columns, convention)))
    gradient = partial("E", key)
    forms: list[Expression] = [Symbol(f"{gradient}@-1")] if gradient in columns else []
    forms += [_earlier(form) for form in _forms(gradient, columns, convention)]
    return Derivation(tuple(_update(key, form, convention) for form in forms))


def _forms(key: str, columns: frozenset[str], convention: Convention) -> Iterator[Expression]:
    """An equation with all columns, then with one layer of its steps after another written out."""
    available = {convention.renamed(name) for name in columns - {key}}
    opened = (Role.STEP, Role.ERROR)
    while True:
        try:
            form = convention.network.equation(convention.renamed(key), available)
        except ValueError:
            return
        if form is None:
            return
        yield form.substitute({name: Symbol(convention.renamed(name)) for name in form.names})
        steps = {name for name in form.names if NETWORK[name].role in opened and NETWORK[name].equation is not None}
        if not steps:
            return
        available -= steps


def _scaled(key: str, equation: Expression, convention: Convention) -> Expression:
    if NETWORK[key].role is not Role.GRADIENT or convention.gradient == "1":
        return equation
    scaled = Symbol(RATE) * equation if convention.gradient.endswith("lr") else equation
    return Negation(scaled) if convention.gradient.startswith("-") else scaled


def _update(weight: str, gradient: Expression, convention: Convention) -> Expression:
    before = Symbol(f"{weight}@-1")
    step = gradient if convention.gradient.endswith("lr") else Symbol(RATE) * gradient
    return before + step if convention.gradient.startswith("-") else before - step


def _earlier(equation: Expression) -> Expression:
    return equation.substitute({name: Symbol(f"{name}@-1") for name in equation.names - GIVEN})


def columns_of(names: Sequence[str]) -> frozenset[str]:
    """The quantities among names that formulas of the same iteration may refer to."""
    return frozenset(name for name in names if name in NETWORK.keys())


def siblings(name: str) -> list[str]:
    """What a name is easily mistaken for: the same quantity of another neuron, input or weight of the layer."""
    key, at, offset = name.partition("@")
    if key not in NETWORK.keys():
        return []
    stem = key.rstrip("0123456789")
    layer = _LAYERS.get(key)
    same = [k for k in NETWORK.keys() if k != key and k.rstrip("0123456789") == stem and _LAYERS.get(k) == layer]
    return [f"{k}{at}{offset}" for k in same]


def alike(name: str, other: str) -> bool:
    """Whether a name is easily mistaken for another: a sibling, a sum or its activation, another row of the column."""
    key, other_key = (n.partition("@")[0].partition("#")[0] for n in (name, other))
    if key == other_key:
        return True
    if SUMS.get(key) == other_key or SUMS.get(other_key) == key:
        return True
    return other_key in siblings(key)


SUMS = {f"a_{key}": key for key in NETWORK.keys(Role.FORWARD) if not key.startswith("a_")}
_LAYERS = {c.weight: c.neuron.rstrip("0123456789") for c in NETWORK.connections}
