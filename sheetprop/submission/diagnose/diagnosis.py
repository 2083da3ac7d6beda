"""Diagnosing a wrong formula: the smallest edit that makes it right says what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, combinations, islice, product

import numpy as np

from sheetprop.expression import Call, Expression, Negation, Number, Operation, Symbol
from sheetprop.network import NETWORK, RATE, Role, partial
from sheetprop.submission.compare.evaluation import Evaluator, shifted
from sheetprop.submission.compare.samples import RELATIVE, equal
from sheetprop.submission.diagnose import edits
from sheetprop.submission.diagnose.activations import other_activations
from sheetprop.submission.diagnose.budget import MOST_WORK_ON_ONE, Budget
from sheetprop.submission.diagnose.composed import EVERYWHERE, explanation
from sheetprop.submission.diagnose.derivation import SUMS, columns_of, derivation, siblings
from sheetprop.submission.diagnose.edits import Edit, Edited
from sheetprop.submission.diagnose.operators import other_operators
from sheetprop.submission.find.tables import WEIGHTS
from sheetprop.submission.findings import Code

MOST_TRIALS = 30_000
"""Edits tried on one formula before it is told as it is; about a second."""
MOST_TRIALS_ON_HELPERS = 4_000
"""The same for a helper, which is only suspected."""
VALUES_KEPT = 1_000
"""Trials whose values are kept, before they make room for others."""
MOST_SLIPS = 3
MOST_SLIPS_IN_HELPERS = 2
MOST_HELPERS = 60
"""Helpers of a table that are looked at for what a formula may have taken another one for."""
MOST_KNOWN = 10_000
_KNOWN: dict[tuple[object, ...], tuple[Diagnosis, int]] = {}
"""Diagnoses made before, and their work: a class makes the same mistakes, and one is in many rows and tables."""


@dataclass(frozen=True)
class Diagnosis:
    """Why a formula is wrong: the edits that make it right together, and the formula they make (None: none known).

    ``unlikely`` is, of several edits, how unlikely they are; less is better. ``searched`` is false where the submission
    has more wrong formulas than are searched for what is wrong with them.
    """

    edits: tuple[Edit, ...]
    right: Expression | None = None
    unlikely: float = 0.0
    searched: bool = True


def diagnose(
    key: str,
    expression: Expression,
    evaluator: Evaluator,
    names: Sequence[str],
    several: bool,
    budget: Budget,
    expected: np.ndarray | None = None,
) -> Diagnosis:
    """The smallest edit of ``expression`` that makes it the quantity ``key``; ``names`` are what it may contain.

    ``expected`` are the values that it must have on the points where it is a helper of the column of ``key``.
    Without ``several``, one edit is all that is looked for. The search is paid from the ``budget``; where that is
    spent, only what needs no search is told.
    """
    for name, bound in evaluator.bindings.items():
        if bound == RATE:  # the tree is kept as it was typed, with its neutral factors and inner products
            expression = edits.put_name(expression, name, RATE)
    cacheable = expected is None and not any(":" in name or "~" in name for name in expression.symbols())
    case = (key, expression, evaluator.samples.convention, evaluator.samples.given, tuple(names), several)
    paid = cacheable and budget.has_paid(case)
    if budget.spent and not paid:
        return replace(_Search(key, expression, evaluator, names, expected, several).explained(), searched=False)
    known = _KNOWN.get(case) if cacheable else None
    if known is None:
        search = _Search(key, expression, evaluator, names, expected, several)
        found = search.update() if key in WEIGHTS and expected is None else search.equation()
        known = found, search.work
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        if cacheable:
            _KNOWN[case] = known
    diagnosis, work = known
    if not paid:
        budget.pay(work, case if cacheable else None)
    return diagnosis


class _Search:
    def __init__(
        self,
        key: str,
        expression: Expression,
        evaluator: Evaluator,
        names: Sequence[str],
        expected: np.ndarray | None,
        several: bool,
    ) -> None:
        self.key, self.found = key, expression
        self._untried, self.evaluator = evaluator, evaluator.trial()
        self.names = list(names)
        self.work = 0
        self.expected = evaluator.name(key) if expected is None else expected
        self.trials = 0
        self.most = MOST_TRIALS if expected is None else MOST_TRIALS_ON_HELPERS
        self.most_slips = MOST_SLIPS if expected is None else MOST_SLIPS_IN_HELPERS
        if not several:
            self.most_slips = 1

    def first(self, candidates: Iterable[Edited]) -> Diagnosis | None:
        for edit, candidate in candidates:
            if not self._may_try():
                return None
            if equal(self.evaluator(candidate), self.expected) and self._possible(candidate):
                return Diagnosis((kind_of(self.key, edit),), candidate)
        return None

    @cached_property
    def _helpers(self) -> list[str]:
        """The helpers that a formula uses, and, where it uses any, those that are steps of the chain rule as well."""
        used = dict.fromkeys(name.partition("@")[0] for name in self.found.symbols() if name.startswith("~"))
        if not used:
            return []
        steps = [self.evaluator.samples[key] for key in NETWORK.keys(Role.STEP)]
        known = islice(self.evaluator.helpers, MOST_HELPERS)
        found = [name for name in known if any(equal(self.evaluator.name(name), step) for step in steps)]
        return list(dict.fromkeys([*used, *found]))

    @cached_property
    def _way(self) -> int:
        """What a trial costs: to make it, and to evaluate the way from an edit to the root."""
        return 2 * _depth(self.found) + 4

    def _may_try(self) -> bool:
        """Count a trial, which costs the way from an edit to the formula's root; whether there is one left."""
        self.trials += 1
        self.work += self._way
        if self.trials % VALUES_KEPT == 0:
            self.evaluator = self._untried.trial()
        return self.trials <= self.most and self.work <= MOST_WORK_ON_ONE

    def _possible(self, candidate: Expression) -> bool:
        """Whether a formula needs neither its own result nor one that follows from it, as the next weight does."""
        return not any(name == self.key or name.startswith(f"{self.key}@+") for name in candidate.names)

    def update(self) -> Diagnosis:
        """A weight's next value: three names, of which any may be another; then the edits that any formula has."""
        right = (f"{self.key}@-1", f"{partial('E', self.key)}@-1", RATE)
        used = list(dict.fromkeys(self.found.symbols()))
        if len(used) <= 4:
            choices = (dict(zip(used, names, strict=True)) for names in product(*((name, *right) for name in used)))
            for names in sorted(choices, key=_strangeness):
                if found := self._renamed(names):
                    return found
        if diagnosis := self.first(chain(self._typed_rates(), self._missing_change())) or self._typed_change():
            return diagnosis
        if diagnosis := self.equation_edits([*right, *self.names]):
            return diagnosis
        return self.explained()

    def _typed_rates(self) -> Iterator[Edited]:
        """A typed number that is not the learning rate, in its place."""
        for part, put in edits.parts(self.found):
            if isinstance(part, Number):
                yield Edit(Code.WRONG_RATE, part, Symbol(RATE)), put(Symbol(RATE))

    def _missing_change(self) -> Iterator[Edited]:
        """A weight that is only repeated."""
        change = Symbol(RATE) * Symbol(f"{partial('E', self.key)}@-1")
        yield Edit(Code.MISSING_PART, None, change, "-"), Operation("-", self.found, change)

    def _typed_change(self) -> Diagnosis | None:
        """A number alone in the place of a weight's change: a typed rate, of what is not said."""
        gradient = Symbol(f"{partial('E', self.key)}@-1")
        for part, put in edits.parts(self.found):
            if isinstance(part, Number):
                change = Symbol(RATE) * gradient
                right = put(change if part.value >= 0 else Negation(change))
                lacking = Edit(Code.MISSING_PART, None, gradient, "*")
                if self.first([(lacking, right)]):
                    rate = Edit(Code.WRONG_RATE, Number(abs(part.value)), Symbol(RATE))
                    return Diagnosis((rate, lacking), right)
        return None

    def _renamed(self, names: dict[str, str]) -> Diagnosis | None:
        names = {found: name for found, name in names.items() if found != name}
        candidate = self.found.substitute({found: Symbol(name) for found, name in names.items()})
        self._may_try()
        if not names or not equal(self.evaluator(candidate), self.expected):
            return None
        renamed = (Edit(Code.WRONG_QUANTITY, Symbol(found), Symbol(name)) for found, name in names.items())
        return Diagnosis(tuple(kind_of(self.key, edit) for edit in renamed), candidate)

    def equation(self) -> Diagnosis:
        if diagnosis := self.equation_edits(self.names):
            return diagnosis
        return self.explained()

    def equation_edits(self, names: Sequence[str]) -> Diagnosis | None:
        found, near = self.found, self._near(names)
        helpers = self._helpers
        names = [*names, *helpers, *(f"{name}@-1" for name in helpers)]
        ordinary = sorted(dict.fromkeys(names), key=lambda name: (name not in near, len(name)))
        if diagnosis := self.first(self._moved()) or self._other_activation():
            return diagnosis
        replacing = chain(
            edits.replaced_names(found, ordinary),
            edits.changed(found, edits.superfluous),
            edits.changed(found, edits.doubled),
            edits.changed(found, edits.groupings),
            edits.changed(found, edits.signs),
            other_operators(found),
            edits.changed(found, edits.constants),
            edits.changed(found, edits.dropped),
        )
        adding = chain(self._two_siblings(), edits.added(found, near))
        return (
            self.first(replacing)
            or self.first(self._missing_terms())
            or (isinstance(found, Symbol) and self.first(edits.missing_factors(found, self._factors())))
            or self._other_quantity()
            or self.first(adding)
            or self._missing_path(names)
            or self._several()
        )

    def _factors(self) -> list[Expression]:
        return derivation(self.key, columns_of(self.names), self.evaluator.samples.convention).factors

    def _several(self) -> Diagnosis | None:
        """Two or three slips, each of which changes what the others left right."""
        columns = columns_of(self.names)
        derived = derivation(self.key, columns, self.evaluator.samples.convention)
        used = dict.fromkeys(self.found.symbols())
        helpers = self._helpers
        # In a form of their own, as ∂E/∂w7·a_h2/a_h1, other names belong than in the network's.
        own = [name for name in self.names if any(name in siblings(other) for other in used)]
        if any(isinstance(part, Operation) and part.operator == "/" for part, _ in edits.parts(self.found)):
            near = (self.key, *derived.names)
            own += [name for other in near for name in siblings(other) if name in self.names]
        found = explanation(
            self.found,
            self.evaluator,
            self.expected,
            derived,
            [*helpers, *(f"{name}@-1" for name in helpers), *own],
            self._possible,
            self.most_slips,
            self._pay,
        )
        if found is None:
            return None
        return Diagnosis(tuple(kind_of(self.key, edit) for edit in found.edits), found.right, found.unlikely)

    def _pay(self, work: int) -> None:
        self.work += work

    def explained(self) -> Diagnosis:
        """What is known without an edit: a constant or simple multiple of what it should be, or nothing."""
        if self.key in self.found.names:
            return Diagnosis((Edit(Code.CIRCULAR),))
        with np.errstate(all="ignore"):
            ratio = self.evaluator(self.found) / self.expected
        if np.all(np.isfinite(ratio)) and np.ptp(ratio) <= RELATIVE * abs(ratio[0]):
            factor = float(ratio[0])
            code = Code.WRONG_SIGN if factor == -1 else Code.EXTRA_PART if abs(factor) > 1 else Code.MISSING_PART
            return Diagnosis((Edit(code, Number(factor), joint="ratio"),))
        return Diagnosis((Edit(Code.WRONG_FORMULA),))

    def _moved(self) -> Iterator[Edited]:
        """All quantities taken from one iteration up or down."""
        used = [name for name in dict.fromkeys(self.found.symbols()) if ":" not in name and "#" not in name]
        for by in (1, -1, 2, -2, 3, -3):
            moved = {name: Symbol(shifted(name, by)) for name in used}
            if any(symbol.key != name for name, symbol in moved.items()):
                candidate = self.found.substitute(dict(moved))
                changed = [name for name, symbol in moved.items() if symbol.key != name]
                only = len(changed) == 1
                yield Edit(Code.WRONG_ROW, Symbol(changed[0]), moved[changed[0]], everywhere=only), candidate

    def _other_activation(self) -> Diagnosis | None:
        value = self.evaluator(self.found)
        for edit, computed in other_activations(self.key):
            if equal(value, self.evaluator(computed)):
                return Diagnosis((edit,), edit.expected)
        return None

    def _other_quantity(self) -> Diagnosis | None:
        """The formula computes another quantity altogether, or updates a weight."""
        value = self.evaluator(self.found)
        for key in NETWORK.keys_except(Role.TARGET, Role.INPUT):
            if key in self.names and key != self.key and equal(value, self.evaluator.name(key)):
                return Diagnosis((Edit(Code.OVERWRITTEN, Symbol(key)),))
        used = self.found.names
        if self.key not in WEIGHTS and f"{self.key}@-1" in used and any(name.startswith("dE_dw") for name in used):
            return Diagnosis((Edit(Code.OVERWRITTEN),))
        return None

    def _two_siblings(self) -> Iterator[Edited]:
        """Two names mistaken for their siblings, as w5 and w7 for w6 and w8."""
        used = list(dict.fromkeys(self.found.symbols()))
        for a, b in combinations(used, 2):
            for new_a, new_b in product(siblings(a), siblings(b)):
                candidate = self.found.substitute({a: Symbol(new_a), b: Symbol(new_b)})
                yield Edit(Code.WRONG_QUANTITY, Symbol(a), Symbol(new_a), also=(b, new_b)), candidate

    def _missing_terms(self) -> Iterator[Edited]:
        equation = NETWORK[self.key].equation
        while isinstance(equation, Operation) and equation.operator == "+":
            for term in (equation.left, equation.right):
                yield Edit(Code.MISSING_PART, None, term, "+"), Operation("+", self.found, term)
            equation = equation.left

    def _missing_path(self, names: Sequence[str]) -> Diagnosis | None:
        """One side of a sum left out, as one of the two ways on which a weight reaches the error."""
        if self.key in WEIGHTS or self.evaluator.samples.convention.crossed:
            return None
        available = [n for n in names if n in NETWORK.keys() and n != self.key]
        for columns in (available, [n for n in available if NETWORK[n].role is not Role.STEP]):
            try:
                equation = NETWORK.equation(self.key, columns)
            except ValueError:
                continue
            for part, put in edits.parts(equation) if equation is not None else ():
                if isinstance(part, Operation) and part.operator == "+":
                    for kept, missing in ((part.left, part.right), (part.right, part.left)):
                        if equal(self.evaluator(self.found), self.evaluator(put(kept))):
                            return Diagnosis((Edit(Code.MISSING_PART, None, missing, "+"),), equation)
        return None

    def _near(self, names: Sequence[str]) -> list[str]:
        """The names that the right equation has in one of its forms, and what they are mistaken for."""
        wanted = set[str]()
        if self.key in WEIGHTS:
            wanted |= {f"{self.key}@-1", f"{partial('E', self.key)}@-1", RATE}
        elif NETWORK[self.key].equation is not None:
            available = [name for name in names if "@" not in name and name not in (self.key, RATE)]
            for columns in (available, [n for n in available if NETWORK[n].role is not Role.STEP]):
                try:
                    equation = NETWORK.equation(self.key, columns)
                except ValueError:
                    continue
                wanted |= set(equation.symbols() if equation else ())
        return [name for name in dict.fromkeys(names) if name in wanted]


