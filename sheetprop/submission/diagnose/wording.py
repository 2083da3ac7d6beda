"""Findings in words and in the student's own cells: names with their addresses, formulas as they should stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sheetprop.assignment import KnownMistake
from sheetprop.expression import Expression, Number, Symbol
from sheetprop.network import NETWORK, RATE, Role, partial
from sheetprop.submission.compare.samples import Convention
from sheetprop.submission.diagnose.edits import Edit
from sheetprop.submission.diagnose.known import known_mistake
from sheetprop.submission.find.pieces import GIVEN
from sheetprop.submission.find.tables import WEIGHTS, Cell, Table
from sheetprop.submission.findings import Code
from sheetprop.submission.understand.parameters import Parameters, address
from sheetprop.submission.understand.reading import EMPTY, LOOP, TEXT, Reading

NOWHERE = "#NAME?"
"""Stands in a formula for what no cell holds; such a formula is not told."""
KEEPS = {
    "": "the $ keeps the row fixed",
    "name": "a name means the same cell on every row",
    "cell": "the cell that it refers to takes it from there",
}
"""Why a reference is stuck, by what keeps it."""


@dataclass(frozen=True)
class Writer:
    """Writes names and formulas as they stand, or should stand, at one iteration of a table.

    ``mistakes`` are the hand-out's.
    """

    reading: Reading
    parameters: Parameters
    convention: Convention
    mistakes: Sequence[KnownMistake] = ()
    here: str | None = None
    """The sheet of the cell that is written for; None: the one by which the table is named."""

    @property
    def table(self) -> Table:
        """The table that is written about."""
        return self.reading.table

    @property
    def sheet(self) -> str:
        """The sheet whose cells are written without its name."""
        return self.here or self.table.cells.name

    def on(self, sheet: str) -> Writer:
        """The same for a cell on a sheet."""
        return self if sheet == self.sheet else replace(self, here=sheet)

    def at_quantity(self, key: str, step: int) -> Writer:
        """The same for the cell of a quantity."""
        return self.on(self.table.sheet(key, step).name) if key in self.table.columns else self

    def reference(self, name: str, step: int) -> str:
        """The cell of a name, as a formula at iteration ``step`` refers to it."""
        if name == RATE:
            if self.parameters.rate_cell is None:
                rate = self.parameters.rate
                return f"{rate:.15g}" if rate is not None else NOWHERE
            return _absolute(address(self.parameters.rate_cell, self.sheet))
        if name.startswith("~"):
            return self._helper(name, step)
        if ":" in name:
            return self._elsewhere(name)
        key, hash_mark, fixed = name.partition("#")
        if hash_mark:
            return self._cell(key, int(fixed), absolute=True)
        key, _, offset = name.partition("@")
        return self._cell(key, step + int(offset or 0))

    def _cell(self, key: str, step: int, absolute: bool = False) -> str:
        if key not in self.table.columns:
            cell = self.parameters.cells.get(key)
            if cell is not None:
                return _absolute(address(cell, self.sheet))
            return f"{self.parameters.given[key]:.15g}" if key in self.parameters.given else NOWHERE
        cell = self.table.cell(key, step)
        if min(cell.place) < 0:
            return "#REF!"
        text = address(cell, self.sheet)
        return _absolute(text) if absolute else text

    def _helper(self, name: str, step: int) -> str:
        helper, _, offset = name.partition("@")
        cells = self.reading.helpers[helper].cells
        wanted = step + int(offset or 0)
        own = (cell for cell in cells if self.table.step(cell) == wanted)
        return address(next(own, None) or self._same_column(helper, wanted) or cells[0], self.sheet)

    def _same_column(self, helper: str, step: int) -> Cell | None:
        """The cell of an iteration that has a helper's formula though nothing refers to it."""
        found = self.reading.helpers[helper]
        first = found.cells[0]
        if (beside := self.table.beside(first)) is None or step not in beside[0].steps:
            return None
        piece = beside[0]
        place = piece.at(piece.lines[step - piece.start], piece.position(first.place)[1])
        cells = self.reading.book.sheet(first.sheet)
        return Cell(first.sheet, place) if cells is not None and cells.formulas.get(place) is found.shape else None

    def _elsewhere(self, name: str) -> str:
        if name in self.reading.constants:
            cell = self.reading.constants[name][0]
            return _absolute(address(cell, self.sheet)) if cell else name.removeprefix("cell:")
        sheet, _, place = name.partition(":")[2].rpartition("!")
        row, _, column = place.partition(",")
        return address(Cell(sheet, (int(row), int(column))), self.sheet)

    def name(self, name: str, step: int) -> str:
        """A name for people, with its cell: a_h1 (J33)."""
        reference = self.reference(name, step)
        if name.startswith(EMPTY):
            return f"the empty cell {reference}"
        if name.startswith(TEXT):
            return f"the text in {reference}"
        if name.startswith(LOOP):
            return f"{reference}, which needs its own result"
        if name == RATE and self.parameters.rate_cell is None:
            return "the learning rate" if reference == NOWHERE else f"the learning rate {reference}"
        if name == RATE:
            return f"the learning rate ({reference.replace('$', '')})"
        if name.startswith("cell:"):
            cell, value = self.reading.constants[name]
            return f"{reference.replace('$', '')} ({value:.6g})" if cell else reference
        if name.startswith("~"):
            return reference
        key = name.partition("@")[0].partition("#")[0]
        return NETWORK.label(key) + ("" if reference == NOWHERE else f" ({reference.replace('$', '')})")

    def text(self, expression: Expression, step: int) -> str:
        """An expression for people, without cells: a_o1·(1 − a_o1)."""
        return expression.text(lambda name: self._label(name, step))

    def _label(self, name: str, step: int) -> str:
        if name == RATE:
            return NETWORK.label(RATE)
        if ":" in name or name.startswith("~"):
            return self.reference(name, step).replace("$", "")
        return NETWORK.label(name.partition("@")[0].partition("#")[0])

    def formula(self, expression: Expression, step: int, key: str | None = None) -> str:
        """An expression as the formula of a cell, that of ``key`` if it is one's, at iteration ``step``."""
        writer = self if key is None else self.at_quantity(key, step)
        return "=" + expression.excel(lambda name: writer.reference(name, step))

    def found(self, key: str, step: int) -> str | None:
        """The formula or value that stands in a quantity's cell."""
        return self.at(self.table.place(key, step), self.table.sheet(key, step).name)

    def at(self, place: tuple[int, int], sheet: str | None = None) -> str | None:
        """The formula or value that stands in a cell."""
        cells = self.reading.book.sheet(sheet) if sheet else self.table.cells
        assert cells is not None
        if place in cells.formulas:
            return cells.formulas[place].text(*place)
        if place in cells.folded:
            return cells.folded[place].text(*place)
        value = cells.values.get(place)
        if value is None:
            return None
        return f"{value:.15g}" if type(value) is float else str(getattr(value, "name", value))

    def expected(self, key: str, step: int) -> str | None:
        """The formula that belongs in a quantity's cell by the network's own equation."""
        equation = self.equation(key)
        return None if equation is None else self.formula(equation, step, key)

    def equation(self, key: str) -> Expression | None:
        """The network's equation of a sheet's quantity, in what the sheet has columns for."""
        renamed, network = self.convention.renamed, self.convention.network
        keys = set(self.reading.keys) - {key}
        available = {renamed(k) for k in keys | GIVEN | set(WEIGHTS)}
        if key in WEIGHTS:
            gradient = partial("E", key)
            if gradient in keys:
                return self._update(key, Symbol(f"{gradient}@-1"))
            inlined = network.equation(partial("E", renamed(key)), available)
            return None if inlined is None else self._update(key, self._back(self._in_sheet(inlined)))
        try:
            equation = network.equation(renamed(key), available)
        except ValueError:
            return None
        if equation is None:
            return None
        equation = self._in_sheet(equation)
        if key in NETWORK.keys(Role.GRADIENT) and self.convention.gradient != "1":
            scaled = Symbol(RATE) * equation if self.convention.gradient.endswith("lr") else equation
            return -scaled if self.convention.gradient.startswith("-") else scaled
        return equation

    def _update(self, weight: str, gradient: Expression) -> Expression:
        before = Symbol(f"{weight}@-1")
        match self.convention.gradient:
            case "-1":
                return before + Symbol(RATE) * gradient
            case "lr":
                return before - gradient
            case "-lr":
                return before + gradient
        return before - Symbol(RATE) * gradient

    def _in_sheet(self, equation: Expression) -> Expression:
        renamed = self.convention.renamed
        return equation.substitute({name: Symbol(renamed(name)) for name in equation.names})

    def _back(self, equation: Expression) -> Expression:
        names = equation.names - GIVEN
        return equation.substitute({name: Symbol(f"{name}@-1") for name in names})


