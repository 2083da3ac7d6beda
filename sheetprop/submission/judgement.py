"""Judging a table: which of its cells are wrong, each mistake where it is made, and under which convention."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from sheetprop.expression import Call, Expression, Number, Symbol
from sheetprop.network import ITERATION, NETWORK, RATE, Role
from sheetprop.submission.cells import Book, ErrorValue
from sheetprop.submission.diagnosis import Diagnosis, diagnose
from sheetprop.submission.edits import Edit, parts
from sheetprop.submission.evaluation import Evaluator
from sheetprop.submission.findings import Code, Finding, FoundTable, Severity
from sheetprop.submission.formula import NOT_EXCELS
from sheetprop.submission.numbers import Numbers
from sheetprop.submission.parameters import SAME, Parameters, find_parameters
from sheetprop.submission.reading import GIVEN, UNREAD, Content, Reading, Run, contains_call
from sheetprop.submission.samples import Convention, Samples, equal, squared_error_network
from sheetprop.submission.tables import Table, ranges
from sheetprop.submission.wording import Writer, explain, value_text

WEIGHTS = NETWORK.keys(Role.WEIGHT)
COMPUTED = NETWORK.keys_except(Role.TARGET, Role.INPUT, Role.WEIGHT)
TRAINING = set(NETWORK.keys(Role.FORWARD, Role.STEP, Role.GRADIENT))
"""What the next weights are computed from, besides the weights themselves."""
STEPS = set(NETWORK.keys(Role.STEP))
PASTED_SHARE = 0.9
"""Share of numbers among a table's computed cells from which on it counts as pasted as a whole."""
MOST_LITERALS = 3
"""Numbers in one formula that may each stand for a typed-in target, input or learning rate."""


@dataclass
class Wrong:
    """A wrong formula: the column's quantity, the iterations that have it, and what is wrong with it."""

    key: str
    content: Content
    steps: list[int]
    diagnosis: Diagnosis | None = None


@dataclass
class Judged:
    """What a table's judgement comes to."""

    table: Table
    found: FoundTable
    findings: list[Finding]
    parameters: Parameters
    wrong: set[str] = field(default_factory=set)
    live: bool = True


def judge_tables(book: Book, tables: Sequence[Table]) -> list[Judged]:
    """Judge the tables of a workbook that train: whose weights follow from the iteration before.

    Others (a check of the gradients, a list of results) are left out, unless there is nothing else.
    """
    judges = [_Judge(book, table, tables) for table in tables]
    training = [judge for judge in judges if judge.trains is not False]
    return [judge.judged() for judge in (training or judges)]


