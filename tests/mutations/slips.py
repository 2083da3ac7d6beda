"""Several slips in one formula, each of another place of it than those before."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from sheetprop.network import NETWORK, RATE, Role
from tests.mutations.formula import Binary, Group, Node, Number, Raw, Ref, Sign, mapped, places, references
from tests.mutations.model import Table, Variant
from tests.mutations.planting import (
    JOINT,
    KINDS,
    SAMPLES,
    SCOPES,
    Planted,
    each,
    formula_keys,
    iterations_of,
    number,
    put,
)
from tests.mutations.variants import unwritten

ROLES = (Role.WEIGHT, Role.FORWARD, Role.ERROR, Role.STEP, Role.GRADIENT, Role.GRADIENT)
"""In turn; gradients have the longest formulas, and twice the turns."""
MOST_KINDS = 12
"""Kinds that are tried for a slip before another formula is."""
ITERATION = 2
"""Where formulas are evaluated to tell whether they differ: one that has iterations before it."""
Numbers = tuple[str, ...]


def slipped(seed: int, folder: Path, count: int) -> tuple[Variant, Planted]:
    """Write a workbook to ``folder`` with ``count`` slips in one of its formulas."""
    path = folder / f"slips-{seed}.xlsx"
    for attempt in range(200):
        variant = unwritten(seed + 1_000_000 * attempt, path)
        rng = random.Random(f"slips {seed} {attempt} {count}")
        planted = _plant(rng, variant, rng.choice(variant.tables), count)
        if planted is not None:
            variant.write()
            return variant, planted
    raise ValueError(f"{count} slips fit none of 200 workbooks")


def _plant(rng: random.Random, variant: Variant, table: Table, count: int) -> Planted | None:
    role = rng.choice(ROLES)
    keys = [key for key in formula_keys(table) if NETWORK[key].role is role]
    if not keys or table.count <= ITERATION:
        return None
    key = rng.choice(keys)
    right = table.contents[key, table.count - 1]
    assert not isinstance(right, float | str)
    made = _composed(rng, right, key, table, count)
    if made is None:
        return None
    node, kinds = made
    scope = rng.choice(SCOPES)
    iterations = iterations_of(rng, table, key, scope)
    return put(variant, table, {key: dict.fromkeys(iterations, node)}, JOINT.join(kinds), scope, equal=False)


def _composed(
    rng: random.Random, right: Node, key: str, table: Table, count: int
) -> tuple[Node, tuple[str, ...]] | None:
    """The formula with slips of ``count`` kinds, which no single slip makes of it; None where they cancel out."""
    node, kinds = right, list[str]()
    for _ in range(count):
        slip = _slip(rng, node, key, table)
        if slip is None:
            return None
        node, kind = slip
        kinds.append(kind)
    forms = (form for kind in KINDS.values() if kind.forms for form in kind.forms(right, key, table))
    made, wanted = _numbers(table, node), _numbers(table, right)
    if made == wanted or "nan" in made or made in {_numbers(table, form) for form in forms}:
        return None
    if any(
        _numbers(table, form, 1) == wanted[:1] and _numbers(table, form) == wanted
        for form in _repairs(node, right, table)
    ):
        return None
    return node, tuple(kinds)


def _repairs(node: Node, right: Node, table: Table) -> list[Node]:
    """What one change makes of a formula: whatever is right after it has one slip, not those that were planted.

    A reference, number or operator put otherwise, an operand left out or put in, a sign the other way, two references
    exchanged, all of them in another row: two slips that one of these mends are one to any teacher, who is told the
    simplest correction.
    """
    names: list[Node] = [Ref(name, offset) for name in table.columns for offset in (0, -1)] + [Ref(RATE)]
    numbers = [Number(text) for text in ("0", "0.5", "1", "2")]

    def change(found: Node) -> list[Node]:
        match found:
            case Ref() | Number() | Sign("-", Number()):
                return [*names, *numbers]
            case Binary(_, left, right):
                return [left, right]
        return []

    def put_in(found: Node) -> list[Node]:
        signed: list[Node] = [Sign("-", Group(found))] if not isinstance(found, Number) else []
        if isinstance(found, Binary):
            signed += [Binary("^", Group(found), Number("2"))]
            signed += [Binary(operator, found.left, found.right) for operator in "+-*/"]
        return signed + [Binary(operator, Group(found), name) for name in own for operator in "+-*"]

    own = dict.fromkeys(references(right))
    used = [ref for ref in dict.fromkeys(references(node)) if ref.at is None and ref.key != RATE]
    exchanged = [
        mapped(node, lambda ref, a=a, b=b: {a: b, b: a}.get(ref, ref))  # type: ignore[misc]
        for a, b in combinations(used, 2)
    ]
    moved = [
        mapped(node, lambda ref, by=by: replace(ref, offset=ref.offset + by) if ref in used else ref, ranges=True)  # type: ignore[misc]
        for by in (-2, -1, 1, 2)
    ]
    return [*each(node, change), *each(node, put_in), *exchanged, *moved]


def _slip(rng: random.Random, node: Node, key: str, table: Table) -> tuple[Node, str] | None:
    if any(isinstance(found, Raw) for _, found in places(node)):
        return None
    before = _numbers(table, node)
    names = [name for name, kind in KINDS.items() if kind.forms]
    for name in rng.sample(names, min(MOST_KINDS, len(names))):
        forms = KINDS[name].forms
        assert forms
        found = [form for form in forms(node, key, table) if form != node]
        if found and _numbers(table, chosen := rng.choice(found)) != before:
            return chosen, name
    return None


def _numbers(table: Table, node: Node, most: int = len(SAMPLES)) -> Numbers:
    """What a formula comes to, on each sample, ``most`` of them, to nine digits."""
    return tuple(f"{number(table, node, ITERATION, sample):.9g}" for sample in SAMPLES[:most])
