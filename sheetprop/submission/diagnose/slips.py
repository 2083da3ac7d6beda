"""Several slips in one formula, looked up by value.

Of every part of a formula it is known what value it must have for the whole to be right; what one slip can make of a
part is a list of values from the network's own derivation. So a first slip is looked for by its value, and after each
first slip that could be, a second one: all at once, as rows of an array.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import NamedTuple

import numpy as np

from sheetprop.expression import Call, Expression, Negation, Number, Operation, Symbol
from sheetprop.submission.compare.evaluation import FUNCTIONS
from sheetprop.submission.diagnose import edits
from sheetprop.submission.diagnose.edits import Edit
from sheetprop.submission.diagnose.wanted import MOST_HITS, WIDTH, Bag, Hit, apply, before, behind, inside
from sheetprop.submission.findings import Code

REBUILDING = (Code.PRECEDENCE,)
"""Slips after which what they built is another sum or product, in which there may be another slip."""
MOST_ROWS = 400_000
"""Values that one part is asked for at once."""


@dataclass(frozen=True)
class Choice:
    """What may stand in a formula's parts: names for names, numbers for numbers, missing factors and terms."""

    names: tuple[str, ...]
    numbers: tuple[float, ...]
    factors: tuple[Expression, ...]
    terms: tuple[Expression, ...]


STEPS_TO_ASK, ROWS_IN_A_STEP = 40, 40
"""Work, in steps of the budget: asking a part for values, and how many of them are one step."""
Operate = Callable[..., np.ndarray]
Put = Callable[[Expression, Expression], tuple[Edit, Expression]]
"""From a part and what is missing of it to the edit and what it makes of the part."""
Done = Callable[[Hit], Hit]
"""From a hit in a part, whose rows are the part's own, to the hit in what it is part of."""
Blocks = dict[tuple[int, int, "Ends"], list[tuple[Expression, np.ndarray, Done]]]


class Ends(NamedTuple):
    """Whether a part is a whole product, and a whole sum: what is missing of one is told once, at its end."""

    product: bool = True
    sum: bool = True


def _ends(operator: str) -> tuple[Ends, Ends]:
    """The same of the two sides of an operator."""
    match operator:
        case "*":
            return Ends(product=False), Ends(product=False)
        case "/":
            return Ends(product=False), Ends()
        case "+" | "-":
            return Ends(sum=False), Ends(sum=False)
    return Ends(), Ends()