def kind_of(key: str, edit: Edit) -> Edit:
    """The same edit of the formula of ``key``, with the kind of mistake that a replaced name is."""
    if edit.joint == EVERYWHERE:
        edit = replace(edit, joint="")
    if edit.code is Code.WRONG_CONSTANT and edit.expected == Symbol(RATE):
        return replace(edit, code=Code.WRONG_RATE)
    if edit.code is Code.WRONG_CONSTANT and isinstance(edit.expected, Symbol):
        return replace(edit, code=Code.TYPED_PART)
    if edit.code is Code.WRONG_CONSTANT and edit.expected == _opposite(edit.found):
        return replace(edit, code=Code.WRONG_SIGN)
    if edit.code is not Code.WRONG_QUANTITY:
        return edit
    assert isinstance(edit.found, Symbol)
    assert isinstance(edit.expected, Symbol)
    found, expected = edit.found.key, edit.expected.key
    found_key, expected_key = found.partition("@")[0].partition("#")[0], expected.partition("@")[0]
    code = Code.WRONG_QUANTITY
    if "#" in found and (found_key == expected_key or expected == RATE):
        code = Code.STUCK_REFERENCE if found_key == expected_key else Code.WRONG_RATE
    elif expected == RATE:
        code = Code.WRONG_RATE
    elif found_key == expected_key:
        code = Code.WRONG_ROW
    elif SUMS.get(expected_key) == found_key:
        code = Code.PRE_ACTIVATION
    elif key in WEIGHTS and found_key.startswith("dE_d") and expected_key.startswith("dE_d"):
        code = Code.WRONG_GRADIENT
    return replace(edit, code=code)


def _opposite(number: Expression | None) -> Expression | None:
    return Number(-number.value) if isinstance(number, Number) else None


def _depth(expression: Expression) -> int:
    """How many operations are within one another, at most."""
    deepest, pending = 1, [(expression, 1)]
    while pending:
        part, depth = pending.pop()
        deepest = max(deepest, depth)
        match part:
            case Operation(_, left, right):
                pending += ((left, depth + 1), (right, depth + 1))
            case Negation(inner) | Call(_, inner):
                pending.append((inner, depth + 1))
    return deepest


def _strangeness(names: dict[str, str]) -> tuple[int, int]:
    """How many names are replaced, and how many of them by one of another kind."""
    changed = [(found, name) for found, name in names.items() if found != name]
    return len(changed), sum(found.startswith("dE_") != name.startswith("dE_") for found, name in changed)


__all__ = ["Diagnosis", "Edit", "diagnose", "kind_of", "siblings"]
