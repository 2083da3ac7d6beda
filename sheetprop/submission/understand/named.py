"""Names that stand for formulas: named LAMBDAs, named expressions and named ranges of several cells."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sheetprop.expression import Expression, Number
from sheetprop.submission.understand.formula import Leaf, Name, Shape
from sheetprop.submission.understand.functions import Array, Function, NotUnderstoodError, Several, is_excels

if TYPE_CHECKING:
    from sheetprop.submission.open.cells import Book

Resolve = Callable[[Leaf], Expression]
"""What a reference is in the cell whose formula uses the name."""
_UNUSED = Number(0)


class NamedFormulas:
    """The meaning of names in formulas of one sheet; the same references give the same object."""

    def __init__(self, book: Book, sheet: str) -> None:
        self.book, self.sheet = book, sheet
        self._open: set[Name] = set()
        self._known: dict[tuple[object, ...], tuple[Expression | Function, list[Expression]]] = {}

    def functions(self, shape: Shape, resolve: Resolve) -> dict[str, Function]:
        """The LAMBDAs with names that a formula calls, by name in capitals."""
        found = {}
        for called in shape.functions:
            name = Name(called.lower())
            meaning = None if is_excels(called) else self.book.formula_named(name, self.sheet)
            if meaning is not None and isinstance(value := self._meaning(name, meaning, resolve), Function):
                found[called] = value
        return found

    def value(self, name: Name, resolve: Resolve) -> Expression | None:
        """What a name is where a number or range belongs; None where it means a cell or a number.

        Raises NotUnderstoodError.
        """
        shape = self.book.formula_named(name, self.sheet)
        if shape is None:
            return None
        value = self._meaning(name, shape, resolve)
        if isinstance(value, Function):
            raise NotUnderstoodError(f"it uses the LAMBDA {name.name} without calling it")
        return value

    def _meaning(self, name: Name, shape: Shape, resolve: Resolve) -> Expression | Function:
        if name in self._open:
            raise NotUnderstoodError(f"the name {name.name} needs itself")
        self._open.add(name)
        try:
            used = shape.used
            leaves: list[Expression] = [_UNUSED] * len(shape.leaves)
            for n in used:
                leaves[n] = resolve(shape.leaves[n])
            functions = self.functions(shape, resolve)
            key = (name.name, *map(id, leaves), *map(id, functions.values()))
            if key not in self._known:
                value = shape.value(leaves, functions)
                if isinstance(value, Array):
                    value = Several(value.rows)
                if not isinstance(value, (Expression, Function)):
                    raise NotUnderstoodError(f"the name {name.name} means no number")
                self._known[key] = value, leaves  # an id must not be given to another object
            return self._known[key][0]
        finally:
            self._open.discard(name)


__all__ = ["NamedFormulas"]