class Slips:
    """The slips of one formula; ``value`` gives the values of an expression, shape (≥ WIDTH,)."""

    def __init__(self, found: Expression, value: Callable[[Expression], np.ndarray], choice: Choice) -> None:
        self.found, self._value, self.choice = _copied(found), value, choice
        self._own = {id(self.found): Ends()} | dict(_ends_of_sides(self.found))
        self._joined = {
            (part.operator, id(part.left), id(part.right)): part
            for part, _ in edits.parts(self.found)
            if isinstance(part, Operation)
        }
        self._values: dict[int, tuple[Expression, np.ndarray]] = {}
        self._work = 0
        self._alternatives: dict[int, list[tuple[Edit, Expression]]] = {}
        self._bags: dict[tuple[int, bool], Bag] = {}
        self._names = self._bag_of([Symbol(name) for name in choice.names])
        self._factors, self._terms = self._bag_of(choice.factors), self._bag_of(choice.terms)
        names = [Symbol(name) for name in choice.names]
        constants = [*map(Number, choice.numbers), *names]
        self._constants = self._bag_of(constants)
        self._negative = self._bag_of([*constants, *map(Negation, names)])

    def solutions(self, needed: np.ndarray, count: int) -> list[Hit]:
        """The sets of ``count`` edits that give the formula the values ``needed``, unconfirmed."""
        return self._solve(self.found, needed[None, :WIDTH], count, Ends())

    def work_done(self) -> int:
        """The steps of work since this was asked last."""
        work, self._work = self._work, 0
        return work

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

    def _solve(self, part: Expression, needed: np.ndarray, count: int, ends: Ends) -> list[Hit]:
        """Hits of exactly ``count`` edits in ``part``, one of the formula's own, for each row of ``needed``."""
        hits: list[Hit] = []
        self._work += STEPS_TO_ASK + len(needed) // ROWS_IN_A_STEP
        if id(part) not in self._own:
            return [*self._changed(part, needed, ends), *self._resigned(part, needed)]
        if count == 1:
            hits += self._changed(part, needed, ends)
        blocks: Blocks = defaultdict(list)
        self._descend(part, needed, count, lambda hit: hit, blocks, ends, top=True)
        if count > 1:
            for edit, new in self.alternatives(part):
                self._descend(new, needed, count - 1, _after(edit), blocks, ends, anew=edit.code in REBUILDING)
            self._wrap(part, needed, count - 1, blocks, ends)
        for (_, left, its_ends), asked in blocks.items():
            hits += self._solved(asked, left, its_ends)
            if len(hits) > MOST_HITS:
                break
        return hits

    def _solved(self, asked: list[tuple[Expression, np.ndarray, Done]], count: int, ends: Ends) -> Iterator[Hit]:
        part = asked[0][0]
        starts = np.cumsum([0, *(len(rows) for _, rows, _ in asked)])
        if starts[-1] > MOST_ROWS:
            return
        for hit in self._solve(part, np.concatenate([rows for _, rows, _ in asked]), count, ends):
            block = int(np.searchsorted(starts, hit.row, side="right")) - 1
            yield asked[block][2](replace(hit, row=hit.row - int(starts[block])))

    def _changed(self, part: Expression, needed: np.ndarray, ends: Ends) -> Iterator[Hit]:
        """Hits of one edit of the part itself."""
        bag = self._bag(part, within=False)
        for row, n in bag.find(needed):
            yield replace(bag[n], row=row)
        value = self.value(part)
        lookups: list[tuple[Bag, np.ndarray, Put]] = []
        if ends.product and part != Number(1):
            lookups.append((self._factors, needed / value, _multiplied))
        if ends.sum:
            lookups.append((self._terms, needed - value, _added))
            lookups.append((self._terms, value - needed, _subtracted))
            if not _is_sum(part):
                lookups.append((self._terms, needed + value, _taken_from))
        for missing, wanted, put in lookups:
            for row, n in missing.find(wanted):
                edit, new = put(part, missing[n].part)
                yield Hit(row, (edit,), new)

    def _resigned(self, part: Expression, needed: np.ndarray) -> Iterator[Hit]:
        """Hits of another sign or operator in a part that an edit built."""
        found = list(edits.signs(part)) if isinstance(part, Operation) else []
        if found:
            bag = Bag(
                [(np.concatenate([self.value(new) for _, new in found]), lambda n: Hit(n, found[n][:1], found[n][1]))]
            )
            for row, n in bag.find(needed):
                yield replace(bag[n], row=row)

    def _missing(self, part: Expression, ends: Ends) -> list[tuple[Bag, Operate, Operate, Put]]:
        """What can be put to a part: of what, how its value comes out, how it is taken back, and the edit."""
        found: list[tuple[Bag, Operate, Operate, Put]] = []
        if ends.product and part != Number(1) and len(self._factors):
            found.append((self._factors, np.multiply, np.divide, _multiplied))
        if ends.sum and len(self._terms):
            found.append((self._terms, np.add, np.subtract, _added))
            found.append((self._terms, np.subtract, np.add, _subtracted))
            if not _is_sum(part):
                found.append((self._terms, _reverse_subtract, _reverse_subtract, _taken_from))
        return found

    def _wrap(self, part: Expression, needed: np.ndarray, count: int, blocks: Blocks, ends: Ends) -> None:
        """Ask the part for what it must be once a factor or term is put to it."""
        n = len(needed)
        for missing, _, inverse, put in self._missing(part, ends):
            rows = inverse(needed[None, :, :], missing.values[:, None, :]).reshape(-1, WIDTH)

            def done(hit: Hit, missing: Bag = missing, put: Put = put) -> Hit:
                edit, new = put(hit.part, missing[hit.row // n].part)
                return Hit(hit.row % n, (edit, *hit.edits), new)

            blocks[id(part), count, ends].append((part, rows, done))

    def _descend(
        self,
        part: Expression,
        needed: np.ndarray,
        count: int,
        done: Done,
        blocks: Blocks,
        ends: Ends,
        top: bool = False,
        anew: bool = False,
    ) -> None:
        """Ask the formula's own parts in ``part`` for what they must be, ``count`` edits left to be made in them.

        Where an edit built ``part`` ``anew``, ask what it built for the last edit, too.
        """
        if not top and id(part) in self._own:
            blocks[id(part), count, ends].append((part, needed, done))
            return
        if anew and count == 1:
            blocks[id(part), count, ends].append((part, needed, done))
        match part:
            case Operation():
                self._descend_into_sides(part, needed, count, done, blocks, anew)
            case Negation(operand):
                put = _putting(done, Negation)
                self._descend(operand, -needed, count, put, blocks, Ends(product=False), anew=anew)
            case Call(name, argument):
                put = _putting(done, lambda new: Call(name, new))
                for rows in inside(name, needed):
                    self._descend(argument, rows, count, put, blocks, Ends(), anew=anew)

    def _descend_into_sides(
        self, part: Operation, needed: np.ndarray, count: int, done: Done, blocks: Blocks, anew: bool
    ) -> None:
        operator, left, right = part.operator, part.left, part.right
        of_left, of_right = _ends(operator)
        put_left = _putting(done, lambda new: Operation(operator, new, right))
        put_right = _putting(done, lambda new: Operation(operator, left, new))
        for rows in before(operator, needed, self.value(right)):
            self._descend(left, rows, count, put_left, blocks, of_left, anew=anew)
        for rows in behind(operator, needed, self.value(left)):
            self._descend(right, rows, count, put_right, blocks, of_right, anew=anew)
        if count > 1:
            bags = [self._bag(side, within=True) for side in (left, right)]
            # An exponent cannot be told from a negative base, so the base is what is asked for.
            from_left = len(bags[0]) <= len(bags[1]) and operator != "^"
            if from_left or count > 2:
                self._split(part, bags[0], True, needed, count - 1, done, blocks)
            if not from_left or count > 2:
                self._split(part, bags[1], False, needed, count - 1, done, blocks)

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

        answers, side = (behind, part.right) if of_left else (before, part.left)
        for rows in answers(operator, asked, given):
            self._descend(side, rows.reshape(-1, WIDTH), count, joined, blocks, _ends(operator)[of_left])

    # What one edit makes of the parts

    def alternatives(self, part: Expression) -> list[tuple[Edit, Expression]]:
        """What a part may be instead, made of its own parts."""
        known = self._alternatives.get(id(part))
        if known is None:
            changes: tuple[edits.Change, ...] = (edits.signs, edits.groupings, edits.dropped, edits.reshaped)
            if isinstance(part, Number):
                changes = (edits.signs,)  # of a number nothing is missing: another belongs there
            found = {new: edit for change in reversed(changes) for edit, new in change(part)}
            if isinstance(part, Operation) and part.operator == "^" and isinstance(part.right, Number):
                for value in self.choice.numbers:
                    exponent = Number(value)
                    found.setdefault(Operation("^", part.left, exponent), _typed(part.right, exponent).edits[0])
            known = self._alternatives[id(part)] = [(edit, self._kept(new)) for new, edit in found.items()]
        return known

    def _kept(self, new: Expression) -> Expression:
        """The same expression with the formula's own parts wherever it has any, so that these can be changed too."""
        match new:
            case Operation(operator, left, right) if id(new) not in self._own:
                left, right = self._kept(left), self._kept(right)
                own = self._joined.get((operator, id(left), id(right)))
                return own or Operation(operator, left, right)
        return new

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
            case Number(value):
                # A number with a sign of its own may stand for a name with one; −1 is a sign.
                bag = self._negative if value < 0 and value != -1 else self._constants
                yield bag.values, lambda n: _typed(part, bag[n].part)
        found = self.alternatives(part)
        if found:
            values = np.concatenate([self.value(new) for _, new in found])
            yield values, lambda n: Hit(0, (found[n][0],), found[n][1])

    def _put_to(self, part: Expression) -> Iterator[tuple[np.ndarray, Callable[[int], Hit]]]:
        if id(part) not in self._own:
            return
        value = self.value(part)
        for missing, operation, _, put in self._missing(part, self._own[id(part)]):

            def decode(n: int, missing: Bag = missing, put: Put = put) -> Hit:
                edit, new = put(part, missing[n].part)
                return Hit(0, (edit,), new)

            yield operation(value, missing.values), decode

    def _lifted(self, part: Expression) -> Iterator[tuple[np.ndarray, Callable[[int], Hit]]]:
        """The edits in the sides of a part, with the values that they give the whole."""
        match part:
            case Operation(operator, left, right):
                bag = self._bag(left, within=True)
                values = apply(operator, bag.values, self.value(right))
                yield values, _lifting(bag, lambda new: Operation(operator, new, right))
                bag = self._bag(right, within=True)
                values = apply(operator, self.value(left), bag.values)
                yield values, _lifting(bag, lambda new: Operation(operator, left, new))
            case Negation(operand):
                bag = self._bag(operand, within=True)
                yield -bag.values, _lifting(bag, Negation)
            case Call(name, argument):
                bag = self._bag(argument, within=True)
                yield FUNCTIONS[name](bag.values), _lifting(bag, lambda x: Call(name, x))


def _ends_of_sides(part: Expression) -> Iterator[tuple[int, Ends]]:
    """The identities of the parts of a part, each with its ends."""
    match part:
        case Operation(operator, left, right):
            sides = zip((left, right), _ends(operator), strict=True)
        case Negation(operand):
            sides = zip((operand,), (Ends(product=False),), strict=True)
        case Call(_, argument):
            sides = zip((argument,), (Ends(),), strict=True)
        case _:
            return
    for side, ends in sides:
        yield id(side), ends
        yield from _ends_of_sides(side)


def _is_sum(part: Expression) -> bool:
    return isinstance(part, Operation) and part.operator in "+-"


def _reverse_subtract(value: np.ndarray, missing: np.ndarray) -> np.ndarray:
    result: np.ndarray = missing - value
    return result


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


def _putting(done: Done, put: Callable[[Expression], Expression]) -> Done:
    return lambda hit: done(Hit(hit.row, hit.edits, put(hit.part)))


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
