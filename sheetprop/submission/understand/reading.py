"""Reading a table: what stands in each of its cells, with every reference resolved to a quantity at an iteration.

A formula becomes an expression over names: ``w1`` (this iteration), ``w1@-1`` (one back), ``w1#7`` (fixed at iteration
7), ``cell:…`` (a constant elsewhere), ``~3`` (helper 3, whose own expression is kept apart, as a mistake in it is made
there). What is copied down a column resolves to one and the same object.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sheetprop.expression import Expression, Number, Symbol
from sheetprop.submission.find.pieces import GIVEN, Piece
from sheetprop.submission.find.tables import Cell, Table
from sheetprop.submission.open.cells import Book, Cells, ErrorValue, Place
from sheetprop.submission.understand.columns import HelperColumns
from sheetprop.submission.understand.contents import Content, Helper, Run
from sheetprop.submission.understand.formula import MAX_AREA, Columns, Crossing, Leaf, Name, Reference, Shape, ThisRow
from sheetprop.submission.understand.functions import (
    EMPTY,
    FOREIGN,
    LOOP,
    TEXT,
    UNREAD,
    Function,
    NotUnderstoodError,
    Several,
)
from sheetprop.submission.understand.named import NamedFormulas

DEEPEST = 60
"""Helpers that one helper may lead through; a longer chain is followed by its numbers instead."""


class Reading:
    """The contents of a table's columns, and what they refer to."""

    def __init__(self, book: Book, table: Table, others: Sequence[Table], keys: set[str] | None = None) -> None:
        """Read ``table``; ``others`` are the workbook's other tables. Columns not among ``keys`` are helpers."""
        self.book, self.table, self.cells = book, table, table.cells
        self._keys = {key for key in table.keys if keys is None or key in keys}
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
        self._iterations: dict[Cell, int | None] = {}
        self._known_several: dict[tuple[int, ...], Several] = {}
        self._names: dict[str, NamedFormulas] = {}
        self._columns = HelperColumns(table)
        self._zero = Number(0)

    @property
    def keys(self) -> list[str]:
        """The quantities that are read as such, in the order of the columns."""
        return [key for key in self.table.keys if key in self._keys]

    def symbol(self, name: str) -> Symbol:
        """The symbol of a name, always the same object."""
        if name not in self._symbols:
            self._symbols[name] = Symbol(name)
        return self._symbols[name]

    def runs(self, key: str) -> list[Run]:
        """What stands in the column of ``key``, from the first iteration to the last."""
        runs: list[Run] = []
        for piece in self.table.pieces_of(key):
            if piece.start > (end := runs[-1].last + 1 if runs else 0):
                runs.append(Run(end, piece.start - 1, Content("empty")))
            runs += self._runs_of_piece(piece, key)
        if (end := runs[-1].last + 1) < self.table.count:
            runs.append(Run(end, self.table.count - 1, Content("empty")))
        return _merged(runs)

    def _runs_of_piece(self, piece: Piece, key: str) -> list[Run]:
        cells, start = piece.cells, piece.start
        places = [piece.place(key, step) for step in piece.steps]
        runs: list[Run] = []
        n = 0
        while n < len(places):
            shape = cells.formulas.get(places[n])
            if shape is None:
                runs.append(Run(start + n, start + n, self._other_content(cells, places[n])))
                n += 1
                continue
            last = n
            while last + 1 < len(places) and cells.formulas.get(places[last + 1]) is shape:
                last += 1
            runs += self._formula_runs(shape, piece, key, range(start + n, start + last + 1))
            n = last + 1
        return runs

    @staticmethod
    def _other_content(cells: Cells, place: Place) -> Content:
        if place in cells.opaque:
            return Content("opaque", value=cells.values.get(place))
        value = cells.values.get(place)
        if value is None:
            return Content("empty")
        if isinstance(value, ErrorValue):
            return Content("error", value=value)
        return Content("constant" if type(value) is float else "text", value=value)

    def _formula_runs(self, shape: Shape, piece: Piece, key: str, steps: range) -> list[Run]:
        try:
            used = shape.used
        except NotUnderstoodError as reason:
            return [Run(steps[0], steps[-1], Content("unread", shape=shape, reason=str(reason)))]
        own = Cell(piece.cells.name, piece.place(key, steps[0]))
        if all(self._uniform(shape, n, piece, key, steps) for n in used):
            return list(self._own_apart(Run(steps[0], steps[-1], self._content(shape, used, own, steps[0]))))
        cells = (Cell(own.sheet, piece.place(key, step)) for step in steps)
        return [Run(k, k, self._content(shape, used, cell, k)) for k, cell in zip(steps, cells, strict=True)]

    def _own_apart(self, run: Run) -> Iterator[Run]:
        """A run, with the iterations apart from which it takes a quantity for all the others: there it is the own."""
        expression, first = run.content.expression, run.first
        fixed = {} if expression is None else dict(_fixed_names(expression))
        for step in sorted(set(fixed.values()).intersection(range(run.first, run.last + 1))):
            assert expression is not None
            own = {name: self.symbol(name.partition("#")[0]) for name, at in fixed.items() if at == step}
            if first < step:
                yield replace(run, first=first, last=step - 1)
            yield Run(step, step, replace(run.content, expression=expression.substitute(own)))
            first = step + 1
        if first <= run.last:
            yield replace(run, first=first)

    def _content(self, shape: Shape, used: list[int], cell: Cell, step: int | None) -> Content:
        try:
            return Content("formula", self._expression(shape, used, cell, step), shape)
        except NotUnderstoodError as reason:
            return Content("unread", shape=shape, reason=str(reason))

    def _expression(self, shape: Shape, used: list[int], cell: Cell, step: int | None) -> Expression:
        leaves: list[Expression] = [self._zero] * len(shape.leaves)
        for leaf in shape.leaves:
            if isinstance(leaf, Name):  # one that means nothing is an error in Excel, even where it is multiplied by 0
                self._resolve(leaf, cell, step)
        for n in used:
            leaves[n] = self._resolve(shape.leaves[n], cell, step, shape.conditional)
            if n in shape.counting:
                self._note_left_out(shape, n, cell)
        return shape.expression(leaves, self._functions(shape, cell, step))

    def _functions(self, shape: Shape, cell: Cell, step: int | None) -> dict[str, Function]:
        """The LAMBDAs with names that a formula in a cell calls."""
        return self._named(cell.sheet).functions(shape, lambda leaf: self._resolve(leaf, cell, step))

    def _named(self, sheet: str) -> NamedFormulas:
        if sheet not in self._names:
            self._names[sheet] = NamedFormulas(self.book, sheet)
        return self._names[sheet]

    def _note_left_out(self, shape: Shape, n: int, own: Cell) -> None:
        leaf = shape.leaves[n]
        if isinstance(leaf, (Reference, ThisRow)):
            target, _ = self._target(leaf, own)
            owner = self.book.sheet(target.sheet)
            if owner is not None and target.place in owner.text_numbers:
                self.left_out.setdefault(target, {})[own] = shape.counting[n]

    def _uniform(self, shape: Shape, n: int, piece: Piece, key: str, steps: range) -> bool:
        """Whether the n-th reference means the same for all iterations of ``steps``."""
        leaf = shape.leaves[n]
        if len(steps) == 1:
            return True
        if n in shape.counting and piece.cells.text_numbers and not isinstance(leaf, Name):
            return False  # some may be texts, which the function leaves out
        if isinstance(leaf, Name):
            return self._same_named(leaf, piece.cells.name)
        if shape.conditional or isinstance(leaf, (ThisRow, Columns, Crossing)) or piece.stride is None:
            return False
        sheet = piece.cells if leaf.sheet is None else self.book.sheet(leaf.sheet)
        if sheet is None:
            return False
        first = Cell(sheet.name, leaf.at(*piece.place(key, steps[0])))
        from_quantity = self._quantity_at(first)
        if leaf.column_fixed if piece.across else leaf.row_fixed:
            return self._same_everywhere(first) and (sheet is piece.cells or (leaf.row_fixed and leaf.column_fixed))
        to_quantity = self._quantity_at(Cell(sheet.name, leaf.at(*piece.place(key, steps[-1]))))
        if from_quantity is None or to_quantity is None:
            return False
        there = self.table.piece(*from_quantity)
        return (
            from_quantity[0] == to_quantity[0]
            and there is self.table.piece(*to_quantity)
            and there.stride == piece.stride
            and there.across == piece.across
        )

    def _same_named(self, leaf: Name, here: str) -> bool:
        """Whether a name means the same for all iterations."""
        ranges = leaf.crosses and self.book.range_named(leaf, here)
        if ranges or self.book.formula_named(leaf, here) is not None:
            return False
        try:
            meaning = self.book.named(leaf, here)
            return isinstance(meaning, float) or self._same_everywhere(
                Cell(self._sheet_name(meaning[0], here), meaning[1:])
            )
        except NotUnderstoodError:
            return True  # as little in each

    def _same_everywhere(self, cell: Cell) -> bool:
        """Whether a cell means the same for all iterations: a formula in a line of the table is of that one."""
        quantity, sheet = self._quantity_at(cell), self.book.sheet(cell.sheet)
        computed = sheet is not None and cell.place in sheet.formulas
        return (quantity is None or quantity[0] in GIVEN) and not (computed and self.step(cell) is not None)

    def _quantity_at(self, cell: Cell) -> tuple[str, int] | None:
        """Which quantity that is read as such, at which iteration, a cell is."""
        found = self.table.quantity(cell)
        return found if found is not None and found[0] in self._keys else None

    def names_of(self, shape: Shape, key: str, step: int) -> dict[int, str]:
        """What each reference of a quantity's formula means, by its number; those that are no single names left out."""
        cell = self.table.cell(key, step)
        resolved = ((n, self._resolve(shape.leaves[n], cell, step)) for n in shape.used)
        return {n: expression.key for n, expression in resolved if isinstance(expression, Symbol)}

    def meaning(self, shape: Shape, cell: Cell, step: int | None) -> Expression:
        """What a formula would compute in a cell, seen from an iteration; raises NotUnderstoodError."""
        leaves: list[Expression] = [self._zero] * len(shape.leaves if shape.tree else ())
        for n in range(len(leaves)):
            leaves[n] = self._resolve(shape.leaves[n], cell, step, shape.conditional)
        return shape.expression(leaves, self._functions(shape, cell, step))

    def _resolve(self, leaf: Leaf, own: Cell, step: int | None, conditional: bool = False) -> Expression:
        """What a reference means in the formula of the cell ``own``, seen from an iteration.

        An empty cell is told as such where conditions may ask for it.
        """
        if isinstance(leaf, Name):
            named = self._named(own.sheet).value(leaf, lambda other: self._resolve(other, own, step))
            if named is not None:
                return named
        if isinstance(leaf, Name) and isinstance(meaning := self.book.named(leaf, own.sheet, own.place), float):
            self.constants[f"cell:{leaf.name}"] = (None, meaning)
            return self.symbol(f"cell:{leaf.name}")
        if isinstance(leaf, Columns):
            return self._several(leaf, own, step)
        target, line_fixed = self._target(leaf, own)
        if found := self._quantity_at(target):
            if conditional and not self.table.filled(*found):
                return self.symbol(f"{EMPTY}{target.sheet}!{target.place[0]},{target.place[1]}")
            return self._quantity(*found, step, line_fixed)
        return self._elsewhere(target, step)

    def _several(self, leaf: Columns, own: Cell, step: int | None) -> Several:
        row, first = self.book.structured(leaf.first, own.sheet, own.place)
        _, last = self.book.structured(leaf.last, own.sheet, own.place)
        if abs(last - first) >= MAX_AREA:
            raise NotUnderstoodError("it refers to a range of more cells than one iteration has")
        columns = range(min(first, last), max(first, last) + 1)
        cells = [Reference(row, True, column, True) for column in columns]
        # As relative references, which they are: each row of a table has its own.
        parts = tuple(self._resolve(replace(c, row=0, row_fixed=False), own, step) for c in cells)
        key = tuple(map(id, parts))
        if key not in self._known_several:
            self._known_several[key] = Several((parts,))
        return self._known_several[key]

    def _target(self, leaf: Reference | Crossing | Name | ThisRow, own: Cell) -> tuple[Cell, bool]:
        match leaf:
            case Reference():
                fixed = leaf.column_fixed if self.table.across else leaf.row_fixed
                return Cell(self._sheet_name(leaf.sheet, own.sheet), leaf.at(*own.place)), fixed
            case Crossing():
                return Cell(self._sheet_name(leaf.sheet, own.sheet), leaf.at(*own.place)), False
            case Name():
                meaning = self.book.named(leaf, own.sheet, own.place)
                assert not isinstance(meaning, float)
                sheet, row, column = meaning
                return Cell(self._sheet_name(sheet, own.sheet), (row, column)), not self._crosses(leaf, own)
            case ThisRow():
                return Cell(own.sheet, self.book.structured(leaf, own.sheet, own.place)), False

    def _crosses(self, leaf: Name, own: Cell) -> bool:
        return leaf.crosses and self.book.range_named(leaf, own.sheet) is not None

    def _sheet_name(self, name: str | None, here: str) -> str:
        if name is None:
            return here
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
        if self._columns.go_their_own_way(cell):
            return self._by_value(cells, cell, UNREAD)
        if cell.place in cells.formulas:
            return self._helper(cells, cell, step)
        value = cells.values.get(cell.place)
        name = f"{cell.sheet}!{cell.place[0]},{cell.place[1]}"
        if cell.place in cells.opaque:
            return self._unread(cell)
        if type(value) is float:
            if self._columns.hold_formulas(cell):
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

    def _helper(self, cells: Cells, cell: Cell, step: int | None) -> Expression:
        """A formula cell outside of the quantities: its value as seen from iteration ``step``."""
        own = self.step(cell)
        if cell not in self._helper_of:
            if self._foreign(cell):
                self._helper_of[cell] = self._by_value(cells, cell, FOREIGN)
            elif cell in self._open:
                return self.symbol(LOOP + f"{cell.sheet}!{cell.place[0]},{cell.place[1]}")
            else:
                # From the top, so that a helper that leads back row by row is no deep recursion.
                for above in self._unknown_above(cells, cell):
                    self._follow(cells, above, self.table.step(above))
                self._follow(cells, cell, own)
        found = self._helper_of[cell]
        return found if own is None or step is None or own == step else self._shifted(found, own - step)

    def step(self, cell: Cell) -> int | None:
        """The iteration that a cell belongs to, on a line of the table or in helper cells that go along with it."""
        own = self.table.step(cell)
        return self._along_with(cell) if own is None else own

    def _along_with(self, cell: Cell) -> int | None:
        """The one iteration that a formula apart from the table refers to, where it is one of several copies."""
        if cell in self._iterations:
            return self._iterations[cell]
        self._iterations[cell] = None  # until it is known: it may need itself
        cells, (row, column) = self.book.sheet(cell.sheet), cell.place
        shape = cells.formulas.get(cell.place) if cells is not None else None
        if cells is None or shape is None:
            return None
        beside = ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
        if not any(cells.formulas.get(place) is shape for place in beside):
            return None
        found: set[int] = set()
        try:
            for leaf in (shape.leaves[n] for n in shape.used):
                if isinstance(leaf, Reference):
                    target, _ = self._target(leaf, cell)
                    quantity = self._quantity_at(target)
                    at = self.step(target) if quantity is None else None if quantity[0] in GIVEN else quantity[1]
                    found |= set() if at is None else {at}
        except (NotUnderstoodError, RecursionError):
            return None
        if len(found) == 1:
            self._iterations[cell] = found.pop()
        return self._iterations[cell]

    def _unknown_above(self, cells: Cells, cell: Cell) -> list[Cell]:
        """The cells above a helper, in its column and piece of the table, that have not been followed yet."""
        if (beside := self.table.beside(cell)) is None:
            return []
        piece, column = beside[0], beside[0].position(cell.place)[1]
        unknown: list[Cell] = []
        for n in range(beside[1] - piece.start - 1, -1, -1):
            above = Cell(cell.sheet, piece.at(piece.lines[n], column))
            if above in self._helper_of or above.place not in cells.formulas:
                break
            unknown.append(above)
        return unknown[::-1]

    def _follow(self, cells: Cells, cell: Cell, own: int | None) -> None:
        shape = cells.formulas[cell.place]
        if cell in self._open:
            return
        self._open.add(cell)
        try:
            expression = self._helper_expression(cells, shape, cell, own)
        except (NotUnderstoodError, RecursionError):
            expression = self._by_value(cells, cell, UNREAD)
        finally:
            self._open.discard(cell)
        self._helper_of[cell] = expression

    def _helper_expression(self, cells: Cells, shape: Shape, cell: Cell, own: int | None) -> Expression:
        expression = self._expression(shape, shape.used, cell, own)
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
        return any(other.contains(cell.sheet, cell.place) for other in self._others)

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


def _fixed_names(expression: Expression) -> Iterator[tuple[str, int]]:
    """The names of quantities at one iteration, whichever it is seen from, and that iteration."""
    for name in expression.names:
        key, mark, at = name.partition("#")
        if mark and ":" not in key and not key.startswith("~"):
            yield name, int(at)


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
