"""Reading a table: what stands in each of its cells, with every reference resolved to a quantity at an iteration.

A formula becomes an expression over names: ``w1`` (this iteration), ``w1@-1`` (one back), ``w1#7`` (fixed at iteration
7), ``cell:…`` (a constant elsewhere), ``~3`` (helper 3, whose own expression is kept apart, as a mistake in it is made
there). What is copied down a column resolves to one and the same object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sheetprop.expression import Expression, Number, Symbol
from sheetprop.network import NETWORK, Role
from sheetprop.submission.find.tables import Table
from sheetprop.submission.open.cells import Book, Cells, ErrorValue, Place
from sheetprop.submission.understand.contents import Cell, Content, Helper, Run
from sheetprop.submission.understand.formula import MAX_AREA, Columns, Leaf, Name, Reference, Shape, ThisRow
from sheetprop.submission.understand.functions import (
    EMPTY,
    FOREIGN,
    LOOP,
    TEXT,
    UNREAD,
    NotUnderstoodError,
    Several,
)
from sheetprop.submission.understand.named import NamedFormulas

GIVEN = {*NETWORK.keys(Role.TARGET, Role.INPUT)}
DEEPEST = 60
"""Helpers that one helper may lead through; a longer chain is followed by its numbers instead."""


class Reading:
    """The contents of a table's columns, and what they refer to."""

    def __init__(self, book: Book, table: Table, others: Sequence[Table], keys: set[str] | None = None) -> None:
        """Read ``table``; ``others`` are the workbook's other tables. Columns not among ``keys`` are helpers."""
        self.book, self.table, self.cells = book, table, table.cells
        self._columns = {c: k for c, k in table.keys.items() if keys is None or k in keys}
        self._others = [other for other in others if other is not table]
        self._symbols: dict[str, Symbol] = {}
        self.constants: dict[str, tuple[Cell | None, float]] = {}
        self.helpers: dict[str, Helper] = {}
        self._helper_of: dict[Cell, Expression] = {}
        self._helper_names: dict[int, str] = {}
        self.unread: dict[str, tuple[str, Place]] = {}
        self.left_out: dict[Cell, dict[Cell, str]] = {}
        """Per number stored as text: the formulas that leave it out, each with the function that does so."""
        self._open: set[Cell] = set()
        self._known_several: dict[tuple[int, ...], Several] = {}
        self._names = NamedFormulas(book, table.cells.name)
        self._formula_columns: dict[int, bool] = {}
        self._zero = Number(0)

    @property
    def keys(self) -> list[str]:
        """The quantities that are read as such, in the order of the columns."""
        return [key for _, key in sorted(self._columns.items())]

    def symbol(self, name: str) -> Symbol:
        """The symbol of a name, always the same object."""
        if name not in self._symbols:
            self._symbols[name] = Symbol(name)
        return self._symbols[name]

    def runs(self, key: str) -> list[Run]:
        """What stands in the column of ``key``, from the first iteration to the last."""
        column = self.table.columns[key]
        places = [self.table.at(line, column) for line in range(self.table.first, self.table.last + 1)]
        runs: list[Run] = []
        step = 0
        while step < len(places):
            shape = self.cells.formulas.get(places[step])
            if shape is None:
                runs.append(Run(step, step, self._other_content(places[step])))
                step += 1
                continue
            last = step
            while last + 1 < len(places) and self.cells.formulas.get(places[last + 1]) is shape:
                last += 1
            runs += self._formula_runs(shape, places, step, last)
            step = last + 1
        return _merged(runs)

    def _other_content(self, place: Place) -> Content:
        if place in self.cells.opaque:
            return Content("opaque", value=self.cells.values.get(place))
        value = self.cells.values.get(place)
        if value is None:
            return Content("empty")
        if isinstance(value, ErrorValue):
            return Content("error", value=value)
        return Content("constant" if type(value) is float else "text", value=value)

    def _formula_runs(self, shape: Shape, places: list[Place], first: int, last: int) -> list[Run]:
        try:
            used = shape.used
        except NotUnderstoodError as reason:
            return [Run(first, last, Content("unread", shape=shape, reason=str(reason)))]
        if all(self._uniform(shape, n, places, first, last) for n in used):
            return [Run(first, last, self._content(shape, used, places[first], first))]
        runs = []
        for step in range(first, last + 1):
            runs.append(Run(step, step, self._content(shape, used, places[step], step)))
        return runs

    def _content(self, shape: Shape, used: list[int], place: Place, step: int | None) -> Content:
        try:
            return Content("formula", self._expression(shape, used, place, step), shape)
        except NotUnderstoodError as reason:
            return Content("unread", shape=shape, reason=str(reason))

    def _expression(self, shape: Shape, used: list[int], place: Place, step: int | None) -> Expression:
        leaves: list[Expression] = [self._zero] * len(shape.leaves)
        for n in used:
            leaves[n] = self._resolve(shape.leaves[n], place, step, shape.conditional)
            if n in shape.counting:
                self._note_left_out(shape, n, self.cells, place)
        return shape.expression(leaves, self._names.functions(shape, lambda leaf: self._resolve(leaf, place, step)))

    def _note_left_out(self, shape: Shape, n: int, cells: Cells, place: Place) -> None:
        leaf = shape.leaves[n]
        if isinstance(leaf, (Reference, ThisRow)):
            sheet, target, _ = self._target(leaf, place)
            if isinstance(leaf, Reference) and leaf.sheet is None:
                sheet = cells.name
            owner = self.book.sheet(sheet)
            if owner is not None and target in owner.text_numbers:
                users = self.left_out.setdefault(Cell(sheet, target), {})
                users[Cell(cells.name, place)] = shape.counting[n]

    def _uniform(self, shape: Shape, n: int, places: list[Place], first: int, last: int) -> bool:
        """Whether the n-th reference means the same for all iterations from ``first`` to ``last``."""
        leaf = shape.leaves[n]
        if n in shape.counting and self.cells.text_numbers and not isinstance(leaf, Name):
            return False  # some may be texts, which the function leaves out
        if isinstance(leaf, Name):
            return self.book.formula_named(leaf, self.cells.name) is None
        if shape.conditional:
            return False
        if isinstance(leaf, (ThisRow, Columns)):
            return False
        if leaf.sheet is not None and leaf.sheet.lower() != self.cells.name.lower():
            return leaf.row_fixed and leaf.column_fixed
        table = self.table
        line, column = table.position(leaf.at(*places[first]))
        line_fixed = leaf.column_fixed if table.across else leaf.row_fixed
        if line_fixed:
            computed = self._columns.get(column, "") not in GIVEN or table.at(line, column) in self.cells.formulas
            return not (table.first <= line <= table.last and computed)
        offset = line - table.first - first
        return column in self._columns and first + offset >= 0 and last + offset < table.count

    def names_of(self, shape: Shape, place: Place, step: int) -> dict[int, str]:
        """What each reference of a formula in a cell means, by its number; those that are no single names left out."""
        resolved = ((n, self._resolve(shape.leaves[n], place, step)) for n in shape.used)
        return {n: expression.key for n, expression in resolved if isinstance(expression, Symbol)}

    def _resolve(self, leaf: Leaf, place: Place, step: int | None, conditional: bool = False) -> Expression:
        """What a reference is; an empty cell is told as such where conditions may ask for it."""
        if isinstance(leaf, Name):
            named = self._names.value(leaf, lambda other: self._resolve(other, place, step))
            if named is not None:
                return named
        if isinstance(leaf, Name) and isinstance(meaning := self.book.named(leaf, self.cells.name), float):
            self.constants[f"cell:{leaf.name}"] = (None, meaning)
            return self.symbol(f"cell:{leaf.name}")
        if isinstance(leaf, Columns):
            return self._several(leaf, place, step)
        sheet, target, line_fixed = self._target(leaf, place)
        if sheet == self.cells.name:
            line, column = self.table.position(target)
            key = self._columns.get(column)
            if key is not None and self.table.first <= line <= self.table.last:
                if conditional and not self.cells.filled(target):
                    return self.symbol(f"{EMPTY}{sheet}!{target[0]},{target[1]}")
                return self._quantity(key, line - self.table.first, step, line_fixed)
        return self._elsewhere(Cell(sheet, target), step)

    def _several(self, leaf: Columns, place: Place, step: int | None) -> Several:
        row, first = self.book.structured(leaf.first, self.cells.name, place)
        _, last = self.book.structured(leaf.last, self.cells.name, place)
        if abs(last - first) >= MAX_AREA:
            raise NotUnderstoodError("it refers to a range of more cells than one iteration has")
        columns = range(min(first, last), max(first, last) + 1)
        cells = [Reference(row, True, column, True) for column in columns]
        # As relative references, which they are: each row of a table has its own.
        parts = tuple(self._resolve(replace(c, row=0, row_fixed=False), place, step) for c in cells)
        key = tuple(map(id, parts))
        if key not in self._known_several:
            self._known_several[key] = Several((parts,))
        return self._known_several[key]

    def _target(self, leaf: Reference | Name | ThisRow, place: Place) -> tuple[str, Place, bool]:
        match leaf:
            case Reference():
                row, column = leaf.at(*place)
                fixed = leaf.column_fixed if self.table.across else leaf.row_fixed
                return self._sheet_name(leaf.sheet), (row, column), fixed
            case Name():
                meaning = self.book.named(leaf, self.cells.name)
                assert not isinstance(meaning, float)
                sheet, row, column = meaning
                return self._sheet_name(sheet), (row, column), True
            case ThisRow():
                row, column = self.book.structured(leaf, self.cells.name, place)
                return self.cells.name, (row, column), False

    def _sheet_name(self, name: str | None) -> str:
        if name is None:
            return self.cells.name
        sheet = self.book.sheet(name)
        if sheet is None:
            raise NotUnderstoodError(f"it refers to a sheet {name!r} that is not there")
        return sheet.name

    def _quantity(self, key: str, at: int, step: int | None, fixed: bool) -> Symbol:
        if key in GIVEN:
            return self.symbol(key)
        if step is None:
            return self.symbol(f"{key}#{at}")
        offset = at - step
        if fixed and abs(offset) > 1:
            return self.symbol(f"{key}#{at}")
        return self.symbol(f"{key}@{offset:+d}" if offset else key)

    def _elsewhere(self, cell: Cell, step: int | None) -> Expression:
        cells = self.book.sheet(cell.sheet)
        assert cells is not None
        if cell.place in cells.formulas:
            return self._helper(cells, cell, step)
        value = cells.values.get(cell.place)
        name = f"{cell.sheet}!{cell.place[0]},{cell.place[1]}"
        if cell.place in cells.opaque:
            return self._unread(cell)
        if type(value) is float:
            if self._among_helpers(cell):
                return self._unread(cell)
            self.constants[f"cell:{name}"] = (cell, value)
            return self.symbol(f"cell:{name}")
        if value is None:
            return self.symbol(EMPTY + name)
        return self.symbol(TEXT + name)

    def _unread(self, cell: Cell) -> Symbol:
        name = f"{UNREAD}{cell.sheet}!{cell.place[0]},{cell.place[1]}"
        self.unread[name] = (cell.sheet, cell.place)
        return self.symbol(name)

    def _among_helpers(self, cell: Cell) -> bool:
        """Whether a number stands in a column of helper formulas, so that only its value can be judged."""
        line, column = self.table.position(cell.place)
        if cell.sheet != self.cells.name or not self.table.first <= line <= self.table.last:
            return False
        if column not in self._formula_columns:
            lines = range(self.table.first, self.table.last + 1)
            shapes = {self.cells.formulas.get(self.table.at(n, column)) for n in lines} - {None}
            self._formula_columns[column] = any(shape is not None and not shape.repeats for shape in shapes)
        return self._formula_columns[column]

    def _helper(self, cells: Cells, cell: Cell, step: int | None) -> Expression:
        """A formula cell outside of the quantities: its value as seen from iteration ``step``."""
        line, column = self.table.position(cell.place)
        inside = cell.sheet == self.cells.name and self.table.first <= line <= self.table.last
        own = line - self.table.first if inside else None
        if cell not in self._helper_of:
            if self._foreign(cell):
                self._helper_of[cell] = self._by_value(cells, cell, FOREIGN)
            elif cell in self._open:
                return self.symbol(LOOP + f"{cell.sheet}!{cell.place[0]},{cell.place[1]}")
            else:
                if inside:  # from the top, so that a helper that leads back row by row is no deep recursion
                    for above in range(self.table.first, line):
                        place = self.table.at(above, column)
                        if place in cells.formulas and Cell(cell.sheet, place) not in self._helper_of:
                            self._follow(cells, Cell(cell.sheet, place), above - self.table.first)
                self._follow(cells, cell, own)
        found = self._helper_of[cell]
        return found if own is None or step is None or own == step else self._shifted(found, own - step)

    def _follow(self, cells: Cells, cell: Cell, own: int | None) -> None:
        shape = cells.formulas[cell.place]
        if cell in self._open:
            return
        self._open.add(cell)
        try:
            expression = self._expression_of_helper(cells, shape, cell, own)
        except (NotUnderstoodError, RecursionError):
            expression = self._by_value(cells, cell, UNREAD)
        finally:
            self._open.discard(cell)
        self._helper_of[cell] = expression

    def _expression_of_helper(self, cells: Cells, shape: Shape, cell: Cell, own: int | None) -> Expression:
        used = shape.used
        leaves: list[Expression] = [self._zero] * len(shape.leaves)
        for n in used:
            leaf = shape.leaves[n]
            if isinstance(leaf, Reference) and leaf.sheet is None and cells is not self.cells:
                # Without a sheet, a reference means the sheet of its formula, which is another one here.
                leaf = replace(leaf, sheet=cells.name)
            leaves[n] = self._resolve(leaf, cell.place, own, shape.conditional)
            if n in shape.counting:
                self._note_left_out(shape, n, cells, cell.place)
        expression = shape.expression(
            leaves, self._names.functions(shape, lambda leaf: self._resolve(leaf, cell.place, own))
        )
        if own is None and isinstance(expression, Symbol) and expression.key in self.constants:
            # A cell that only repeats a constant is one too, and what the formulas refer to.
            name = f"cell:{cell.sheet}!{cell.place[0]},{cell.place[1]}"
            self.constants[name] = (cell, self.constants[expression.key][1])
            return self.symbol(name)
        if own is None and not any(expression.symbols()):
            # So is one that computes with typed numbers alone.
            return self._by_value(cells, cell, UNREAD)
        if isinstance(expression, (Symbol, Number)):
            return expression
        names = list(expression.symbols())
        if all(name.startswith("cell:") for name in names) and own is None:
            # A formula of constants alone is a constant to the table.
            return self._by_value(cells, cell, UNREAD)
        depth = 1 + max((self.helpers[n.partition("@")[0]].depth for n in names if n.startswith("~")), default=0)
        if depth > DEEPEST:
            raise NotUnderstoodError("it runs through a long chain of cells")
        known = self._helper_names.get(id(expression))
        if known is None:
            known = self._helper_names[id(expression)] = f"~{len(self.helpers)}"
            self.helpers[known] = Helper(expression, shape, depth=depth)
        self.helpers[known].cells.append(cell)
        return self.symbol(known)

    def _by_value(self, cells: Cells, cell: Cell, prefix: str) -> Symbol:
        value = cells.number(cell.place)
        name = f"{cell.sheet}!{cell.place[0]},{cell.place[1]}"
        if value is None:
            return self.symbol(prefix + name)
        self.constants[f"cell:{name}"] = (cell, value)
        return self.symbol(f"cell:{name}")

    def _foreign(self, cell: Cell) -> bool:
        return any(other.cells.name == cell.sheet and other.contains(cell.place) for other in self._others)

    def _shifted(self, expression: Expression, by: int) -> Expression:
        """The same seen from ``by`` iterations earlier: what was here is now ``by`` away."""
        if isinstance(expression, Number):
            return expression
        assert isinstance(expression, Symbol)
        name, _, offset = expression.key.partition("@")
        if "#" in name or ":" in name or name in GIVEN:
            return expression
        total = int(offset or 0) + by
        return self.symbol(f"{name}@{total:+d}" if total else name)


def _merged(runs: list[Run]) -> list[Run]:
    merged: list[Run] = []
    for run in runs:
        last = merged[-1] if merged else None
        if (
            last
            and last.content.kind == run.content.kind == "formula"
            and last.content.expression is run.content.expression
        ):
            merged[-1] = Run(last.first, run.last, last.content)
        else:
            merged.append(run)
    return merged


__all__ = ["EMPTY", "FOREIGN", "GIVEN", "LOOP", "TEXT", "UNREAD", "Cell", "Content", "Helper", "Reading", "Run"]
