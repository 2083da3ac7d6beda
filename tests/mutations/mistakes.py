"""The kinds of mistake that are planted: those that students make."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping

from sheetprop.network import NETWORK, RATE, Role, partial
from tests.mutations.formula import (
    Binary,
    Call,
    Group,
    Node,
    Number,
    Raw,
    Ref,
    Sign,
    evaluate,
    mapped,
    references,
    without_parentheses,
)
from tests.mutations.model import Content, Table, Variant
from tests.mutations.planting import (
    CELL,
    FROM_ROW,
    ORDER,
    SAMPLES,
    SCOPES,
    WHOLE,
    Planted,
    each,
    edit,
    formula_keys,
    iterations_of,
    put,
    references_of,
    right_value,
    special,
)

MINUS_ONE = tuple(sign for one in (Number("1"), Number("1.0")) for sign in (Sign("-", one), Group(Sign("-", one))))


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
    new: dict[str, Mapping[int, Content]] = {}
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
            case Binary("*", factor, operand) if factor in MINUS_ONE:
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
                # what a factor −1 changes is the sign
                return [kept for kept, lost in ((left, right), (right, left)) if lost not in MINUS_ONE]
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
