"""The case of one table: what was read of it, on which points it is judged, and what was found so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, product

import numpy as np

from sheetprop.assignment import Assignment
from sheetprop.expression import Expression, Number, Symbol
from sheetprop.network import ITERATION, NETWORK, RATE, Role
from sheetprop.submission.compare.evaluation import Evaluator
from sheetprop.submission.compare.numbers import Numbers
from sheetprop.submission.compare.reference import Reference
from sheetprop.submission.compare.samples import UNDRAWN, Convention, Samples, equal
from sheetprop.submission.compare.trial import Tried
from sheetprop.submission.diagnose.budget import Budget
from sheetprop.submission.diagnose.diagnosis import Diagnosis
from sheetprop.submission.diagnose.edits import parts
from sheetprop.submission.diagnose.wording import Writer, in_cells
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.sight import out_of_sight
from sheetprop.submission.find.tables import WEIGHTS, Cell, Cited, Table, cited
from sheetprop.submission.findings import Code, Finding, Severity
from sheetprop.submission.open.cells import Book
from sheetprop.submission.understand.formula import Reference as CellReference
from sheetprop.submission.understand.formula import Shape
from sheetprop.submission.understand.parameters import Parameters, same_size
from sheetprop.submission.understand.rates import find_parameters
from sheetprop.submission.understand.reading import UNREAD, Content, Reading, Run

STEPS = set(NETWORK.keys(Role.STEP))
MOST_LITERALS = 6
"""Numbers in one formula that may each stand for a typed-in target, input or learning rate."""


@dataclass
class Wrong:
    """A wrong formula: the column's quantity, the iterations that have it, and what is wrong with it."""

    key: str
    content: Content
    steps: list[int]
    diagnosis: Diagnosis | None = None


