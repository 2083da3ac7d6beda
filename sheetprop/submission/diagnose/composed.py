"""Which slips, of all that would explain a formula together, a person most likely made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sheetprop.expression import Call, Expression, Negation, Number, Operation, Symbol
from sheetprop.submission.compare.evaluation import Evaluator, shifted
from sheetprop.submission.compare.samples import equal
from sheetprop.submission.diagnose.derivation import Derivation, alike
from sheetprop.submission.diagnose.edits import Edit, parts, put_name
from sheetprop.submission.diagnose.slips import Choice, Slips
from sheetprop.submission.diagnose.wanted import Hit
from sheetprop.submission.findings import Code

MOST_CONFIRMED = 200
"""Explanations that are confirmed on all points before it is given up."""
MOST_UNLIKELY = 1.25
"""Of one slip among several; whoever drops half a formula and lacks another half has written another formula."""
UNWRITTEN = 0.2
"""How much less likely an explanation is for each thing in the right formula that nobody writes."""
LONG = 6
"""Parts of a missing factor or term from which on nothing else can be too many."""
LONGEST = 60
"""Parts of a formula in which several slips are looked for."""
LONGEST_FOR_THREE = 16


@dataclass(frozen=True)
class Explanation:
    """Edits that make a formula right together, what they make of it, and how unlikely they are."""

    edits: tuple[Edit, ...]
    right: Expression
    unlikely: float


@dataclass(frozen=True)
class _Form:
    """A formula with one slip mended that is in several places of it at once; ``was`` gives what stood there."""

    expression: Expression
    edits: tuple[Edit, ...] = ()
    was: tuple[tuple[str, Expression], ...] = ()


def explanation(
    found: Expression,
    evaluator: Evaluator,
    expected: np.ndarray,
    derivation: Derivation,
    helpers: Sequence[str],
    accept: Callable[[Expression], bool],
    most: int,
    pay: Callable[[int], None],
) -> Explanation | None:
    """The fewest and most likely slips of ``found``, ``most`` at most, without which it has the values ``expected``.

    ``helpers`` are names of the sheet's own that may belong in it; what ``accept`` refuses is no right formula. ``pay``
    is told the work.
    """
    length = sum(1 for _ in parts(found))
    if length > LONGEST:
        return None
    names = tuple(dict.fromkeys([*derivation.names, *helpers]))
    choice = Choice(names, tuple(derivation.numbers), tuple(derivation.factors), tuple(derivation.terms))
    lean = replace(choice, factors=tuple(derivation.simple_factors), terms=tuple(derivation.simple_terms))
    vanish = vanishing(found)
    forms = [_Form(found), *_moved(found), *_renamed(found, names)]
    known: dict[tuple[int, bool], Slips] = {}
    for count in range(1, most + 1):
        if count > 2 and length > LONGEST_FOR_THREE:
            break
        hits = []
        for n, form in enumerate(forms):
            left = count - len(form.edits)
            if left == 0 and form.edits:
                hits.append(Hit(0, form.edits, form.expression))
                continue
            small = left > 2
            if (n, small) not in known:
                known[n, small] = Slips(form.expression, evaluator, lean if small else choice)
            with np.errstate(all="ignore"):
                found_here = known[n, small].solutions(expected, left)
            pay(known[n, small].work_done())
            hits += [_told(form, hit) for hit in found_here]
        used = Counter(found.symbols())
        hits = [hit for hit in hits if max(cost(edit, used) for edit in hit.edits) <= MOST_UNLIKELY]
        hits = [hit for hit in hits if vanishing(hit.part) <= vanish and not _rewrites(hit)]
        hits.sort(key=lambda hit: _unlikely(hit, used))
        for hit in hits[:MOST_CONFIRMED]:
            if accept(hit.part) and equal(evaluator(hit.part), expected):
                told = tuple(_at_one_place(edit, used) for edit in hit.edits)
                return Explanation(told, hit.part, _unlikely(hit, used)[0])
    return None


def _told(form: _Form, hit: Hit) -> Hit:
    """A hit in a form, its edits told of what really stands in the formula."""
    was = dict(form.was)
    edits = (replace(edit, found=edit.found.substitute(was)) if edit.found else edit for edit in hit.edits)
    return Hit(0, (*form.edits, *edits), hit.part)


def _rewrites(hit: Hit) -> bool:
    """Whether one part goes and a long one comes in its place: that is another formula, no slips."""
    long = any(edit.code is Code.MISSING_PART and edit.expected and _size(edit.expected) > LONG for edit in hit.edits)
    return long and any(edit.code is Code.EXTRA_PART for edit in hit.edits)


def _at_one_place(edit: Edit, used: Counter[str]) -> Edit:
    if edit.code is Code.WRONG_QUANTITY and isinstance(edit.found, Symbol) and edit.everywhere:
        return replace(edit, everywhere=used[edit.found.key] < 2 or edit.joint == EVERYWHERE)
    return edit


EVERYWHERE = "everywhere"
"""As the joint of an edit: all places of a name are meant."""


def _moved(found: Expression) -> Iterator[_Form]:
    """All quantities taken from one iteration up or down."""
    used = [name for name in dict.fromkeys(found.symbols()) if ":" not in name and "#" not in name]
    for by in (1, -1):
        moved = {name: shifted(name, by) for name in used if shifted(name, by) != name}
        if len(moved) > 1:
            first = next(iter(moved))
            edit = Edit(Code.WRONG_ROW, Symbol(first), Symbol(moved[first]), everywhere=False)
            expression = found.substitute({name: Symbol(new) for name, new in moved.items()})
            yield _Form(expression, (edit,), tuple((new, Symbol(name)) for name, new in moved.items()))


def _renamed(found: Expression, names: Sequence[str]) -> Iterator[_Form]:
    """A name that stands in several places, replaced in all of them."""
    used = Counter(found.symbols())
    for name, times in used.items():
        if times > 1:
            for new in names:
                if new != name and (alike(name, new) or name not in names):
                    was = () if new in used else ((new, Symbol(name)),)
                    edit = Edit(Code.WRONG_QUANTITY, Symbol(name), Symbol(new), EVERYWHERE)
                    yield _Form(put_name(found, name, new), (edit,), was)


def vanishing(expression: Expression) -> int:
    """How often something is written that nobody writes: a term taken from itself, a factor divided by itself.

    So are numbers that make a constant, minus a minus, a first power and a factor 1.
    """
    match expression:
        case Operation("+" | "-", Number(), Number()) | Operation("-", _, Negation()) | Negation(Negation()):
            return 1
        case Operation("^", base, Number(1)):
            return 1 + vanishing(base)
        case Operation("*", Number(1), other) | Operation("*", other, Number(1)):
            return 1 + vanishing(other)
        case Operation("+" | "-" | "*" | "/" as operator):
            inverse = "-" if operator in "+-" else "/"
            straight, inverted = _sides(expression, inverse)
            inner = sum(map(vanishing, (straight + inverted).elements()))
            return inner + (straight & inverted).total()
        case Operation(_, left, right):
            return vanishing(left) + vanishing(right)
        case Negation(operand):
            return vanishing(operand)
        case Call(_, argument):
            return vanishing(argument)
    return 0


def _sides(expression: Expression, inverse: str) -> tuple[Counter[Expression], Counter[Expression]]:
    """The terms of a sum (``inverse`` −) and those that it takes away; of a product (÷) its factors and divisors."""
    match expression:
        case Operation(operator, left, right) if operator == inverse or operator == {"-": "+", "/": "*"}[inverse]:
            (straight, inverted), (others, other_inverted) = _sides(left, inverse), _sides(right, inverse)
            if operator == inverse:
                others, other_inverted = other_inverted, others
            return straight + others, inverted + other_inverted
        case Negation(operand) if inverse == "-":
            straight, inverted = _sides(operand, inverse)
            return inverted, straight
    return Counter([expression]), Counter()


def _unlikely(hit: Hit, used: Counter[str]) -> tuple[float, int]:
    """How unlikely several slips are together, then how long what they leave is."""
    odd = UNWRITTEN * vanishing(hit.part)
    return round(odd + sum(cost(edit, used) for edit in hit.edits), 6), _size(hit.part)


def cost(edit: Edit, used: Counter[str]) -> float:
    """How unlikely a slip is: 1 for those that most people make."""
    found, expected = edit.found, edit.expected
    match edit.code:
        case Code.WRONG_QUANTITY | Code.WRONG_ROW if isinstance(found, Symbol) and isinstance(expected, Symbol):
            return 1.0 if alike(found.key, expected.key) else 1.05
        case Code.WRONG_CONSTANT if isinstance(found, Number):
            if isinstance(expected, Number) and found.value < 0 < expected.value != -found.value:
                return 1.1
            if isinstance(expected, Number) and found.value != 0 and expected.value * found.value <= 0:
                return 0.98 if expected.value > 0 else 1.2
            ordinary = isinstance(expected, Number) == (found.value in ORDINARY)
            return 0.98 if ordinary else 1.2
        case Code.WRONG_SIGN | Code.WRONG_OPERATOR:
            return 1.0
        case Code.PRECEDENCE:
            return 0.97 if _reaches_less(found, expected) else 1.12
        case Code.EXTRA_PART if found is not None and expected is None:
            doubled = isinstance(found, Symbol) and used[found.key] > 1
            return 1.0 if doubled else 1.05 + 0.08 * _size(found)
        case Code.MISSING_PART if expected is not None and found is None:
            put = {"*": 1.2 if isinstance(expected, Number) else 1.0, "+": 1.1}.get(edit.joint, 1.15)
            # However long, it is one part of the network's own derivation that was forgotten.
            return min(put + 0.04 * (_size(expected) - 1), MOST_UNLIKELY)
        case Code.MISSING_PART if isinstance(expected, Operation) and found is not None:
            if expected.operator == "-" and expected.left != Number(1):
                return 1.16
            usual = expected.right == Number(2) or expected.left == Number(1)
            return 1.04 if usual and expected.operator in "^+-" else 1.3
    return 1.3


def _reaches_less(found: Expression | None, expected: Expression | None) -> bool:
    """Whether what should reach over a sum reaches over one term of it: −t − a for −(t − a), a + b/2 for (a + b)/2."""
    match expected:
        case Negation(Operation("+" | "-")):
            return isinstance(found, Operation) and isinstance(found.left, Negation)
        case Operation("/", Operation("+" | "-"), Number() as divisor):
            return isinstance(found, Operation) and isinstance(found.right, Operation) and found.right.right == divisor
        case Operation("*", Number(factor), Operation("+" | "-")) if factor < 0:
            return isinstance(found, Operation) and isinstance(found.left, Operation) and found.operator in "+-"
    return False


ORDINARY = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Numbers that people put for another number rather than for a quantity."""


def _size(expression: Expression) -> int:
    return sum(1 for _ in parts(expression))
