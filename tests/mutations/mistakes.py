"""The kinds of mistake that are planted, and the kinds of change that leave a formula right.

A kind gives, for the formula of a quantity, the formulas that a person could have written instead. Whether one of
them is wrong is decided by evaluating both on random trajectories, whatever the kind meant it to be.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from sheetprop.descent import compute
from sheetprop.network import ITERATION, NETWORK, RATE, Role, partial
from tests.mutations.formula import (
    Area,
    Binary,
    Call,
    Group,
    Node,
    Number,
    Raw,
    Ref,
    Sign,
    bare,
    evaluate,
    mapped,
    places,
    references,
    replaced,
    without_parentheses,
)
from tests.mutations.model import Content, Place, Table, Variant, a1, recalculated
from tests.mutations.variants import unwritten

WHOLE, FROM_ROW, CELL = "whole column", "from a row on", "one cell"
SCOPES = (WHOLE, WHOLE, FROM_ROW, CELL)
SAMPLES = (1, 2, 3)
ORDER = {key: n for n, key in enumerate(NETWORK.keys())}


@dataclass(frozen=True)
class Planted:
    """What was planted: the cells that are now wrong (changed, where it is ``equal``), and how.

    ``also`` are cells where it may be reported as well: those that use a helper column without a telling label.
    """

    kind: str
    sheet: str
    cells: frozenset[Place]
    quantity: str
    description: str
    equal: bool
    warning_suffices: bool = False
    also: frozenset[Place] = frozenset()


@dataclass(frozen=True)
class Kind:
    """A kind of change; ``plant`` changes a table and says what it did, None where it does not apply."""

    name: str
    plant: Callable[[random.Random, Variant, Table], Planted | None] = field(repr=False)
    equal: bool = False

    @property
    def codes(self) -> frozenset[str]:
        """The codes by which a finding would name this mistake well; none where any would do."""
        return frozenset(NAMED.get(self.name, "").split())


KINDS: dict[str, Kind] = {}
NAMED = {
    "wrong-neighbour": "wrong-quantity handout-mistake wrong-gradient",
    "wrong-quantity": "wrong-quantity pre-activation handout-mistake",
    "handout-mistake": "handout-mistake",
    "pre-activation": "pre-activation",
    "wrong-sign": "wrong-sign wrong-operator",
    "precedence": "precedence",
    "wrong-operator": "wrong-operator wrong-sign",
    "missing-factor": "missing-part",
    "missing-term": "missing-part",
    "doubled-factor": "extra-part",
    "wrong-constant": "wrong-constant",
    "missing-square": "missing-part wrong-constant",
    "rounded": "rounded",
    "wrong-gradient": "wrong-gradient",
    "update-plus": "wrong-sign wrong-operator",
    "update-without-rate": "missing-part wrong-rate",
    "wrong-rate": "wrong-rate wrong-constant",
    "rate-slides": "sliding-reference",
    "reference-stuck": "stuck-reference",
    "row-offset": "wrong-row",
    "own-row-update": "wrong-row circular-reference",
    "circular-reference": "circular-reference wrong-row wrong-quantity",
    "overwritten-by-update": "overwritten",
    "overwritten-by-another": "overwritten wrong-quantity wrong-gradient",
    "typed-constant": "wrong-value",
    "typed-single": "wrong-value",
    "drifting-input": "drifting-input",
    "error-value": "error-value",
    "unknown-function": "unknown-function",
}
"""How the validator would name each kind best, in the codes of its findings."""
Forms = Callable[[Node, str, Table], Iterable[Node]]


def mutation(seed: int, folder: Path, kind: str | None = None) -> tuple[Variant, Planted]:
    """Write a workbook to ``folder`` with one change of a kind planted; the kinds take turns with the seeds."""
    chosen = KINDS[kind or list(KINDS)[seed % len(KINDS)]]
    path = folder / f"mutation-{seed}.xlsx"
    for attempt in range(200):
        variant = unwritten(seed + 1_000_000 * attempt, path)
        rng = random.Random(f"mutation {seed} {attempt}")
        table = rng.choice(variant.tables)
        planted = chosen.plant(rng, variant, table)
        if planted is not None:
            variant.write()
            return variant, planted
    raise ValueError(f"{chosen.name} applies to none of 200 workbooks")


def edit(
    name: str,
    roles: Sequence[Role] = (Role.WEIGHT, Role.FORWARD, Role.ERROR, Role.STEP, Role.GRADIENT),
    scopes: Sequence[str] = SCOPES,
    equal: bool = False,
    circular: bool = False,
    warning_suffices: bool = False,
) -> Callable[[Forms], Forms]:
    """Register forms of a formula, wrong or ``equal`` ones, as a kind of change to columns with these ``roles``."""

    def register(forms: Forms) -> Forms:
        def plant(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
            keys = [key for key in formula_keys(table) if NETWORK[key].role in roles]
            # every role in turn, or the many gradients would have most of the mistakes
            by_role = {role: [key for key in keys if NETWORK[key].role is role] for role in roles}
            for _ in range(12):
                role = rng.choice(list(roles))
                if not by_role[role]:
                    continue
                key = rng.choice(by_role[role])
                old = table.contents[key, table.count - 1]
                assert not isinstance(old, float | str)
                found = [new for new in forms(old, key, table) if new != old]
                if not found:
                    continue
                scope = rng.choice(list(scopes))
                new = rng.choice(found)
                iterations = iterations_of(rng, table, key, scope)
                planted = put(variant, table, {key: dict.fromkeys(iterations, new)}, name, scope, equal)
                if planted is not None:
                    variant.circular = circular
                    return Planted(**vars(planted) | {"warning_suffices": warning_suffices})
            return None

        KINDS[name] = Kind(name, plant, equal)
        return forms

    return register


def special(
    name: str, equal: bool = False
) -> Callable[[Callable[[random.Random, Variant, Table], Planted | None]], None]:
    """Register a function that plants by itself as a kind of change."""

    def register(plant: Callable[[random.Random, Variant, Table], Planted | None]) -> None:
        KINDS[name] = Kind(name, plant, equal)

    return register


def formula_keys(table: Table) -> list[str]:
    """The quantities of a table that formulas compute."""
    given = NETWORK.keys(Role.TARGET, Role.INPUT)
    return [key for key in table.columns if key not in (ITERATION, RATE, *given)]


def iterations_of(rng: random.Random, table: Table, key: str, scope: str) -> range:
    """The iterations that a change concerns."""
    start = 1 if NETWORK[key].next is not None else 0
    if scope == WHOLE:
        return range(start, table.count)
    k = rng.randrange(start, table.count)
    return range(max(k, start + 1), table.count) if scope == FROM_ROW else range(k, k + 1)


def put(
    variant: Variant, table: Table, new: dict[str, dict[int, Content]], kind: str, scope: str, equal: bool
) -> Planted | None:
    """Change the cells of a table; None, and nothing is changed, where the result is not wrong, or not ``equal``."""
    old = {(key, k): table.contents[key, k] for key, column in new.items() for k in column}
    if not old:
        return None
    before = {at: table.formula(*at) for at in old}
    wrong = [at for at in old if differs(table, old[at], new[at[0]][at[1]], at[1])]
    if bool(wrong) is equal:
        return None
    table.contents |= {(key, k): content for key, column in new.items() for k, content in column.items()}
    changed = [at for at in old if equal or at in wrong]
    if all(table.formula(*at) == before[at] for at in changed if before[at]) and any(before[at] for at in changed):
        table.contents |= old
        return None
    key, k = changed[0]
    after = table.formula(key, k) or table.contents[key, k]
    cells = frozenset(table.place(*at) for at in changed)
    was = before[key, k] or old[key, k]
    description = f"{scope}: {key}, first {a1(table.place(key, k))}, {len(cells)} cells: {was} -> {after}"
    also = frozenset(place for name in new for place in users(table, name))
    return Planted(kind, table.sheet, cells, key, description, equal, also=also)


def differs(table: Table, old: Content, new: Content, iteration: int) -> bool:
    """Whether two contents of a cell are different functions of what they refer to."""
    return any(
        not math.isclose(_number(table, old, iteration, n), _number(table, new, iteration, n), rel_tol=1e-9)
        for n in SAMPLES
    )


def _number(table: Table, content: Content, iteration: int, sample: int) -> float:
    if isinstance(content, float):
        return content
    if isinstance(content, str):
        return math.nan
    return evaluate(content, lambda ref: table.value(ref, iteration, sample))


def users(table: Table, helper: str) -> set[Place]:
    """The cells that need a helper column which its label does not explain, helper columns among them."""
    label = table.labels.get(helper)
    if NETWORK[helper].role is not Role.STEP or label is None or "/" in label:
        return set()
    needing = {helper}
    for key in sorted(formula_keys(table), key=ORDER.__getitem__):
        content = table.contents[key, 0]
        if not isinstance(content, float | str) and needing & {ref.key for ref in references(content)}:
            needing.add(key)
    needing -= {key for key in needing if NETWORK[key].role is Role.WEIGHT}
    return {table.place(key, k) for key in needing for k in range(table.count)}


def spots(node: Node) -> list[tuple[tuple[int, ...], Node]]:
    """The places of a tree at which another one can stand: all but the ends of ranges."""
    ends = {(*path, n) for path, found in places(node) if isinstance(found, Area) for n in (0, 1)}
    return [(path, found) for path, found in places(node) if path not in ends]


def each(node: Node, change: Callable[[Node], Iterable[Node]]) -> list[Node]:
    """The trees with one place changed in one of the ways that ``change`` gives for it."""
    return [
        replaced(node, path, new) for path, found in spots(node) if not isinstance(found, Area) for new in change(found)
    ]


# --- mistakes ---------------------------------------------------------------------------------------------------


@edit("wrong-neighbour")
def _wrong_neighbour(node: Node, key: str, table: Table) -> list[Node]:
    def change(found: Node) -> list[Node]:
        if not isinstance(found, Ref) or found.key == RATE:
            return []
        # an update with another gradient is a kind of its own
        if NETWORK[found.key].role is Role.GRADIENT and NETWORK[key].role is Role.WEIGHT:
            return []
        near = [f"{found.key[:-1]}{int(found.key[-1]) + step}" for step in (-1, 1)] if found.key[-1].isdigit() else []
        return [
            Ref(other, found.offset, found.at)
            for other in near
            if other in table.columns and (other, found.offset) != (key, 0)
        ]

    return each(node, change)


@edit("wrong-quantity", roles=(Role.FORWARD, Role.ERROR, Role.STEP, Role.GRADIENT))
def _wrong_quantity(node: Node, key: str, table: Table) -> list[Node]:
    earlier = [other for other in table.columns if other in ORDER and ORDER[other] < ORDER[key]]

    def change(found: Node) -> list[Node]:
        if not isinstance(found, Ref) or found.at is not None:
            return []
        return [Ref(other) for other in earlier if other != found.key]

    return each(node, change)


@special("handout-mistake")
def _handout_mistake(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
    new: dict[str, dict[int, Content]] = {}
    for key in ("dE_dw3", "dE_dw4"):
        old = table.contents[key, 0]
        assert not isinstance(old, float | str)
        if any(ref.key == "a_h2" for ref in references(old)):
            wrong = mapped(old, lambda ref: Ref("a_h1") if ref.key == "a_h2" else ref)
            new[key] = dict.fromkeys(range(table.count), wrong)
    return put(variant, table, new, "handout-mistake", WHOLE, equal=False) if new else None


@edit("pre-activation", roles=(Role.FORWARD, Role.ERROR, Role.STEP, Role.GRADIENT))
def _pre_activation(node: Node, key: str, table: Table) -> list[Node]:
    activations = [ref.key for ref in references(node) if ref.key.startswith("a_")]
    everywhere = [
        mapped(node, lambda ref, a=a: Ref(a[2:], ref.offset, ref.at) if ref.key == a else ref)  # type: ignore[misc]
        for a in dict.fromkeys(activations)
    ]
    return everywhere + each(
        node, lambda found: [Ref(found.key[2:])] if isinstance(found, Ref) and found.key.startswith("a_") else []
    )


@edit("wrong-sign", roles=(Role.FORWARD, Role.ERROR, Role.STEP, Role.GRADIENT))
def _wrong_sign(node: Node, key: str, table: Table) -> list[Node]:
    return [*_sign_flips(node), Sign("-", Group(node))]


def _sign_flips(node: Node) -> list[Node]:
    def change(found: Node) -> list[Node]:
        match found:
            case Binary("+", left, right):
                return [Binary("-", left, right)]
            case Binary("-", left, right):
                return [Binary("+", left, right), Binary("-", right, left)]
            case Sign("-", operand):
                return [operand]
        return []

    return each(node, change)


@edit("precedence")
def _precedence(node: Node, key: str, table: Table) -> list[Node]:
    return without_parentheses(node)


@edit("wrong-operator", roles=(Role.FORWARD, Role.ERROR, Role.STEP, Role.GRADIENT))
def _wrong_operator(node: Node, key: str, table: Table) -> list[Node]:
    others = {"*": "+/", "+": "*", "-": "*", "/": "*"}
    return each(
        node,
        lambda found: (
            [Binary(other, found.left, found.right) for other in others.get(found.operator, "")]
            if isinstance(found, Binary)
            else []
        ),
    )


@edit("missing-factor")
def _missing_factor(node: Node, key: str, table: Table) -> list[Node]:
    def change(found: Node) -> list[Node]:
        match found:
            case Binary("*", left, right):
                return [left, right]
            case Binary("/", left, _):
                return [left]
            case Call("PRODUCT", arguments):
                return list(arguments)
        return []

    rates = sum(ref.key == RATE for ref in references(node))
    found = each(node, change)
    return [new for new in found if references(new) and sum(ref.key == RATE for ref in references(new)) == rates]


@edit("missing-term")
def _missing_term(node: Node, key: str, table: Table) -> list[Node]:
    def change(found: Node) -> list[Node]:
        match found:
            case Binary("+" | "-", left, right):
                return [left, right]
            case Call("SUM", (first, second)):
                return [Call("SUM", (first,)), Call("SUM", (second,))]
        return []

    return [new for new in each(node, change) if references(new)]


@edit("doubled-factor")
def _doubled_factor(node: Node, key: str, table: Table) -> list[Node]:
    return each(node, lambda found: [Binary("*", found, found)] if isinstance(found, Ref) else [])


@edit("wrong-constant")
def _wrong_constant(node: Node, key: str, table: Table) -> list[Node]:
    others = {"0.5": ["1", "0.25", "2", "0.05"], "1": ["2", "0"], "2": ["3", "1"], "0": ["1"]}

    def change(found: Node) -> list[Node]:
        if not isinstance(found, Number):
            return []
        return [Number(text) for text in others.get(found.text, [repr(round(float(found.text) * 1.5, 6))])]

    return each(node, change)


@edit("rounded", warning_suffices=True)
def _rounded(node: Node, key: str, table: Table) -> list[Node]:
    return [Call("ROUND", (node, Number(digits))) for digits in "3456"]


@edit("frozen-number")
def _frozen_number(node: Node, key: str, table: Table) -> list[Node]:
    """A number typed into the formula where a reference belongs."""

    def change(found: Node) -> list[Node]:
        return [Number(text) for text in ("0.15", "0.4", "0.593269992")] if isinstance(found, Ref) else []

    return [new for new in each(node, change) if references(new)]


@edit("empty-cell")
def _empty_cell(node: Node, key: str, table: Table) -> list[Node]:
    return each(node, lambda found: [Raw("$ZZ$900")] if isinstance(found, Ref) else [])


@special("dragged-right")
def _dragged_right(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
    """The formula of the left neighbour, dragged one column to the right."""
    at = {column: key for key, column in table.columns.items() if key in ORDER}
    pairs = [
        (key, at[column - 1])
        for key, column in table.columns.items()
        if key in formula_keys(table) and at.get(column - 1) in formula_keys(table)
    ]
    rng.shuffle(pairs)
    for key, left in pairs:
        formula = table.contents[left, table.count - 1]
        assert not isinstance(formula, float | str)
        relative = {ref for ref in references(formula) if ref.at is None and ref.key != RATE}
        if table.transposed or table.structured or table.dollars or table.rate.style == "column":
            return None
        if not all(table.columns[ref.key] + 1 in at for ref in relative):
            continue
        dragged = mapped(
            formula,
            lambda ref: Ref(at[table.columns[ref.key] + 1], ref.offset) if ref in relative else ref,  # noqa: B023
            ranges=True,
        )
        if key in {ref.key for ref in references(dragged) if not ref.offset}:
            continue
        scope = rng.choice(SCOPES)
        iterations = [k for k in iterations_of(rng, table, key, scope) if k or NETWORK[left].next is None]
        return put(variant, table, {key: dict.fromkeys(iterations, dragged)}, "dragged-right", scope, equal=False)
    return None


@edit("missing-square", roles=(Role.ERROR, Role.STEP, Role.GRADIENT))
def _missing_square(node: Node, key: str, table: Table) -> list[Node]:
    def change(found: Node) -> list[Node]:
        match found:
            case Binary("^", base, Number("2")) | Call("POWER", (base, Number("2"))):
                return [base]
            case Call("SUMSQ", arguments):
                return [Call("SUM", arguments)]
        return []

    return each(node, change)


@edit("wrong-gradient", roles=(Role.WEIGHT,))
def _wrong_gradient(node: Node, key: str, table: Table) -> list[Node]:
    own = partial("E", key)
    others = [other for other in NETWORK.keys(Role.GRADIENT) if other != own]
    return each(
        node, lambda found: [Ref(other, -1) for other in others] if isinstance(found, Ref) and found.key == own else []
    )


def _update(table: Table, node: Node, key: str, sign: int, with_rate: bool) -> bool:
    """Whether an update adds (sign 1) or subtracts (sign -1) the gradient, with or without the rate."""
    for sample in SAMPLES:
        w, g, rate = (table.value(Ref(name, -1), 2, sample) for name in (key, partial("E", key), RATE))
        result = evaluate(node, lambda ref, sample=sample: table.value(ref, 2, sample))  # type: ignore[misc]
        if not math.isclose(result, w + sign * g * (rate if with_rate else 1), rel_tol=1e-9):
            return False
    return True


@edit("update-plus", roles=(Role.WEIGHT,))
def _update_plus(node: Node, key: str, table: Table) -> list[Node]:
    return [new for new in _sign_flips(node) if _update(table, new, key, 1, with_rate=True)]


@edit("update-without-rate", roles=(Role.WEIGHT,))
def _update_without_rate(node: Node, key: str, table: Table) -> list[Node]:
    if table.rate.value == 1:
        return []  # that is a right way to write it

    def change(found: Node) -> list[Node]:
        return [found.left, found.right] if isinstance(found, Binary) and found.operator == "*" else []

    return [new for new in each(node, change) if _update(table, new, key, -1, with_rate=False)]


@edit("wrong-rate", roles=(Role.WEIGHT,))
def _wrong_rate(node: Node, key: str, table: Table) -> list[Node]:
    others = [Number(repr(rate)) for rate in (0.1, 0.3, 0.5, 2.0) if rate != table.rate.value]
    return each(node, lambda found: others if isinstance(found, Ref) and found.key == RATE else [])


@special("rate-slides")
def _rate_slides(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
    if table.rate.style != "cell" or table.count < 3:
        return None
    weights = NETWORK.keys(Role.WEIGHT)
    start, new = 1, {}
    for key in weights if rng.random() < 0.5 else [rng.choice(weights)]:
        old = table.contents[key, 1]
        assert not isinstance(old, float | str)
        wrong = mapped(old, lambda ref: Ref(RATE, slide=start) if ref.key == RATE else ref)
        new[key] = dict.fromkeys(range(start, table.count), wrong)
    return put(variant, table, new, "rate-slides", WHOLE, equal=False)


@special("reference-stuck")
def _reference_stuck(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
    key = rng.choice(formula_keys(table))
    iterations = iterations_of(rng, table, key, rng.choice([WHOLE, WHOLE, FROM_ROW]))
    old = table.contents[key, table.count - 1]
    assert not isinstance(old, float | str)
    found = [ref for ref in references(old) if ref.at is None and ref.key != RATE]
    if not found or len(iterations) < 2:
        return None
    stuck = rng.choice(found)
    wrong = mapped(old, lambda ref: Ref(ref.key, at=iterations[0] + ref.offset) if ref == stuck else ref)
    return put(variant, table, {key: dict.fromkeys(iterations, wrong)}, "reference-stuck", "from a row on", equal=False)


@edit("row-offset")
def _row_offset(node: Node, key: str, table: Table) -> list[Node]:
    later = NETWORK[key].role is Role.ERROR  # elsewhere that would be circular
    steps = (-1, 1) if later else (-1,)

    def moved(ref: Ref, step: int) -> Ref:
        still = ref.at is not None or ref.key == RATE
        return ref if still else Ref(ref.key, ref.offset + step)

    return [
        *each(node, lambda found: [moved(found, step) for step in steps] if isinstance(found, Ref) else []),
        *(mapped(node, lambda ref, step=step: moved(ref, step), ranges=True) for step in steps),  # type: ignore[misc]
    ]


@edit("own-row-update", roles=(Role.WEIGHT,), circular=True)
def _own_row_update(node: Node, key: str, table: Table) -> list[Node]:
    return each(node, lambda found: [Ref(found.key)] if isinstance(found, Ref) and found.offset == -1 else [])


@edit("circular-reference", roles=(Role.FORWARD,), circular=True)
def _circular_reference(node: Node, key: str, table: Table) -> list[Node]:
    def change(found: Node) -> list[Node]:
        if not isinstance(found, Ref) or found.at is not None or NETWORK[found.key].role is Role.INPUT:
            return []
        return [Ref(found.key, 1), Ref(key)]

    return each(node, change)


@special("overwritten-by-update")
def _overwritten_by_update(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
    weight = rng.choice(NETWORK.keys(Role.WEIGHT))
    key = rng.choice([k for k in formula_keys(table) if NETWORK[k].role in (Role.FORWARD, Role.ERROR, Role.GRADIENT)])
    update = table.contents[weight, 1]
    assert not isinstance(update, float | str)
    wrong = mapped(update, lambda ref: Ref(key, -1) if ref.key == weight else ref)
    scope = rng.choice(SCOPES)
    iterations = [k for k in iterations_of(rng, table, key, scope) if k]
    return put(variant, table, {key: dict.fromkeys(iterations, wrong)}, "overwritten-by-update", scope, equal=False)


@edit("overwritten-by-another", roles=(Role.FORWARD, Role.ERROR, Role.STEP, Role.GRADIENT))
def _overwritten_by_another(node: Node, key: str, table: Table) -> list[Node]:
    found = []
    for other in formula_keys(table):
        content = table.contents[other, 0]
        if other == key or isinstance(content, float | str) or NETWORK[other].role is Role.WEIGHT:
            continue
        if all(ORDER[ref.key] < ORDER[key] for ref in references(content)):
            found.append(content)
    return found


@special("typed-constant")
def _typed_constant(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
    key = rng.choice(formula_keys(table))
    scope = rng.choice([WHOLE, FROM_ROW])
    iterations = iterations_of(rng, table, key, scope)
    value = _wrong(rng, right_value(variant, table, key, 0), least=0.05)
    column: dict[int, Content] = dict.fromkeys(iterations, value)
    return put(variant, table, {key: column}, "typed-constant", scope, equal=False)


@special("typed-single")
def _typed_single(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
    key = rng.choice(formula_keys(table))
    iterations = iterations_of(rng, table, key, CELL)
    value = _wrong(rng, right_value(variant, table, key, iterations[0]), least=1e-3)
    return put(variant, table, {key: {iterations[0]: value}}, "typed-single", CELL, equal=False)


def _wrong(rng: random.Random, right: float, least: float) -> float:
    """A number that is wrong by at least ``least`` of it, with so many digits that rounding is no excuse."""
    off = least * (0.5 / least) ** rng.random() * rng.choice([-1, 1])
    return float(f"{right * (1 + off) if right else off:.9g}")


def right_value(variant: Variant, table: Table, key: str, iteration: int) -> float:
    """What a cell shows in the right workbook."""
    n = variant.assignment.learning_rates.index(table.rate.value)
    return float(compute(variant.assignment)[key][n][iteration])


@special("drifting-input")
def _drifting_input(rng: random.Random, variant: Variant, table: Table) -> Planted | None:
    key = rng.choice(NETWORK.keys(Role.TARGET, Role.INPUT))
    used = any(
        ref.key == key and ref.at is None
        for name in formula_keys(table)
        for ref in references_of(table.contents[name, table.count - 1])
    )
    if not used:
        return None
    step = rng.choice([1.0, 1.0, 0.01, 0.1])
    start = variant.assignment.given[key]
    iterations = iterations_of(rng, table, key, WHOLE)[1:]
    column: dict[int, Content] = {k: round(start + k * step, 6) for k in iterations}
    return put(variant, table, {key: column}, "drifting-input", WHOLE, equal=False)


def references_of(content: Content) -> list[Ref]:
    """The references of what a cell holds."""
    return [] if isinstance(content, float | str) else references(content)


@edit("error-value")
def _error_value(node: Node, key: str, table: Table) -> list[Node]:
    return each(node, lambda found: [Raw("#REF!")] if isinstance(found, Ref) else [])


@edit("unknown-function", roles=(Role.FORWARD, Role.ERROR), warning_suffices=True)
def _unknown_function(node: Node, key: str, table: Table) -> list[Node]:
    misspelt = {"EXP": ["EXPP", "EXPONENT"], "SUM": ["SUMM", "ADD"], "POWER": ["POWR"], "SUMPRODUCT": ["SUMPROD"]}
    found = each(
        node,
        lambda f: [Call(name, f.arguments) for name in misspelt.get(f.name, [])] if isinstance(f, Call) else [],
    )
    if key.startswith("a_"):
        found.append(Call("SIGMOIDX", (Ref(key.removeprefix("a_")),)))
    return found


# --- changes that leave the formula right -----------------------------------------------------------------------


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
        source = variant.path if variant.writer == "generated" else variant.plain(Path(folder))
        values = recalculated(source, table.sheet)
    shown = {k: values[table.place(key, k)] for k in iterations}
    right = {k: float(f"{value:.15g}") for k, value in shown.items() if isinstance(value, float)}
    table.contents |= {(key, k): value for k, value in right.items()}
    cells = frozenset(table.place(key, k) for k in right)
    description = f"{scope}: {key}, first {table.cell(key, iterations[0])}, {len(cells)} cells pasted"
    return Planted("equal-pasted", table.sheet, cells, key, description, equal=True)
