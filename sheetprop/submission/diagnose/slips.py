"""Several slips in one formula, looked up by value.

Of every part of a formula it is known what value it must have for the whole to be right; what one slip can make of a
part is a list of values from the network's own derivation. So a first slip is looked for by its value, and after each
first slip that could be, a second one: all at once, as rows of an array.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from sheetprop.expression import Call, Expression, Negation, Number, Operation, Symbol
from sheetprop.submission.compare.evaluation import FUNCTIONS, OPERATORS
from sheetprop.submission.diagnose import edits
from sheetprop.submission.diagnose.edits import Edit
from sheetprop.submission.findings import Code

WIDTH = 2
"""Points on which values are looked up; what is found is confirmed on all."""
CLOSE = 1e-7
"""Relative difference of values that are taken for the same until that is confirmed."""
MOST_ROWS = 400_000
"""Values that one part is asked for at once."""
MOST_HITS = 2_000


@dataclass(frozen=True)
class Hit:
    """Edits after which a part has the value of the row it was asked for, and what they make of it."""

    row: int
    edits: tuple[Edit, ...]
    part: Expression


@dataclass(frozen=True)
class Choice:
    """What may stand in a formula's parts: names for names, numbers for numbers, missing factors and terms."""

    names: tuple[str, ...]
    numbers: tuple[float, ...]
    factors: tuple[Expression, ...]
    terms: tuple[Expression, ...]


class Bag:
    """Values, each with what it comes from."""

    def __init__(self, segments: Iterable[tuple[np.ndarray, Callable[[int], Hit]]]) -> None:
        kept = [(values, decode) for values, decode in segments if len(values)]
        self.values = np.concatenate([values for values, _ in kept]) if kept else np.empty((0, WIDTH))
        self._starts = list(np.cumsum([0, *(len(values) for values, _ in kept)]))
        self._decoders = [decode for _, decode in kept]
        self._order = np.argsort(self.values[:, 0], kind="stable")
        self._sorted = self.values[self._order]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, n: int) -> Hit:
        segment = bisect_right(self._starts, n) - 1
        return self._decoders[segment](n - int(self._starts[segment]))

    def find(self, wanted: np.ndarray) -> Iterator[tuple[int, int]]:
        """The rows of ``wanted``, shape (n, WIDTH), that are among the values, with the number of the value."""
        if not len(self.values) or not len(wanted):
            return
        at = np.searchsorted(self._sorted[:, 0], wanted[:, 0])
        for step in (-1, 0):
            near = np.clip(at + step, 0, len(self._sorted) - 1)
            found = self._sorted[near]
            same = (np.abs(wanted - found) <= CLOSE * np.abs(found)).all(axis=1) & (found != 0).any(axis=1)
            for row in np.flatnonzero(same)[:MOST_HITS].tolist():
                yield row, int(self._order[near[row]])


Done = Callable[[Hit], Hit]
"""From a hit in a part, whose rows are the part's own, to the hit in what it is part of."""
Blocks = dict[tuple[int, int], list[tuple[Expression, np.ndarray, Done]]]


