"""How a change is planted in a table: by kinds that register themselves, wrong ones and ones that leave all right.

A kind gives, for the formula of a quantity, the formulas that a person could have written instead. Whether one of
them is wrong is decided by evaluating both on random trajectories, whatever the kind meant it to be.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sheetprop.descent import compute
from sheetprop.network import ITERATION, NETWORK, RATE, Role
from tests.mutations.formula import Area, Node, Ref, evaluate, places, references, replaced
from tests.mutations.model import Content, Place, Table, Variant, a1

WHOLE, FROM_ROW, CELL = "whole column", "from a row on", "one cell"
SCOPES = (WHOLE, WHOLE, FROM_ROW, CELL)
SAMPLES = (1, 2, 3)
JOINT = " + "
"""Between the kinds of several slips in one formula."""
ORDER = {key: n for n, key in enumerate(NETWORK.keys())}


Forms = Callable[[Node, str, Table], Iterable[Node]]
"""What can be made of the formula of a quantity in a table."""


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

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the slips, several where they are in one formula."""
        return tuple(self.kind.split(JOINT))


@dataclass(frozen=True)
class Kind:
    """A kind of change; ``plant`` changes a table and says what it did, None where it does not apply.

    ``forms`` are what a slip of this kind makes of one formula, for kinds that can be composed in one formula.
    """

    name: str
    plant: Callable[[random.Random, Variant, Table], Planted | None] = field(repr=False)
    equal: bool = False
    forms: Forms | None = field(default=None, repr=False)

    @property
    def codes(self) -> frozenset[str]:
        """The codes by which a finding would name this mistake well; none where any would do."""
        return frozenset(NAMED.get(self.name, "").split())


KINDS: dict[str, Kind] = {}
ALONE = ("overwritten-by-another", "empty-cell")
"""Kinds of edit that leave nothing of a formula, or of its value, by which another slip could be told."""
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
    "frozen-number": "typed-part wrong-constant wrong-rate",
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

        slip = not (equal or circular or warning_suffices or name in ALONE)
        KINDS[name] = Kind(name, plant, equal, (lambda *at: _applied(forms, roles, *at)) if slip else None)
        return forms

    return register


def _applied(forms: Forms, roles: Sequence[Role], node: Node, key: str, table: Table) -> Iterable[Node]:
    return forms(node, key, table) if NETWORK[key].role in roles else ()


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
    variant: Variant, table: Table, new: Mapping[str, Mapping[int, Content]], kind: str, scope: str, equal: bool
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
        not math.isclose(number(table, old, iteration, n), number(table, new, iteration, n), rel_tol=1e-9)
        for n in SAMPLES
    )


def number(table: Table, content: Content, iteration: int, sample: int) -> float:
    """What a cell comes to where all else is right, at random given values; ``sample`` says which."""
    if isinstance(content, float):
        return content
    if isinstance(content, str):
        return math.nan
    return evaluate(content, lambda ref: table.value(ref, iteration, sample))


def users(table: Table, helper: str) -> set[Place]:
    """The cells that need a helper column which its label does not explain, and other such columns.

    Of two unexplained columns whose product is used, either could be the wrong one.
    """
    if not _unexplained(table, helper):
        return set()
    needing = {helper}
    for key in sorted(formula_keys(table), key=ORDER.__getitem__):
        if needing & {ref.key for ref in references_of(table.contents[key, 0])}:
            needing.add(key)
    needing -= {key for key in needing if NETWORK[key].role is Role.WEIGHT}
    needing |= {key for key in formula_keys(table) if _unexplained(table, key)}
    return {table.place(key, k) for key in needing for k in range(table.count)}


def _unexplained(table: Table, key: str) -> bool:
    label = table.labels.get(key)
    return NETWORK[key].role is Role.STEP and label is not None and "/" not in label


def spots(node: Node) -> list[tuple[tuple[int, ...], Node]]:
    """The places of a tree at which another one can stand: all but the ends of ranges."""
    ends = {(*path, n) for path, found in places(node) if isinstance(found, Area) for n in (0, 1)}
    return [(path, found) for path, found in places(node) if path not in ends]


def each(node: Node, change: Callable[[Node], Iterable[Node]]) -> list[Node]:
    """The trees with one place changed in one of the ways that ``change`` gives for it."""
    return [
        replaced(node, path, new) for path, found in spots(node) if not isinstance(found, Area) for new in change(found)
    ]


def references_of(content: Content) -> list[Ref]:
    """The references of what a cell holds."""
    return [] if isinstance(content, float | str) else references(content)


def right_value(variant: Variant, table: Table, key: str, iteration: int) -> float:
    """What a cell shows in the right workbook."""
    n = variant.assignment.learning_rates.index(table.rate.value)
    return float(compute(variant.assignment)[key][n][iteration])
