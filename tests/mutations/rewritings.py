"""The kinds of change that leave a formula right: other ways to write it, and right values in its place."""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory

from sheetprop.network import NETWORK, Role
from tests.mutations.formula import Binary, Call, Group, Node, Number, Ref, Sign, bare, mapped
from tests.mutations.model import Table, Variant, recalculated
from tests.mutations.planting import (
    SCOPES,
    Planted,
    each,
    edit,
    formula_keys,
    iterations_of,
    put,
    references_of,
    special,
)


@edit("equal-reordered", equal=True)
def _reordered(node: Node, key: str, table: Table) -> list[Node]:
    def change(found: Node) -> list[Node]:
        match found:
            case Binary(("+" | "*") as operator, left, right):
                return [Binary(operator, right, left)]
            case Call("SUM" | "PRODUCT", (first, second)):
                return [Call(found.name, (second, first))]
        return []

    return each(node, change)


@edit("equal-parentheses", equal=True)
def _parentheses(node: Node, key: str, table: Table) -> list[Node]:
    return each(node, lambda found: [Group(found)] if not isinstance(found, Number) else [])


@edit("equal-neutral", equal=True)
def _neutral(node: Node, key: str, table: Table) -> list[Node]:
    def change(found: Node) -> list[Node]:
        one, zero = Number("1"), Number("0")
        return [
            Binary("*", found, one),
            Binary("*", one, found),
            Binary("/", found, one),
            Binary("+", found, zero),
            Binary("+", zero, found),
            Binary("-", found, zero),
        ]

    return each(node, change)


@edit("equal-negated-twice", equal=True)
def _negated_twice(node: Node, key: str, table: Table) -> list[Node]:
    def change(found: Node) -> list[Node]:
        match found:
            case Number():
                return []
            case Binary("-", left, right):
                return [Sign("-", Group(Binary("-", right, left))), Binary("+", left, Sign("-", Group(right)))]
        return [Sign("-", Sign("-", found)), Sign("-", Group(Sign("-", found)))]

    return each(node, change)


@edit("equal-power", equal=True)
def _power(node: Node, key: str, table: Table) -> list[Node]:
    def change(found: Node) -> list[Node]:
        match found:
            case Binary("^", base, Number("2")) | Call("POWER", (base, Number("2"))):
                return [Binary("*", base, base), Call("POWER", (base, Number("2"))), Binary("^", base, Number("2"))]
            case Binary("*", left, right) if bare(left) == bare(right):
                return [Binary("^", Group(bare(left)), Number("2"))]
            case Binary("*", Ref() as a, Group(Binary("-", Number("1"), b))) if a == b:
                return [Group(Binary("-", a, Binary("^", a, Number("2"))))]
            case Binary("/", left, right):
                return [Binary("*", left, Binary("^", Group(bare(right)), Group(Sign("-", Number("1")))))]
        return []

    return each(node, change)


@edit("equal-inlined", equal=True)
def _inlined(node: Node, key: str, table: Table) -> list[Node]:
    def change(found: Node) -> list[Node]:
        if not isinstance(found, Ref) or found.offset or found.at is not None or found.key not in formula_keys(table):
            return []
        content = table.contents[found.key, table.count - 1]
        if isinstance(content, float | str) or NETWORK[found.key].role is Role.WEIGHT:
            return []
        return [Group(content)]

    return each(node, change)


@edit("equal-wrapped", equal=True)
def _wrapped(node: Node, key: str, table: Table) -> list[Node]:
    return [Call("IFERROR", (node, Number("0"))), Call("SUM", (node,)), Call("PRODUCT", (node,))]


@special("equal-constant-row", equal=True)
def _constant_row(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
    """A target or input taken from another row of its column, where it is the same."""
    key = rng.choice(formula_keys(table))
    given = NETWORK.keys(Role.TARGET, Role.INPUT)
    old = table.contents[key, table.count - 1]
    found = [ref for ref in references_of(old) if ref.at is None and ref.key in given]
    if not found or isinstance(old, float | str):
        return None
    moved = rng.choice(found)
    other = Ref(moved.key, at=0) if rng.random() < 0.6 else Ref(moved.key, moved.offset - 1)
    new = mapped(old, lambda ref: other if ref == moved else ref)
    scope = rng.choice(SCOPES)
    iterations = [k for k in iterations_of(rng, table, key, scope) if k]
    return put(variant, table, {key: dict.fromkeys(iterations, new)}, "equal-constant-row", scope, equal=True)


@special("equal-pasted", equal=True)
def _pasted(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
    """The values that formulas showed, with 15 digits, in their place."""
    key = rng.choice(formula_keys(table))
    scope = rng.choice(SCOPES)
    iterations = iterations_of(rng, table, key, scope)
    # not those of NumPy: where sigmoids saturate, what another program computes may differ in the eighth digit
    with TemporaryDirectory() as folder:
        values = recalculated(variant.plain(Path(folder)), table.sheet)
    shown = {k: values[table.place(key, k)] for k in iterations}
    right = {k: float(f"{value:.15g}") for k, value in shown.items() if isinstance(value, float)}
    table.contents |= {(key, k): value for k, value in right.items()}
    cells = frozenset(table.place(key, k) for k in right)
    description = f"{scope}: {key}, first {table.cell(key, iterations[0])}, {len(cells)} cells pasted"
    return Planted("equal-pasted", table.sheet, cells, key, description, equal=True)