class Slips:
    """The slips of one formula; ``value`` gives the values of an expression, shape (≥ WIDTH,)."""

    def __init__(self, found: Expression, value: Callable[[Expression], np.ndarray], choice: Choice) -> None:
        self.found, self._value, self.choice = _copied(found), value, choice
        self._own = {id(part): part for part, _ in edits.parts(self.found)}
        self._values: dict[int, tuple[Expression, np.ndarray]] = {}
        self._alternatives: dict[int, list[tuple[Edit, Expression]]] = {}
        self._bags: dict[tuple[int, bool], Bag] = {}
        self._names = self._bag_of([Symbol(name) for name in choice.names])
        self._factors, self._terms = self._bag_of(choice.factors), self._bag_of(choice.terms)
        self._constants = self._bag_of([*map(Number, choice.numbers), *map(Symbol, choice.names)])

    def solutions(self, needed: np.ndarray, count: int) -> list[Hit]:
        """The sets of ``count`` edits that give the formula the values ``needed``, unconfirmed."""
        return self._solve(self.found, needed[None, :WIDTH], count)

    def value(self, part: Expression) -> np.ndarray:
        """The values of a part as it stands, shape (1, WIDTH)."""
        known = self._values.get(id(part))
        if known is None:
            known = self._values[id(part)] = part, self._value(part)[None, :WIDTH]
        return known[1]

    def _bag_of(self, parts: Sequence[Expression]) -> Bag:
        values = [self.value(part) for part in parts]
        return Bag([(np.concatenate(values), lambda n: Hit(n, (), parts[n]))] if parts else [])

    # What is asked of the parts

    def _solve(self, part: Expression, needed: np.ndarray, count: int) -> list[Hit]:
        """Hits of exactly ``count`` edits in ``part``, one of the formula's own, for each row of ``needed``."""
        hits: list[Hit] = []
        if count == 1:
            hits += self._changed(part, needed)
        blocks: Blocks = defaultdict(list)
        self._descend(part, needed, count, lambda hit: hit, blocks, top=True)
        if count > 1:
            for edit, new in self.alternatives(part):
                self._descend(new, needed, count - 1, _after(edit), blocks)
            self._wrap(part, needed, count - 1, blocks)
        for (_, left), asked in blocks.items():
            hits += self._solved(asked, left)
            if len(hits) > MOST_HITS:
                break
        return hits

    def _solved(self, asked: list[tuple[Expression, np.ndarray, Done]], count: int) -> Iterator[Hit]:
        part = asked[0][0]
        starts = np.cumsum([0, *(len(rows) for _, rows, _ in asked)])
        if starts[-1] > MOST_ROWS:
            return
        for hit in self._solve(part, np.concatenate([rows for _, rows, _ in asked]), count):
            block = int(np.searchsorted(starts, hit.row, side="right")) - 1
            yield asked[block][2](replace(hit, row=hit.row - int(starts[block])))

    def _changed(self, part: Expression, needed: np.ndarray) -> Iterator[Hit]:
        """Hits of one edit of the part itself."""
        bag = self._bag(part, within=False)
        for row, n in bag.find(needed):
            yield replace(bag[n], row=row)
        value = self.value(part)
        lookups = (
            (self._factors, needed / value, _multiplied),
            (self._terms, needed - value, _added),
            (self._terms, value - needed, _subtracted),
            (self._terms, needed + value, _taken_from),
        )
        for missing, wanted, put in lookups:
            for row, n in missing.find(wanted):
                edit, new = put(part, missing[n].part)
                yield Hit(row, (edit,), new)

    def _wrap(self, part: Expression, needed: np.ndarray, count: int, blocks: Blocks) -> None:
        """Ask the part for what it must be once a factor or term is put to it."""
        n = len(needed)
        for missing, inverse, put in (
            (self._factors, np.divide, _multiplied),
            (self._terms, np.subtract, _added),
            (self._terms, np.add, _subtracted),
        ):
            if not len(missing):
                continue
            rows = inverse(needed[None, :, :], missing.values[:, None, :]).reshape(-1, WIDTH)
            found = [hit.part for hit in map(missing.__getitem__, range(len(missing)))]

            def done(hit: Hit, found: list[Expression] = found, put: Put = put) -> Hit:
                edit, new = put(hit.part, found[hit.row // n])
                return Hit(hit.row % n, (edit, *hit.edits), new)

            blocks[id(part), count].append((part, rows, done))

    def _descend(
        self, part: Expression, needed: np.ndarray, count: int, done: Done, blocks: Blocks, top: bool = False
    ) -> None:
        """Ask the formula's own parts in ``part`` for what they must be, ``count`` edits left to be made in them."""
        if not top and id(part) in self._own:
            blocks[id(part), count].append((part, needed, done))
            return
        match part:
            case Operation(operator, left, right):
                self._descend_into_sides(part, needed, count, done, blocks)
                if count > 1:
                    bags = [self._bag(side, within=True) for side in (left, right)]
                    if count > 2 or len(bags[0]) <= len(bags[1]):
                        self._split(part, bags[0], True, needed, count - 1, done, blocks)
                    if count > 2 or len(bags[1]) < len(bags[0]):
                        self._split(part, bags[1], False, needed, count - 1, done, blocks)
            case Negation(operand):
                self._descend(operand, -needed, count, lambda hit: done(_with(hit, Negation(hit.part))), blocks)
            case Call(name, argument):
                for rows in _inverse_of_call(name, needed):
                    self._descend(argument, rows, count, lambda hit: done(_with(hit, Call(name, hit.part))), blocks)

    def _descend_into_sides(
        self, part: Operation, needed: np.ndarray, count: int, done: Done, blocks: Blocks
    ) -> None:
        operator, left, right = part.operator, part.left, part.right
        for rows in _left(operator, needed, self.value(right)):
            self._descend(left, rows, count, lambda hit: done(_with(hit, Operation(operator, hit.part, right))), blocks)
        rows = _right(operator, needed, self.value(left))
        self._descend(right, rows, count, lambda hit: done(_with(hit, Operation(operator, left, hit.part))), blocks)

    def _split(
        self, part: Operation, bag: Bag, of_left: bool, needed: np.ndarray, count: int, done: Done, blocks: Blocks
    ) -> None:
        """One edit in one side, each that there is, and the others in the other side."""
        if not len(bag) or len(bag) * len(needed) > MOST_ROWS:
            return
        n, operator = len(needed), part.operator
        asked, given = needed[None, :, :], bag.values[:, None, :]

        def joined(hit: Hit) -> Hit:
            other = bag[hit.row // n]
            sides = (other.part, hit.part) if of_left else (hit.part, other.part)
            return done(Hit(hit.row % n, (*other.edits, *hit.edits), Operation(operator, *sides)))

        if of_left:
            rows = _right(operator, asked, given).reshape(-1, WIDTH)
            self._descend(part.right, rows, count, joined, blocks)
            return
        for found in _left(operator, asked, given):
            self._descend(part.left, found.reshape(-1, WIDTH), count, joined, blocks)

    # What one edit makes of the parts

    def alternatives(self, part: Expression) -> list[tuple[Edit, Expression]]:
        """What a part may be instead, made of its own parts."""
        known = self._alternatives.get(id(part))
        if known is None:
            changes = (edits.signs, edits.groupings, edits.dropped, edits.reshaped)
            found = {new: edit for change in reversed(changes) for edit, new in change(part)}
            known = self._alternatives[id(part)] = [(edit, new) for new, edit in found.items()]
        return known

    def _bag(self, part: Expression, within: bool) -> Bag:
        """The values that one edit gives a part: one of the part itself, or (``within``) any in it."""
        known = self._bags.get((id(part), within))
        if known is None:
            own = self._own_changes(part) if id(part) in self._own else iter(())
            segments = chain(own, self._put_to(part), self._lifted(part)) if within else own
            known = self._bags[id(part), within] = Bag(segments)
            self._values.setdefault(id(part), (part, self.value(part)))
        return known

    def _own_changes(self, part: Expression) -> Iterator[tuple[np.ndarray, Callable[[int], Hit]]]:
        match part:
            case Symbol():
                yield self._names.values, lambda n: _renamed(part, self._names[n].part)
            case Number():
                yield self._constants.values, lambda n: _typed(part, self._constants[n].part)
        found = self.alternatives(part)
        if found:
            values = np.concatenate([self.value(new) for _, new in found])
            yield values, lambda n: Hit(0, (found[n][0],), found[n][1])

    def _put_to(self, part: Expression) -> Iterator[tuple[np.ndarray, Callable[[int], Hit]]]:
        if id(part) not in self._own:
            return
        value = self.value(part)
        for missing, operation, put in (
            (self._factors, np.multiply, _multiplied),
            (self._terms, np.add, _added),
            (self._terms, np.subtract, _subtracted),
        ):

            def decode(n: int, missing: Bag = missing, put: Put = put) -> Hit:
                edit, new = put(part, missing[n].part)
                return Hit(0, (edit,), new)

            yield operation(value, missing.values), decode

    def _lifted(self, part: Expression) -> Iterator[tuple[np.ndarray, Callable[[int], Hit]]]:
        """The edits in the sides of a part, with the values that they give the whole."""
        match part:
            case Operation(operator, left, right):
                for side, values, put in (
                    (left, lambda bag: _apply(operator, bag, self.value(right)), lambda x: Operation(operator, x, right)),
                    (right, lambda bag: _apply(operator, self.value(left), bag), lambda x: Operation(operator, left, x)),
                ):
                    bag = self._bag(side, within=True)
                    yield values(bag.values), _lifting(bag, put)
            case Negation(operand):
                bag = self._bag(operand, within=True)
                yield -bag.values, _lifting(bag, Negation)
            case Call(name, argument):
                bag = self._bag(argument, within=True)
                yield FUNCTIONS[name](bag.values), _lifting(bag, lambda x: Call(name, x))


Put = Callable[[Expression, Expression], tuple[Edit, Expression]]


def _multiplied(part: Expression, missing: Expression) -> tuple[Edit, Expression]:
    return Edit(Code.MISSING_PART, None, missing, "*"), Operation("*", part, missing)


def _added(part: Expression, missing: Expression) -> tuple[Edit, Expression]:
    return Edit(Code.MISSING_PART, None, missing, "+"), Operation("+", part, missing)


def _subtracted(part: Expression, missing: Expression) -> tuple[Edit, Expression]:
    return Edit(Code.MISSING_PART, None, missing, "-"), Operation("-", part, missing)


def _taken_from(part: Expression, missing: Expression) -> tuple[Edit, Expression]:
    new = Operation("-", missing, part)
    return Edit(Code.MISSING_PART, part, new), new


def _renamed(part: Expression, new: Expression) -> Hit:
    return Hit(0, (Edit(Code.WRONG_QUANTITY, part, new),), new)


def _typed(part: Expression, new: Expression) -> Hit:
    return Hit(0, (Edit(Code.WRONG_CONSTANT, part, new),), new)


def _with(hit: Hit, part: Expression) -> Hit:
    return Hit(hit.row, hit.edits, part)


def _after(edit: Edit) -> Done:
    """Another edit, and then this one, told with what both make of its part."""

    def done(hit: Hit) -> Hit:
        told = edit if edit.expected is None or edit.found is None else replace(edit, expected=hit.part)
        return Hit(hit.row, (told, *hit.edits), hit.part)

    return done


def _lifting(bag: Bag, put: Callable[[Expression], Expression]) -> Callable[[int], Hit]:
    def decode(n: int) -> Hit:
        hit = bag[n]
        return Hit(0, hit.edits, put(hit.part))

    return decode


def _apply(operator: str, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    result: np.ndarray = OPERATORS[operator](left, right)
    return result


def _left(operator: str, needed: np.ndarray, right: np.ndarray) -> list[np.ndarray]:
    """What must stand before an operator for the result to be ``needed``; two answers where a square is taken."""
    match operator:
        case "+":
            return [needed - right]
        case "-":
            return [needed + right]
        case "*":
            return [needed / right]
        case "/":
            return [needed * right]
    root = np.power(needed, 1 / right)
    return [root, -root] if np.all(right == 2) else [root]


def _right(operator: str, needed: np.ndarray, left: np.ndarray) -> np.ndarray:
    """What must stand behind an operator for the result to be ``needed``."""
    match operator:
        case "+":
            return needed - left
        case "-":
            return left - needed
        case "*":
            return needed / left
        case "/":
            return left / needed
    exponent: np.ndarray = np.log(needed) / np.log(left)
    return exponent


def _inverse_of_call(name: str, needed: np.ndarray) -> list[np.ndarray]:
    match name:
        case "exp":
            return [np.log(needed)]
        case "ln":
            return [np.exp(needed)]
        case "tanh":
            return [np.arctanh(needed)]
        case "sqrt":
            return [needed**2]
        case "round":
            return [needed]
        case "abs":
            return [needed, -needed]
    return []


def _copied(expression: Expression) -> Expression:
    """The same expression with no part that stands in it twice, so that parts are known by their identity."""
    match expression:
        case Symbol(key):
            return Symbol(key)
        case Number(value):
            return Number(value)
        case Operation(operator, left, right):
            return Operation(operator, _copied(left), _copied(right))
        case Negation(operand):
            return Negation(_copied(operand))
        case Call(name, argument):
            return Call(name, _copied(argument))
    return expression