def _absolute(reference: str) -> str:
    sheet, mark, cell = reference.rpartition("!")
    letters = cell.rstrip("0123456789")
    return f"{sheet}{mark}${letters}${cell[len(letters) :]}"


def in_cells(formula: str | None) -> str | None:
    """A formula or value that is to be told; None of one in which something has no cell."""
    return None if formula and any(mark in formula for mark in (NOWHERE, "#REF!")) else formula or None


def explain(writer: Writer, key: str, edits: Sequence[Edit], step: int, subject: str | None = None) -> str:
    """What is wrong with the formula of ``key``, in a sentence; ``step`` gives the cells that are named."""
    if subject is None:
        subject, writer = NETWORK.label(key), writer.at_quantity(key, step)
    return " ".join(_explained(writer, key, edit, step, subject) for edit in edits)


def _explained(writer: Writer, key: str, edit: Edit, step: int, subject: str) -> str:
    def named(expression: Expression | None) -> str:
        if isinstance(expression, Symbol):
            return writer.name(expression.key, step)
        return "" if expression is None else writer.text(expression, step)

    found, expected = named(edit.found), named(edit.expected)
    joint = {"*": "factor", "/": "divisor", "+": "term", "-": "term", "^": "exponent"}.get(edit.joint, "part")
    match edit.code:
        case Code.HANDOUT_MISTAKE:
            mistake = known_mistake(writer.mistakes, key, edit)
            says = f" {mistake.says}" if mistake and mistake.says else ""
            return f"{subject} uses {found} where {expected} belongs.{says}"
        case Code.PRE_ACTIVATION:
            return f"{subject} uses the weighted sum {found} where its activation {expected} belongs."
        case Code.OTHER_ACTIVATION:
            other = f"the {edit.called} of the weighted sum, another activation function"
            return f"{subject} is {other}; {expected} belongs there."
        case Code.WRONG_GRADIENT:
            return f"{subject} is updated with {found}, another weight's gradient; {expected} belongs there."
        case Code.WRONG_RATE | Code.SLIDING_REFERENCE | Code.STUCK_REFERENCE if _is_rate(edit):
            slides = (
                " The reference slides down with the formula because its $ is missing."
                if edit.code is Code.SLIDING_REFERENCE
                else ""
            )
            return f"{subject} is updated with {found} in the place of {expected}.{slides}"
        case Code.SLIDING_REFERENCE:
            return (
                f"{subject} refers to {found} where {expected} belongs: the reference slides because its $ is missing."
            )
        case Code.STUCK_REFERENCE:
            return f"{subject} refers to {found} on every row where {expected} belongs: {KEEPS[edit.joint]}."
        case Code.WRONG_ROW if isinstance(edit.found, Symbol) and edit.found.key.startswith((EMPTY, TEXT)):
            return f"{subject} takes {found} where {expected} belongs: that cell is outside of the table's rows."
        case Code.WRONG_ROW:
            return f"{subject} takes {found} where {expected} belongs: the value of another iteration."
        case Code.UPDATED_WEIGHTS:
            pairs = [(found, expected)]
            if edit.also:
                pairs.append((writer.name(edit.also[0], step), writer.name(edit.also[1], step)))
            stands, belongs = (" and ".join(side) for side in zip(*pairs, strict=True))
            many = len(pairs) > 1
            return (
                f"{subject} is computed with {'weights that are' if many else 'a weight that is'} already updated: "
                f"{stands}, where {belongs} {'belong' if many else 'belongs'}. All gradients of an iteration follow "
                "from the weights of the forward pass; only then are all weights updated."
            )
        case Code.WRONG_QUANTITY:
            if edit.also:
                second, right = (writer.name(name, step) for name in edit.also)
                return f"{subject} uses {found} and {second} where {expected} and {right} belong."
            where = "" if edit.everywhere else " at one place"
            return f"{subject} uses {found} where {expected} belongs{where}."
        case Code.WRONG_SIGN if edit.joint == "ratio":
            return f"{subject} has the wrong sign throughout."
        case Code.WRONG_SIGN:
            return f"{subject} has a wrong sign: {found} stands where {expected} belongs."
        case Code.WRONG_OPERATOR:
            return f"{subject} has a wrong operator: {found} stands where {expected} belongs."
        case Code.TYPED_PART:
            typed = value_text(edit.found.value) if isinstance(edit.found, Number) else found
            return f"{subject} has a typed-in number where {expected} belongs. Here it is {typed}."
        case Code.WRONG_CONSTANT:
            return f"{subject} has the constant {found} where {expected} belongs."
        case Code.PRECEDENCE:
            return (
                f"{subject} misses or misplaces parentheses: as it stands it computes {found}, "
                f"where {expected} is meant."
            )
        case Code.EXTRA_PART | Code.MISSING_PART if edit.joint == "ratio":
            return f"{subject} is {found} times what it should be."
        case Code.EXTRA_PART if edit.expected is not None:
            return f"{subject} computes {found} where {expected} belongs."
        case Code.EXTRA_PART:
            return f"{subject} has a {joint} too many: {found}."
        case Code.MISSING_PART if edit.found is not None:
            return f"{subject} computes {found} where {expected} belongs."
        case Code.MISSING_PART:
            return f"{subject} lacks a {joint}: {expected}."
        case Code.CIRCULAR:
            return f"{subject} needs its own result: the cell refers to itself, so that it has no value."
        case Code.OVERWRITTEN if isinstance(edit.found, Symbol):
            label = NETWORK.label(edit.found.key.partition("@")[0])
            return f"The column {subject} computes {label} instead: {named(edit.found)} has that place."
        case Code.OVERWRITTEN:
            return f"The column {subject} is overwritten with the update of a weight; it is no weight."
    return f"{subject} computes something else than the network's equation."


def _is_rate(edit: Edit) -> bool:
    """Whether the learning rate is what belongs there."""
    return isinstance(edit.expected, Symbol) and edit.expected.key == RATE


def value_text(value: float) -> str:
    """A number as a cell shows it."""
    return f"{value:.10g}"


def share_text(share: float) -> str:
    """A share of what is right in percent, to two digits: 0.031 %, 48 %, 1,600 %."""
    percent = float(f"{100 * share:.2g}")
    return f"{percent:,.0f} %" if percent >= 10 else f"{percent:g} %"


__all__ = ["Writer", "explain", "in_cells", "share_text", "value_text"]