class Case:
    """A table under judgement.

    ``others`` are the cases of the workbook, this one among them, which search within one ``budget``. ``copied`` says
    that the table is a pasted copy of a live one of them, ``hidden`` why it is out of sight, if it is. ``seed`` is what
    numbers are drawn with that no student knows, and ``disproved`` are formulas that could not be followed and give
    others than the network's with them; ``unverified`` are the iterations of those of which nothing tells whether they
    follow them at all. ``settled`` are quantities of which something was told that leaves nothing else
    to say.
    """

    def __init__(
        self, book: Book, table: Table, tables: Sequence[Table], assignment: Assignment, seed: int = UNDRAWN
    ) -> None:
        self.seed = seed
        self.hidden = out_of_sight(book, table)
        self.disproved: dict[str, Tried] = {}
        self.tolerances, self.mistakes = assignment.tolerances, assignment.mistakes
        self.book, self.table, self.tables = book, table, tables
        self.findings: list[Finding] = []
        self.wrong_keys: set[str] = set()
        self.unjudged: dict[str, set[int]] = defaultdict(set)
        self.unverified: dict[str, set[int]] = defaultdict(set)
        self.unexplained = 0
        self.circular = False
        self.explained: set[int] = set()
        """Circles, by their numbers, that some finding tells of."""
        self.copied = False
        self.others: Sequence[Case] = ()
        self.budget = Budget()
        self.settled: set[str] = set()
        self._drop_empty_columns()
        self.read(None)

    def _drop_empty_columns(self) -> None:
        """Leave out headings that nothing stands under; those of the class's own columns are told.

        A column that formulas read is kept: that it is empty is the mistake, and not that they read it.
        """
        table = self.table
        read = read_quantities(table) if table.count > 1 else set()
        for key in [key for key in table.columns if key != ITERATION]:
            if any(table.filled(key, step) for step in range(table.count)):
                continue
            if key in read and key != RATE:
                self.wrong_keys.add(key)
                label = NETWORK.label(key)
                self.tell(
                    Code.MISSING_COLUMN,
                    Severity.ERROR,
                    f"Nothing stands under the heading {label}, and formulas read it: they take it for 0.",
                    key,
                    table.cells_of(key, list(range(table.count))),
                )
                continue
            if key not in STEPS and key != RATE and table.count > 1:
                self.tell(
                    Code.MISSING_COLUMN,
                    Severity.WARNING,
                    f"Nothing stands under the heading {NETWORK.label(key)}.",
                    key,
                    cited([table.heading(key)]),
                )
            table.drop(key)

    def read(self, keys: set[str] | None) -> None:
        """Read the table, or read it again with only the columns of ``keys`` taken as quantities."""
        self.reading = Reading(self.book, self.table, self.tables, keys)
        for name in ("numbers", "recomputed", "reference"):
            self.__dict__.pop(name, None)
        # The objects are kept with their verdicts, so that no other can have their identity.
        self._verdicts: dict[tuple[str, int, int], tuple[bool, Expression, Evaluator]] = {}
        self._has_typed_in: dict[tuple[bool, int, int], tuple[bool, Expression, Parameters]] = {}
        self._typed_in: dict[tuple[Convention, int], Evaluator] = {}
        self.runs = {key: self.reading.runs(key) for key in self.reading.keys}
        self.parameters = find_parameters(self.reading, self.runs)
        self.evaluator = Evaluator(Samples(), self.reading.helpers, self.parameters.bindings)

    def rename(self, names: Mapping[str, str]) -> None:
        """Read the table again with its headings taken for other quantities, by what they were taken for."""
        self.table.rename(names)
        self.read(None)

    @property
    def writer(self) -> Writer:
        """Writes names and formulas in the student's own cells."""
        return Writer(self.reading, self.parameters, self.evaluator.samples.convention, mistakes=self.mistakes)

    def formulas(self, evaluator: Evaluator) -> Iterator[tuple[str, Run, bool]]:
        """Every formula that computes its quantity from others, and whether it is right."""
        for key, runs in self.runs.items():
            for run in runs:
                if (right := self._verdict(key, run, evaluator)) is not None:
                    yield key, run, right

    def _verdict(self, key: str, run: Run, evaluator: Evaluator) -> bool | None:
        """Whether a formula is right; None where it is none, or cannot be judged as a function."""
        expression = run.content.expression
        if expression is None or self._initial(key, run) or self.unreadable(expression):
            return None
        verdict = (key, id(expression), id(evaluator))
        if verdict not in self._verdicts:
            self._verdicts[verdict] = self.right(key, expression, evaluator), expression, evaluator
        return self._verdicts[verdict][0]

    def wrong_columns(self, evaluator: Evaluator) -> set[str]:
        """The quantities that have a wrong formula, for which the first one of each is enough."""
        return {
            key
            for key, runs in self.runs.items()
            if key not in GIVEN and any(self._verdict(key, run, evaluator) is False for run in runs)
        }

    def _initial(self, key: str, run: Run) -> bool:
        """Whether a run is a weight's given value, fetched from a cell elsewhere."""
        if key not in WEIGHTS or run.first > 0 or run.last > 0:
            return False
        expression = run.content.expression
        return expression is not None and all(name.startswith("cell:") for name in expression.symbols())

    def unreadable(self, expression: Expression) -> bool:
        """Whether something in a formula cannot be followed, so that only its numbers can be judged."""
        return any(
            name.startswith(UNREAD)
            or (name.startswith("~") and self.unreadable(self.reading.helpers[name.partition("@")[0]].expression))
            for name in expression.names
        )

    def unfollowed(self, expression: Expression) -> bool:
        """Whether it is computed from a formula that cannot be followed; a typed number in its place is none."""
        for name in expression.names:
            if name.startswith(UNREAD):
                sheet, place = self.reading.unread.get(name, ("", (0, 0)))
                cells = self.book.sheet(sheet) if sheet else None
                if cells is None or not cells.constant(place):
                    return True
            elif name.startswith("~") and self.unfollowed(self.reading.helpers[name.partition("@")[0]].expression):
                return True
        return False

    def right(self, key: str, expression: Expression, evaluator: Evaluator) -> bool:
        """Whether a formula is, as a function, the quantity ``key``."""
        expected = evaluator.name(key)
        names = expression.names
        if key in names and key not in GIVEN:
            return False  # its own result
        if equal(evaluator(expression), expected):
            return True
        if not self.has_typed_in(key, expression):
            return False
        typed = self.with_typed_in(evaluator)
        if not equal(typed(expression), typed.name(key)):
            return False
        # What is right for the table's own numbers may still mistake one of two equal inputs for the other.
        named = {name for helper in self.helpers_of_expression(expression) for name in helper.symbols()} | names
        return not named & {*GIVEN, RATE} or any(
            equal(evaluator(variant), expected) for variant in self.with_literals_named(key, expression)
        )

    def has_typed_in(self, key: str, expression: Expression) -> bool:
        """Whether a formula, or a helper of it, has the number of an input, target or the rate typed in."""
        case = key in WEIGHTS, id(expression), id(self.parameters)
        if case not in self._has_typed_in:
            known = [own for name, own in self._typed_in_values().items() if name != RATE or key in WEIGHTS]
            self._has_typed_in[case] = self._has_number(expression, known), expression, self.parameters
        return self._has_typed_in[case][0]

    def _has_number(self, expression: Expression, known: Sequence[float]) -> bool:
        for part in (expression, *self.helpers_of_expression(expression)):
            numbers = set(part.numbers)
            numbers |= {b for name in part.names if isinstance(b := self.parameters.bindings.get(name), float)}
            if any(same_size(value, own) for value in numbers for own in known):
                return True
        return False

    def with_typed_in(self, evaluator: Evaluator) -> Evaluator:
        """An evaluator for formulas in which the table's own inputs, targets or rate are typed."""
        points = evaluator.samples.convention, evaluator.samples.seed
        if points not in self._typed_in:
            samples = Samples(points[0], tuple(sorted(self._typed_in_values().items())), points[1])
            self._typed_in[points] = Evaluator(samples, self.reading.helpers, self.parameters.bindings)
        return self._typed_in[points]

    def _typed_in_values(self) -> dict[str, float]:
        rate = self.parameters.rate
        return self.parameters.given | ({RATE: rate} if rate is not None else {})

    def helpers_of_expression(self, expression: Expression) -> list[Expression]:
        """The formulas of the helpers that an expression uses, directly or through others."""
        return [self.reading.helpers[name].expression for name in self.helpers_of(expression)]

    def with_literals_named(self, key: str, expression: Expression) -> Iterator[Expression]:
        """The expression with typed numbers taken as the input, target or rate of that value."""
        values = {k: own for k, own in self._typed_in_values().items() if k != RATE or key in WEIGHTS}
        bindings = self.parameters.bindings
        places: list[tuple[int, list[Expression]]] = []
        for n, (part, _) in enumerate(parts(expression)):
            value = part.value if isinstance(part, Number) else None
            if isinstance(part, Symbol) and isinstance(bound := bindings.get(part.key), float):
                value = bound
            if value is None:
                continue
            # Minus a typed number is a typed number too.
            sign = {key: value * own < 0 for key, own in values.items() if same_size(value, own)}
            same: list[Expression] = [-Symbol(key) if minus else Symbol(key) for key, minus in sign.items()]
            if same:
                places.append((n, same))
        if len(places) > MOST_LITERALS:
            return
        for chosen in product(*((None, *keys) for _, keys in places)):
            named = {n: key for (n, _), key in zip(places, chosen, strict=True) if key is not None}
            if named:
                yield _named(expression, named)

    def wrong_formulas(self, evaluator: Evaluator | None = None) -> list[Wrong]:
        """The formulas that are wrong on the points of ``evaluator``, equal ones of a column together."""
        wrong: dict[tuple[str, int], Wrong] = {}
        for key, run, right in self.formulas(evaluator or self.evaluator):
            if not right and key not in GIVEN:
                steps = range(run.first, run.last + 1)
                found = wrong.setdefault((key, id(run.content.expression)), Wrong(key, run.content, []))
                found.steps += steps
        return list(wrong.values())

    def helpers_of(self, expression: Expression | None) -> set[str]:
        """The helpers that a formula uses, directly or through others."""
        pending = list(expression.names) if expression is not None else []
        found = set[str]()
        while pending:
            name = pending.pop().partition("@")[0]
            if name.startswith("~") and name not in found:
                found.add(name)
                pending += self.reading.helpers[name].expression.names
        return found

    @cached_property
    def numbers(self) -> Numbers:
        """The table's stored numbers."""
        rates = self.parameters.rates
        rate = self.parameters.rate if rates is None else np.array(rates)
        return Numbers(self.table, self.parameters.given, rate, self.tolerances.typed)

    @cached_property
    def recomputed(self) -> Numbers:
        """The same, those of formulas as the engine computes them, whatever the file stores."""
        table, numbers = self.table, self.numbers.copy()
        for key in self.reading.keys:
            for step in range(table.count):
                cell = table.cell(key, step)
                if cell.place in table.sheet(key, step).formulas:
                    value = self.book.recomputed(cell.sheet, cell.place)
                    if type(value) is float:
                        numbers.replace(key, step, value)
        return numbers

    @cached_property
    def reference(self) -> Reference:
        """The numbers that belong where numbers are typed."""
        return Reference(self)

    def tell(
        self,
        code: Code,
        severity: Severity,
        message: str,
        quantity: str | None,
        cells: Cited | str | None,
        found: str | None = None,
        expected: str | None = None,
        sheet: str | None = None,
    ) -> None:
        """Note a finding, on the table's own sheet unless ``sheet`` or the cells name another.

        What stands on several sheets is a finding on each, as a finding names the cells of one.
        """
        places = cells.sheets if isinstance(cells, Cited) else ((sheet or self.table.cells.name, cells),)
        for name, ranges in places:
            self.findings.append(Finding(code, severity, message, quantity, name, ranges, found, in_cells(expected)))

    def tell_wrong(
        self, code: Code, message: str, key: str, steps: list[int], found: str | None, expected: str | None = None
    ) -> None:
        """Note that a quantity is wrong, and the error by which it is, at some iterations."""
        self.wrong_keys.add(key)
        self.tell(code, Severity.ERROR, message, key, self.table.cells_of(key, steps), found, expected)


def read_quantities(table: Table) -> set[str]:
    """The quantities of a table that formulas of its quantities refer to."""
    seen: dict[tuple[int, str], tuple[Shape, Cell]] = {}
    for key in table.columns:
        for step in range(table.count) if key != ITERATION else ():
            cell = table.cell(key, step)
            if (shape := table.sheet(key, step).formulas.get(cell.place)) is not None:
                seen.setdefault((id(shape), key), (shape, cell))
    targets = (
        Cell(cell.sheet, piece.at(*cell.place))
        for shape, cell in seen.values()
        for piece in shape.pieces
        if isinstance(piece, CellReference)
    )
    return {found[0] for target in targets if (found := table.quantity(target)) is not None}


def _named(expression: Expression, names: Mapping[int, Expression]) -> Expression:
    """The expression with its n-th parts, as :func:`parts` counts them, replaced."""
    # From the last on, as what is put in may have parts of its own.
    for n in sorted(names, reverse=True):
        _, put = next(islice(parts(expression), n, None))
        expression = put(names[n])
    return expression