class _Judge:
    def __init__(self, book: Book, table: Table, tables: Sequence[Table]) -> None:
        self.book, self.table, self.tables = book, table, tables
        self.findings: list[Finding] = []
        self.wrong_keys: set[str] = set()
        self._drop_empty_columns()
        self._read(None)

    def _drop_empty_columns(self) -> None:
        """Leave out headings that nothing stands under; those of the class's own columns are told."""
        table = self.table
        for key in [key for key in table.columns if key != ITERATION]:
            if any(table.cells.filled(table.place(key, step)) for step in range(table.count)):
                continue
            if key not in STEPS and key != RATE and table.count > 1:
                place = table.at(table.header, table.columns[key])
                self._tell(
                    Code.MISSING_COLUMN,
                    Severity.WARNING,
                    f"Nothing stands under the heading {NETWORK.label(key)}.",
                    key,
                    ranges([place]),
                )
            del table.columns[key]
        table.__post_init__()

    def _read(self, keys: set[str] | None) -> None:
        self.reading = Reading(self.book, self.table, self.tables, keys)
        self.runs = {key: self.reading.runs(key) for key in self.reading.keys}
        self.parameters = find_parameters(self.reading, self.runs)
        self.evaluator = Evaluator(Samples(), self.reading.helpers, self.parameters.bindings)

    @property
    def writer(self) -> Writer:
        return Writer(self.reading, self.parameters, self.evaluator.samples.convention)

    def judged(self) -> Judged:
        wrong = self._wrong_formulas()
        if wrong:
            wrong = self._under_best_convention(wrong)
            wrong = self._without_misnamed_steps(wrong)
        self._tell_convention()
        self._judge_given()
        live = self._judge_constants()
        self._judge_unread()
        self._tell_wrong(wrong)
        self._judge_loops(wrong)
        self._judge_rounding()
        self._judge_errors()
        self._judge_stored()
        table, parameters = self.table, self.parameters
        if RATE in table.columns and not any(
            cell and table.position(cell.place)[1] == table.columns[RATE] for cell in [parameters.rate_cell]
        ):
            del table.columns[RATE]
        found = FoundTable(
            sheet=table.cells.name,
            header_row=table.header + 1,
            first_row=table.first + 1,
            last_row=table.last + 1,
            columns={key: table.column_name(key) for key in sorted(table.columns, key=table.columns.__getitem__)},
            learning_rate=parameters.learning_rate(table),
            live=live,
            transposed=table.across,
        )
        return Judged(table, found, self.findings, parameters, self.wrong_keys, live)

    @property
    def trains(self) -> bool | None:
        """Whether weights are computed from the pass before; None where no weight is computed at all."""
        computed = None
        for weight in WEIGHTS:
            for run in self.runs.get(weight, []):
                expression = run.content.expression
                if run.last > 0 and run.content.kind not in ("constant", "empty"):
                    computed = False
                if expression is None or run.last == 0:
                    continue
                item = Wrong(weight, run.content, [])
                names = [expression, *(self.reading.helpers[name].expression for name in self._helpers_of(item))]
                keys = {name.partition("@")[0].partition("#")[0] for part in names for name in part.symbols()}
                if keys & TRAINING:
                    return True
        return computed

    # Formulas

    def _formulas(self, evaluator: Evaluator) -> Iterator[tuple[str, Run, bool]]:
        """Every formula that computes its quantity from others, and whether it is right."""
        for key, runs in self.runs.items():
            for run in runs:
                expression = run.content.expression
                if expression is None or self._initial(key, run) or self._unreadable(expression):
                    continue
                yield key, run, self._right(key, expression, evaluator)

    def _initial(self, key: str, run: Run) -> bool:
        """Whether a run is a weight's given value, fetched from a cell elsewhere."""
        if key not in WEIGHTS or run.first > 0 or run.last > 0:
            return False
        expression = run.content.expression
        return expression is not None and all(name.startswith("cell:") for name in expression.symbols())

    def _unreadable(self, expression: Expression) -> bool:
        return any(
            name.startswith(UNREAD)
            or (name.startswith("~") and self._unreadable(self.reading.helpers[name.partition("@")[0]].expression))
            for name in set(expression.symbols())
        )

    def _right(self, key: str, expression: Expression, evaluator: Evaluator) -> bool:
        expected = evaluator.name(key)
        if key in expression.symbols() and key not in GIVEN:
            return False  # its own result
        return equal(evaluator(expression), expected) or any(
            equal(evaluator(variant), expected) for variant in self._with_literals_named(expression)
        )

    def _with_literals_named(self, expression: Expression) -> Iterator[Expression]:
        """The expression with typed numbers taken as the input, target or rate of that value."""
        parameters = self.parameters
        named = {key: value for key, value in parameters.given.items()}
        if parameters.rate is not None:
            named[RATE] = parameters.rate
        choices: list[list[tuple[float | str, str]]] = []
        literals = {part.value for part, _ in parts(expression) if isinstance(part, Number)}
        cells = {
            name: parameters.bindings[name]
            for name in set(expression.symbols())
            if isinstance(parameters.bindings.get(name), float)
        }
        for found, value in [*((value, value) for value in literals), *cells.items()]:
            same = [key for key, own in named.items() if abs(own - float(value)) <= SAME * abs(own)]
            if same:
                choices.append([(found, key) for key in same])
        if not choices or len(choices) > MOST_LITERALS:
            return
        for chosen in product(*([*choice, None] for choice in choices)):
            candidates = [expression]
            for pair in chosen:
                if pair is None:
                    continue
                found, key = pair
                if isinstance(found, str):
                    candidates = [x.substitute({found: Symbol(key)}) for x in candidates]
                else:
                    candidates = [new for x in candidates for new in _named(x, found, key)]
            yield from (x for x in candidates if x is not expression)

    def _wrong_formulas(self, evaluator: Evaluator | None = None) -> list[Wrong]:
        wrong: dict[tuple[str, int], Wrong] = {}
        for key, run, right in self._formulas(evaluator or self.evaluator):
            if not right and key not in GIVEN:
                steps = range(run.first, run.last + 1)
                found = wrong.setdefault((key, id(run.content.expression)), Wrong(key, run.content, []))
                found.steps += steps
        return list(wrong.values())

    # Conventions

    def _under_best_convention(self, wrong: list[Wrong]) -> list[Wrong]:
        """Judge again as the sheet may mean it, where that leaves fewer wrong columns."""
        best, fewest = wrong, len({w.key for w in wrong})
        keys = {w.key for w in wrong}
        for convention in self._conventions(keys):
            evaluator = Evaluator(Samples(convention), self.reading.helpers, self.parameters.bindings)
            found = self._wrong_formulas(evaluator)
            count = len({w.key for w in found})
            if count < fewest:
                best, fewest = found, count
                self.evaluator = evaluator
        return best

    def _conventions(self, wrong: set[str]) -> Iterator[Convention]:
        """The conventions that some wrong column hints at, in all combinations."""
        crossed: list[tuple[int, ...]] = [()]
        if {"h1", "h2"} & wrong:
            crossed.append((1,))
        if {"o1", "o2"} & wrong:
            crossed += [(2,), (1, 2)] if len(crossed) > 1 else [(2,)]
        errors: list[tuple[bool, bool]] = [(False, False)]
        if {"E1", "E2"} & wrong:
            errors += [(True, False), (False, True)]
        gradients = ["1"]
        if wrong & set(NETWORK.keys(Role.GRADIENT)):
            gradients += ["-1", "lr"]
        for layers, (squared, halved), gradient in product(crossed, errors, gradients):
            if not layers and not squared and not halved and gradient == "1":
                continue
            network = squared_error_network() if squared else NETWORK
            yield Convention(network, layers, halved, gradient)

    def _tell_convention(self) -> None:
        convention = self.evaluator.samples.convention
        table = self.table
        for remark, keys in convention.remarks():
            columns = [key for key in keys if key in table.columns]
            cells = ranges([table.at(table.header, table.columns[key]) for key in columns]) or None
            self._tell(Code.OTHER_CONVENTION, Severity.NOTE, remark, None, cells)

    def _without_misnamed_steps(self, wrong: list[Wrong]) -> list[Wrong]:
        """Chain-rule columns whose heading means something else than we think, judged by what is made of them."""
        steps = {w.key for w in wrong} & STEPS
        if not steps:
            return wrong
        before = self.reading, self.runs, self.parameters, self.evaluator
        convention = self.evaluator.samples.convention
        others = {w.key for w in wrong} - STEPS
        self._read(set(self.reading.keys) - steps)
        self.evaluator = Evaluator(Samples(convention), self.reading.helpers, self.parameters.bindings)
        again = self._wrong_formulas()
        if {w.key for w in again} <= others:
            return again
        self.reading, self.runs, self.parameters, self.evaluator = before
        return wrong

    # Telling what is wrong with formulas

    def _tell_wrong(self, wrong: list[Wrong]) -> None:
        wrong = self._at_helpers(wrong)
        told: dict[tuple[object, ...], tuple[Wrong, Edit | None, list[int]]] = {}
        names = self._names()
        for item in wrong:
            assert item.content.expression is not None
            item.diagnosis = diagnose(item.key, item.content.expression, self.evaluator, names)
            self.wrong_keys.add(item.key)
            edits = item.diagnosis.edits
            apart = item.key in WEIGHTS or len(edits) == 1
            for edit in edits if apart else (None,):
                # Copies of one formula are one mistake, and so is the same mistake in different formulas.
                signature = (item.key, *self._signature(item, edit))
                copied = (item.key, "copied", id(item.content.shape), len(edits) > 1 and self._signature(item, edit))
                known = told.get(signature) or told.get(copied)
                if known:
                    known[2].extend(item.steps)
                else:
                    known = (item, edit, list(item.steps))
                told[signature] = told[copied] = known
        for item, edit, steps in {id(known): known for known in told.values()}.values():
            self._tell_formula(item, edit, sorted(set(steps)))

    def _signature(self, item: Wrong, edit: Edit | None) -> tuple[object, ...]:
        """What makes the same mistake in different rows one: for a reference that slides, what belongs there."""
        if edit is None:
            return (id(item.content.expression),)
        if isinstance(edit.expected, Symbol) and edit.expected.key == RATE:
            return ("rate",)
        if edit.code in (Code.STUCK_REFERENCE, Code.WRONG_ROW) and isinstance(edit.expected, Symbol):
            return ("row", edit.expected.key)
        if edit.code is Code.WRONG_FORMULA:
            return ("unexplained", id(item.content.shape))
        return (edit.code, repr(edit.found), repr(edit.expected), edit.joint)

    def _tell_formula(self, item: Wrong, edit: Edit | None, steps: list[int]) -> None:
        assert item.diagnosis is not None
        edits = item.diagnosis.edits if edit is None else (edit,)
        code = edits[0].code
        if edit is not None and len(steps) > 1:
            code = self._sliding_or_stuck(item.key, edit, steps)
            edits = (replace(edit, code=code),)
        writer, key, step = self.writer, item.key, item.steps[0]
        message = explain(writer, key, edits, step)
        if code is Code.WRONG_FORMULA:
            message = self._unexplained(item, step)
        if self._looks_ahead(item):
            message += " That makes the sheet circular: the cell needs its own result."
        computed = sum(run.last - run.first + 1 for run in self.runs[key] if run.content.expression is not None)
        if len(steps) == 1 and computed > 3:
            message += " The other rows of the column have another formula."
        right = item.diagnosis.right
        if right is not None and code is not Code.OVERWRITTEN:
            expected = writer.formula(right, step)
        else:
            expected = writer.expected(key, step) or ""
        self._tell(
            code,
            Severity.ERROR,
            message,
            key,
            self.table.cells_of(key, steps),
            writer.found(key, step),
            expected or None,
        )

    def _sliding_or_stuck(self, key: str, edit: Edit, steps: list[int]) -> Code:
        """Whether it is a $ that makes a reference wrong: missing, so that it slides, or there, so that it stays."""
        if edit.code is Code.WRONG_RATE:
            named = {self._rate_reference(key, step) for step in steps}
            return Code.SLIDING_REFERENCE if len(named) > 1 else Code.WRONG_RATE
        return edit.code

    def _rate_reference(self, key: str, step: int) -> object:
        for run in self.runs[key]:
            if run.first <= step <= run.last and run.content.expression is not None:
                writer = self.writer
                own = {f"{key}@-1", f"dE_d{key}@-1"}
                return frozenset(
                    writer.reference(name, step).replace("$", "")
                    for name in set(run.content.expression.symbols())
                    if not name.startswith("dE_dw") and name not in own
                )
        return None

    def _looks_ahead(self, item: Wrong) -> bool:
        names = set(item.content.expression.symbols()) if item.content.expression else set()
        ahead = any("@+" in name for name in names if name.partition("@")[0] not in GIVEN)
        fixed = [int(name.partition("#")[2]) for name in names if "#" in name]
        return ahead or item.key in names or any(step >= item.steps[0] for step in fixed)

    def _unexplained(self, item: Wrong, step: int) -> str:
        label, writer = NETWORK.label(item.key), self.writer
        assert item.content.expression is not None
        text = f"{label} computes {writer.text(item.content.expression, step)}, which is not the network's equation."
        equation = writer.equation(item.key)
        if equation is not None:
            followed = self._numbers().followed(item.key, equation)
            off = [n for n in item.steps if n < len(followed.wrong) and followed.wrong[n]]
            if off:
                n = off[0]
                found, expected = float(followed.found[n]), float(followed.expected[n])
                line = self.table.first + n + 1
                where = "column" if self.table.across else "row"
                text += (
                    f" It is off first in {where} {line}: {value_text(found)} where {value_text(expected)} belongs, "
                    f"a difference of {found - expected:.2g}."
                )
        return text

    def _names(self) -> list[str]:
        keys = self.reading.keys
        moving = [key for key in keys if key not in GIVEN]
        given = sorted(GIVEN)
        return [*given, *moving, *(f"{key}@-1" for key in moving), *(f"{key}@+1" for key in moving), RATE]

    # Helpers

    def _at_helpers(self, wrong: list[Wrong]) -> list[Wrong]:
        """Tell mistakes that are made in helper cells there, and leave the columns that only use them."""
        used: dict[str, list[Wrong]] = defaultdict(list)
        for item in wrong:
            for name in self._helpers_of(item):
                used[name].append(item)
        trusted = self._helpers_of_right_formulas()
        rest = list(wrong)
        for name in sorted(used, key=lambda name: (self.reading.helpers[name].depth, name)):
            users = [item for item in used[name] if item in rest]
            if not users or name in trusted:
                continue
            found = self._helper_mistake(name, users)
            if found:
                diagnosis, cured = found
                self._tell_helper(name, diagnosis, cured)
                rest = [item for item in rest if item not in cured]
        return rest

    def _helpers_of(self, item: Wrong) -> set[str]:
        pending = list(item.content.expression.symbols()) if item.content.expression else []
        found = set[str]()
        while pending:
            name = pending.pop().partition("@")[0]
            if name.startswith("~") and name not in found:
                found.add(name)
                pending += self.reading.helpers[name].expression.symbols()
        return found

    def _helpers_of_right_formulas(self) -> set[str]:
        found = set[str]()
        for key, run, right in self._formulas(self.evaluator):
            if right:
                found |= self._helpers_of(Wrong(key, run.content, []))
        return found

    def _helper_mistake(self, name: str, users: list[Wrong]) -> tuple[Diagnosis, list[Wrong]] | None:
        helper = self.reading.helpers[name]
        for user in users:
            expected = self._needed(name, user)
            if expected is None:
                continue
            diagnosis = diagnose(user.key, helper.expression, self.evaluator, self._names(), expected)
            if diagnosis.right is None:
                continue
            trial = self.evaluator.trial({name: diagnosis.right})
            cured = [
                item
                for item in users
                if item.content.expression is not None and equal(trial(item.content.expression), trial.name(item.key))
            ]
            if cured:
                return diagnosis, cured
        return None

    def _needed(self, name: str, user: Wrong) -> np.ndarray | None:
        """The values that a helper must have for a formula to be right, where the formula is linear in it."""
        assert user.content.expression is not None
        values = []
        for number in (0.0, 1.0, 2.0):
            trial = self.evaluator.trial({name: Number(number)})
            values.append(trial(user.content.expression))
        zero, one, two = values
        slope = one - zero
        with np.errstate(all="ignore"):
            if not np.all(np.abs((two - one) - slope) <= 1e-9 * np.abs(slope)):
                return None
            needed = (self.evaluator.name(user.key) - zero) / slope
        return needed if np.all(np.isfinite(needed)) else None

    def _tell_helper(self, name: str, diagnosis: Diagnosis, cured: list[Wrong]) -> None:
        helper, writer, key = self.reading.helpers[name], self.writer, cured[0].key
        keys = list(dict.fromkeys(item.key for item in cured))
        self.wrong_keys |= set(keys)
        cells = sorted(helper.cells, key=lambda cell: (cell.sheet, cell.place))
        sheet = cells[0].sheet
        places = [cell.place for cell in cells if cell.sheet == sheet]
        step = max(self.table.position(places[0])[0] - self.table.first, 0)
        first = ranges(places[:1])
        users = " and ".join(NETWORK.label(key) for key in keys)
        message = explain(writer, key, diagnosis.edits, step, f"The helper cell {first}")
        message += f" {users} {'is' if len(keys) == 1 else 'are'} computed from it."
        assert diagnosis.right is not None
        self._tell(
            diagnosis.edits[0].code,
            Severity.ERROR,
            message,
            key,
            ranges(places),
            writer.at(places[0], sheet),
            writer.formula(diagnosis.right, step),
            sheet,
        )

    # Values

    def _numbers(self) -> Numbers:
        return Numbers(self.table, self.parameters.given, self.parameters.rate)

    def _judge_given(self) -> None:
        """Inputs and targets must not change from row to row."""
        for key in [key for key in self.reading.keys if key in GIVEN]:
            first = self.parameters.given.get(key)
            off: list[int] = []
            for run in self.runs[key]:
                content = run.content
                if content.kind == "constant":
                    if first is not None and abs(float(content.value or 0.0) - first) > SAME * abs(first):  # type: ignore[arg-type]
                        off += range(run.first, run.last + 1)
                elif content.expression is not None and run.last > 0:
                    value = self.evaluator(content.expression)
                    constant = np.full(value.shape, np.nan if first is None else first)
                    if not equal(value, self.evaluator.name(key)) and not equal(value, constant):
                        off += range(max(run.first, 1), run.last + 1)
                elif content.kind in ("text", "error"):
                    off += range(run.first, run.last + 1)
            if off:
                self.wrong_keys.add(key)
                label = NETWORK.label(key)
                self._tell(
                    Code.DRIFTING_INPUT,
                    Severity.ERROR,
                    f"{label} changes from row to row: it is {value_text(first) if first is not None else 'unknown'} "
                    f"in the first iteration and {self.writer.found(key, off[0]) or 'empty'} here. "
                    "The same example is learned in every iteration.",
                    key,
                    self.table.cells_of(key, off),
                    self.writer.found(key, off[0]),
                    None if first is None else value_text(first),
                )

    def _judge_constants(self) -> bool:
        """Numbers typed or pasted where formulas belong; returns whether the table is live."""
        typed: dict[str, list[int]] = {}
        computed = 0
        for key in [key for key in self.reading.keys if key in COMPUTED or key in WEIGHTS]:
            steps = []
            for run in self.runs[key]:
                first = max(run.first, 1) if key in WEIGHTS else run.first
                if run.content.kind == "constant":
                    steps += range(first, run.last + 1)
                if run.content.kind not in ("empty", "text"):
                    computed += max(run.last - first + 1, 0)
                if run.content.kind == "text":
                    self._tell_text(key, run)
            if steps:
                typed[key] = steps
        count = sum(map(len, typed.values()))
        pasted = count >= PASTED_SHARE * computed if computed else not typed
        right: list[tuple[str, int]] = []
        for key, steps in typed.items():
            wrong = self._wrong_numbers(key, steps)
            right += [(key, step) for step in steps if step not in wrong]
            if wrong:
                self._tell_numbers(key, sorted(wrong))
        if computed and pasted:
            first, last = min(self.table.keys), max(self.table.keys)
            cells = (
                ranges([self.table.at(self.table.first, first)]) + ":" + ranges([self.table.at(self.table.last, last)])
            )
            self._tell(
                Code.NOT_LIVE,
                Severity.WARNING,
                f"The table holds {count:,} numbers and hardly a formula: it is pasted, so nothing follows when an "
                "input changes.",
                None,
                cells,
            )
        elif right:
            places = sorted(self.table.place(key, step) for key, step in right)
            self._tell(
                Code.NOT_LIVE,
                Severity.WARNING,
                f"{len(right)} typed-in or pasted {'number stands' if len(right) == 1 else 'numbers stand'} where "
                "formulas belong. They are right, but do not follow when an input changes.",
                right[0][0] if len({key for key, _ in right}) == 1 else None,
                ranges(places),
                self.writer.found(*right[0]),
                self.writer.expected(*right[0]),
            )
        return not pasted

    def _wrong_numbers(self, key: str, steps: list[int]) -> set[int]:
        equation = self.writer.equation(key)
        if equation is None:
            return set()
        wrong = self._numbers().followed(key, equation).wrong
        return {step for step in steps if wrong[step]}

    def _tell_numbers(self, key: str, steps: list[int]) -> None:
        self.wrong_keys.add(key)
        equation = self.writer.equation(key)
        assert equation is not None
        followed = self._numbers().followed(key, equation)
        n = steps[0]
        label = NETWORK.label(key)
        found, expected = float(followed.found[n]), float(followed.expected[n])
        off = abs(found - expected)
        relative = f", {off / abs(expected):.2g} of it" if expected else ""
        self._tell(
            Code.WRONG_VALUE,
            Severity.ERROR,
            f"{label} is typed in as {value_text(found)}, but {value_text(expected)} follows from the other cells: it "
            f"is off by {off:.2g}{relative}.",
            key,
            self.table.cells_of(key, steps),
            value_text(found),
            self.writer.expected(key, n),
        )

    def _tell_text(self, key: str, run: Run) -> None:
        steps = list(range(run.first, run.last + 1))
        self.wrong_keys.add(key)
        self._tell(
            Code.WRONG_VALUE,
            Severity.ERROR,
            f"{NETWORK.label(key)} holds a text where a number belongs.",
            key,
            self.table.cells_of(key, steps),
            self.writer.found(key, run.first),
            self.writer.expected(key, run.first),
        )

    def _judge_unread(self) -> None:
        """Formulas that cannot be followed as equations: judged by their stored numbers."""
        for key in [key for key in self.reading.keys if key not in GIVEN]:
            grouped: dict[object, list[tuple[Run, str]]] = defaultdict(list)
            for run in self.runs[key]:
                content = run.content
                unread = content.kind in ("unread", "opaque")
                if unread or (content.expression is not None and self._unreadable(content.expression)):
                    grouped[id(content.shape)].append((run, content.reason))
            for runs in grouped.values():
                steps = [step for run, _ in runs for step in range(run.first, run.last + 1)]
                self._judge_by_numbers(key, steps, runs[0][1])

    def _judge_by_numbers(self, key: str, steps: list[int], reason: str) -> None:
        table, label = self.table, NETWORK.label(key)
        places = [table.place(key, step) for step in steps]
        errors = [
            step
            for step, place in zip(steps, places, strict=True)
            if isinstance(table.cells.values.get(place), ErrorValue)
        ]
        wrong = self._wrong_numbers(key, [s for s in steps if key not in WEIGHTS or s])
        known = any(table.cells.number(place) is not None for place in places)
        if known and not wrong and not errors:
            return
        function = reason.rpartition("function ")[2] if "function" in reason else ""
        if "#REF!" in reason or "error value" in reason:
            code, message = Code.ERROR_VALUE, f"{label} is broken: {reason}."
        elif function and (errors or not known):
            code, message = Code.UNKNOWN_FUNCTION, f"{label} cannot be computed: {reason}, which Excel does not know."
        else:
            code = Code.WRONG_FORMULA
            message = f"{label} does not hold what the network's equation gives" + (f"; {reason}." if reason else ".")
        self.wrong_keys.add(key)
        chosen = errors or sorted(wrong) or steps
        self._tell(
            code,
            Severity.ERROR,
            message,
            key,
            table.cells_of(key, chosen),
            self.writer.found(key, chosen[0]),
            self.writer.expected(key, chosen[0]),
        )

    def _judge_loops(self, wrong: list[Wrong]) -> None:
        """Right formulas that need each other's results."""
        needs: dict[str, set[str]] = defaultdict(set)
        for key, run, right in self._formulas(self.evaluator):
            if right and run.content.expression is not None:
                item = Wrong(key, run.content, [])
                names = set(run.content.expression.symbols())
                for helper in self._helpers_of(item):
                    names |= set(self.reading.helpers[helper].expression.symbols())
                needs[key] |= {name for name in names if name in self.runs and name not in GIVEN}
        for key in needs:
            if key in _reached(needs, key):
                loop = sorted(k for k in needs if k in _reached(needs, key) and key in _reached(needs, k))
                if key != loop[0]:
                    continue
                steps = list(range(self.table.count))
                labels = ", ".join(NETWORK.label(k) for k in loop)
                self.wrong_keys.add(key)
                self._tell(
                    Code.CIRCULAR,
                    Severity.ERROR,
                    f"{labels} are computed from each other, so that none can be computed first.",
                    key,
                    self.table.cells_of(key, steps),
                    self.writer.found(key, 0),
                    self.writer.expected(key, 0),
                )

    def _judge_rounding(self) -> None:
        for key, run, right in self._formulas(self.evaluator):
            expression = run.content.expression
            if right and expression is not None and contains_call(expression, "round"):
                self._tell(
                    Code.ROUNDED,
                    Severity.WARNING,
                    f"{NETWORK.label(key)} is rounded, and training goes on with the rounded number. Show fewer digits "
                    "by the cell's format instead.",
                    key,
                    self.table.cells_of(key, list(range(run.first, run.last + 1))),
                    self.writer.found(key, run.first),
                    self.writer.formula(_without(expression, "round"), run.first),
                )

    def _judge_errors(self) -> None:
        """Error values that no wrong formula explains: functions of another program, numbers out of range."""
        unknown: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for key in self.reading.keys:
            column = self.table.columns[key]
            for line in range(self.table.first, self.table.last + 1):
                place = self.table.at(line, column)
                shape = self.table.cells.formulas.get(place)
                if shape is not None:
                    for name in shape.functions & NOT_EXCELS:
                        unknown[name].append(place)
        for name, places in unknown.items():
            self._tell(
                Code.UNKNOWN_FUNCTION,
                Severity.WARNING,
                f"Excel does not know the function {name}, which is one of Google Sheets, and shows #NAME?.",
                self.table.keys.get(self.table.position(places[0])[1]),
                ranges(sorted(places, key=lambda place: (place[1], place[0]))),
                self.writer.at(places[0]),
            )
        if any(finding.severity is Severity.ERROR for finding in self.findings) or unknown:
            return
        broken = [
            self.table.place(key, step)
            for key in self.reading.keys
            for step in range(self.table.count)
            if isinstance(self.table.cells.values.get(self.table.place(key, step)), ErrorValue)
        ]
        if broken:
            first = min(broken, key=lambda place: self.table.position(place))
            shown = self.table.cells.values[first]
            assert isinstance(shown, ErrorValue)
            self._tell(
                Code.ERROR_VALUE,
                Severity.WARNING,
                f"{len(broken)} cells show an error, {shown.name} first, although their formulas are right: a learning "
                "rate this large makes the numbers overflow, or the file was saved before it was computed.",
                self.table.keys.get(self.table.position(first)[1]),
                ranges([first]),
                shown.name,
            )

    def _judge_stored(self) -> None:
        """Stored results that are not those of the formulas beside them."""
        if not self.table.cells.stored_results:
            return
        numbers = self._numbers()
        stale: list[tuple[int, int]] = []
        for key, runs in self.runs.items():
            for run in runs:
                expression = run.content.expression
                if expression is None or key in GIVEN or not _plain(expression):
                    continue
                expression = expression.substitute(
                    {
                        name: Number(self.reading.constants[name][1])
                        for name in set(expression.symbols())
                        if name in self.reading.constants
                    }
                )
                followed = numbers.followed(key, expression)
                scale = np.fmax(np.abs(followed.expected), np.abs(followed.found))
                off = followed.known & (np.abs(followed.found - followed.expected) > 1e-5 * scale + 1e-9)
                stale += [self.table.place(key, n) for n in range(run.first, run.last + 1) if off[n]]
        if stale:
            first = min(stale, key=lambda place: self.table.position(place))
            count = len(stale)
            self._tell(
                Code.STALE_VALUE,
                Severity.WARNING,
                f"{count:,} stored {'value is' if count == 1 else 'values are'} not what the formulas give: "
                "the file was saved before it was computed again. Press F9 in Excel and save.",
                self.table.keys.get(self.table.position(first)[1]),
                ranges([first]),
                value_text(self.table.cells.number(first) or 0.0),
            )

    def _tell(
        self,
        code: Code,
        severity: Severity,
        message: str,
        quantity: str | None,
        cells: str | None,
        found: str | None = None,
        expected: str | None = None,
        sheet: str | None = None,
    ) -> None:
        name = sheet or self.table.cells.name
        self.findings.append(Finding(code, severity, message, quantity, name, cells, found, expected))


def _named(expression: Expression, value: float, key: str) -> Iterator[Expression]:
    for part, put in parts(expression):
        if isinstance(part, Number) and part.value == value:
            yield put(Symbol(key))


def _reached(needs: dict[str, set[str]], start: str) -> set[str]:
    reached, pending = set[str](), list(needs.get(start, ()))
    while pending:
        key = pending.pop()
        if key not in reached:
            reached.add(key)
            pending += needs.get(key, ())
    return reached


def _without(expression: Expression, call: str) -> Expression:
    for part, put in parts(expression):
        if isinstance(part, Call) and part.name == call:
            return _without(put(part.argument), call)
    return expression


def _plain(expression: Expression) -> bool:
    """Whether all names are quantities near by, or constants."""
    names = set(expression.symbols())
    calls = any(isinstance(part, Call) and part.name != "exp" for part, _ in parts(expression))
    return not calls and all(
        name.startswith("cell:") or not (":" in name or "#" in name or name.startswith("~")) for name in names
    )
