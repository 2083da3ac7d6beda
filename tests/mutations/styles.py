"""How people write the formula of a quantity: every form here computes the same function."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise

from sheetprop.network import NETWORK, RATE, Role, partial
from tests.mutations.formula import (
    Area,
    Binary,
    Group,
    Node,
    Number,
    Ref,
    Sign,
    bare,
    children,
    mapped,
    parse,
    places,
    product,
    rebuilt,
    replaced,
)
from tests.mutations.model import PARAMETER

# The first of each is what most people write.
SUMS = [
    "{w}*{x}+{v}*{y}",
    "{x}*{w}+{y}*{v}",
    "({w}*{x})+({v}*{y})",
    "SUM({w}*{x},{v}*{y})",
    "{v}*{y}+{w}*{x}",
    "+{w}*{x}+{v}*{y}",
    "(({x}*{w})+({y}*{v}))",
    "PRODUCT({w},{x})+PRODUCT({v},{y})",
    "{w}*({x})+{y}*({v})",
]
ADJACENT_SUM = "SUMPRODUCT({w}:{v},{x}:{y})"
SIGMOIDS = [
    "1/(1+EXP(-{x}))",
    "1/(1+EXP(-1*{x}))",
    "1/(1+EXP(-({x})))",
    "(1/(1+EXP(-{x})))",
    "1/(EXP(-{x})+1)",
    "1/(1+1/EXP({x}))",
    "EXP({x})/(1+EXP({x}))",
    "(1+EXP(-{x}))^-1",
    "POWER(1+EXP(-{x}),-1)",
    "1/(1+(EXP(-{x})))",
    "1/(1+EXP(0-{x}))",
    "1-1/(1+EXP({x}))",
    "(1+TANH({x}/2))/2",
    "1/(1+EXP(1)^-{x})",
]
HALF_SQUARES = [
    "0.5*({t}-{a})^2",
    "1/2*({t}-{a})^2",
    "(1/2)*({t}-{a})^2",
    "0.5*POWER({t}-{a},2)",
    "0.5*POWER(({a}-{t}),2)",
    "({t}-{a})^2/2",
    "(({t}-{a})^2)/2",
    "0.5*(({t}-{a})^2)",
    "({t}-{a})^2*0.5",
    "0.5*({t}-{a})*({t}-{a})",
    "({t}-{a})*({a}-{t})/-2",
    "1/2*(({a}-{t})^2)",
    "0.5*({t}^2-2*{t}*{a}+{a}^2)",
    "SUMSQ({t}-{a})/2",
]
TOTALS = ["E1+E2", "E2+E1", "SUM(E1,E2)", "(E1+E2)", "+E1+E2", "(E1)+(E2)", "SUMSQ(t1-a_o1,t2-a_o2)/2"]
ADJACENT_TOTALS = ["SUM(E1:E2)", "SUM(E1:E2)", "SUM(E1:E2)", "E1+E2", "SUM(E1,E2)"]
UPDATES = [
    "{w}-lr*{g}",
    "{w}-(lr*{g})",
    "{w}-{g}*lr",
    "{w}-(lr)*({g})",
    "({w}-(lr*{g}))",
    "{w}-({g}*lr)",
    "-lr*{g}+{w}",
    "{w}+(-lr*{g})",
    "{w}+-1*lr*{g}",
    "+{w}-lr*{g}",
    "SUM({w},-lr*{g})",
    "({w})-(lr)*({g})",
]


class Style:
    """One person's way to write formulas; ``columns`` says where each quantity of the table stands.

    ``given`` says what formulas take targets and inputs from: their column, its first row, a parameter or a literal.
    """

    def __init__(self, rng: random.Random, columns: Mapping[str, int], given: str, values: Mapping[str, float]) -> None:
        self.rng, self.columns, self.given, self.values = rng, columns, given, values
        self.steady = rng.random() < 0.85
        self.chosen: dict[str, str] = {}
        self.order = rng.choice(["as told"] * 4 + ["reversed", "last first", "shuffled"])
        self.error_slope = rng.choice(["{a}-{t}"] * 4 + ["-({t}-{a})", "-1*({t}-{a})", "-{t}+{a}"])
        self.slope = rng.choice([""] * 5 + ["({a}-{a}^2)", "(1-{a})*{a}", "({a}*(1-{a}))", "({a}-{a}*{a})"])
        self.grouped = rng.random() < 0.15
        self.distributed = rng.random() < 0.08
        self.sibling = rng.choice([""] * 12 + ["{g}/{x}*{y}", "{g}*{y}/{x}", "({g}*{y})/{x}"])
        self.parentheses = rng.choice([0.0, 0.0, 0.0, 0.1, 0.4])

    def formula(self, key: str) -> Node:
        """The formula of a quantity, of a weight the one by which it is updated."""
        node = self._formula(key)
        if self.rng.random() < self.parentheses:
            node = self._with_parentheses(node)
        return mapped(node, self._given, ranges=True)

    def _formula(self, key: str) -> Node:
        quantity = NETWORK[key]
        if quantity.role is Role.WEIGHT:
            text = self._form("update", UPDATES)
            return read(text.format(w=f"prev_{key}", g=f"prev_{partial('E', key)}"))
        if key in ("h1", "h2", "o1", "o2"):
            assert quantity.equation
            w, x, v, y = quantity.equation.symbols()
            # parameters may stand below one another, and SUMPRODUCT needs ranges of one shape
            in_columns = key[0] == "o" or self.given in ("column", "first")
            adjacent = in_columns and self._adjacent(w, v) and self._adjacent(x, y)
            forms = [ADJACENT_SUM, *SUMS[:4]] if adjacent and self.rng.random() < 0.4 else SUMS
            return read(self._form("sum" + str(len(forms)), forms).format(w=w, x=x, v=v, y=y))
        if quantity.role is Role.FORWARD:
            return read(self._form("sigmoid", SIGMOIDS).format(x=key.removeprefix("a_")))
        if key == "E_total":
            return read(self.rng.choice(ADJACENT_TOTALS if self._adjacent("E1", "E2") else TOTALS))
        if quantity.role is Role.ERROR:
            return read(self._form("error", HALF_SQUARES).format(t=f"t{key[-1]}", a=f"a_o{key[-1]}"))
        if quantity.role is Role.GRADIENT and self.sibling and key[-1] in "2468":
            before = f"w{int(key[-1]) - 1}"
            x, y = ("i1", "i2") if key[-1] in "24" else ("a_h1", "a_h2")
            return read(self.sibling.format(g=partial("E", before), x=x, y=y))
        return self._backward(key)

    def _form(self, family: str, forms: Sequence[str]) -> str:
        """A form of the family: the usual one half of the time, and mostly the same for the whole table."""
        form = self.chosen.get(family) if self.steady else None
        if form is None:
            form = forms[0] if self.rng.random() < 0.5 else self.rng.choice(forms)
        return self.chosen.setdefault(family, form) if self.steady else form

    def _adjacent(self, first: str, second: str) -> bool:
        return self.columns[second] - self.columns[first] == 1

    def _backward(self, key: str) -> Node:
        equation = NETWORK.equation(key, self.columns)
        assert equation
        node = read(equation.excel(str))
        if self.distributed:
            node = distributed(node)
        node = self._rewritten(node)
        return node.inner if isinstance(node, Group) and not self.grouped else node

    def _rewritten(self, node: Node) -> Node:
        """Products in this person's order, with their way to write the slopes."""
        if isinstance(node, Group):
            return Group(self._rewritten(node.inner))
        if isinstance(node, Binary) and node.operator == "*":
            return self._product([self._rewritten(part) for part in factors_as_told(node)])
        match node:
            case Binary("-", Ref(a), Ref(t)) if a.startswith("a_o") and t.startswith("t"):
                return read(self.error_slope.format(a=a, t=t))
        return rebuilt(node, tuple(self._rewritten(part) for part in children(node)))

    def _product(self, parts: list[Node]) -> Node:
        if self.slope:
            for n, (a, rest) in enumerate(pairwise(parts)):
                match a, bare(rest):
                    case Ref(key), Binary("-", Number("1"), Ref(same)) if key == same:
                        parts[n : n + 2] = [read(self.slope.format(a=key))]
                        break
        if self.grouped and len(parts) > 3:
            parts[:3] = [Group(product(parts[:3]))]
        if self.order == "reversed":
            parts.reverse()
        elif self.order == "last first":
            parts.insert(0, parts.pop())
        elif self.order == "shuffled":
            self.rng.shuffle(parts)
        return product(parts)

    def _with_parentheses(self, node: Node) -> Node:
        inside_areas = {(*path, n) for path, found in places(node) for n in (0, 1) if isinstance(found, Area)}
        spots = [
            (path, found)
            for path, found in places(node)
            if path not in inside_areas and not isinstance(found, Area) and not isinstance(found, Group)
        ]
        path, found = self.rng.choice(spots)
        return replaced(node, path, Group(found))

    def _given(self, ref: Ref) -> Node:
        if ref.key == RATE or NETWORK[ref.key].role not in (Role.TARGET, Role.INPUT):
            return ref
        match self.given:
            case "first":
                return Ref(ref.key, at=0)
            case "parameter":
                return Ref(ref.key, at=PARAMETER)
            case "literal":
                return literal(self.values[ref.key])
        return ref


def read(text: str) -> Node:
    """The tree of a formula over keys; prev_ before one means the iteration before."""
    return parse(text, lambda name: Ref(name.removeprefix("prev_"), -1 if name.startswith("prev_") else 0))


def literal(value: float) -> Node:
    """A number as typed into a formula."""
    typed = Number(repr(abs(value)))
    return typed if value >= 0 else Group(Sign("-", typed))


def distributed(node: Node) -> Node:
    """A product with a sum among its factors, multiplied out; anything else as it is."""
    parts = factors_as_told(node)
    for n, part in enumerate(parts):
        inner = bare(part)
        if len(parts) > 1 and isinstance(inner, Binary) and inner.operator == "+":
            rest = [*parts[:n], *parts[n + 1 :]]
            left, right = ([*factors_as_told(side), *rest] for side in (inner.left, inner.right))
            return Binary("+", product(left), product(right))
    return node


def factors_as_told(node: Node) -> list[Node]:
    """The factors of a product, those in parentheses left together."""
    if isinstance(node, Binary) and node.operator == "*":
        return [*factors_as_told(node.left), *factors_as_told(node.right)]
    return [node]
