"""A formula's shape: what it is apart from where it stands, so that a formula copied down a column is one shape.

A shape is understood once: parsed by the formula engine into a small tree whose leaves are references relative to
the cell, later filled with what those cells are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from sheetprop.expression import Expression
from sheetprop.submission.understand.functions import (
    CONDITIONAL,
    LEAVE_TEXTS_OUT,
    PLACES_ONLY,
    SAME_CELLS,
    Array,
    Builder,
    Function,
    Node,
    NotUnderstoodError,
    Scope,
    TooMuchError,
    Value,
    bounded,
    one_value,
    plain_name,
)
from sheetprop.submission.understand.parsing import (
    MAX_AREA,
    Columns,
    Crossing,
    Leaf,
    Name,
    Reference,
    ThisRow,
    crossed,
    parsed,
    reference_to,
)

_TOKENS = re.compile(
    r"""
    "(?:[^"]|"")*"                                # a text
    | (?P<quoted>'(?:[^']|''){1,300}'!)           # a sheet's name, of another workbook with its path
    | \[(?:[^\[\]]|\[[^\[\]]*\])*\]               # a structured or external reference
    | (?P<cell>\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6})(?![\w.(!\\])
    | [^\W\d][\w.\\?]*                            # a function or a name
    | [0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?     # a number, so that 1E5 is no cell
    """,
    re.VERBOSE,
)
_CALLS = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*)\(")


@dataclass(eq=False)
class Shape:
    """A formula without its place: texts and references in turn, as it is printed again for any cell.

    ``element`` is which row and column of an array formula's results its cell shows; None: it is no array formula.
    """

    pieces: tuple[str | Reference, ...]
    element: tuple[int, int] | None = None
    leaves: list[Leaf] = field(default_factory=list)
    _tree: Node | NotUnderstoodError | None = None
    _refused: TooMuchError | None = None
    _built: dict[tuple[int, ...], Expression] = field(default_factory=dict)

    def text(self, row: int, column: int, change: Callable[[int], str | None] = lambda n: None) -> str:
        """The formula, with its =, of the cell ``row``, ``column``; ``change(n)`` may replace its n-th reference."""
        parts, count = ["="], 0
        for piece in self.pieces:
            if isinstance(piece, str):
                parts.append(piece)
            else:
                parts.append(change(count) or piece.text(row, column))
                count += 1
        return "".join(parts)

    def with_references(self, place: tuple[int, int], references: Mapping[int, str]) -> str | None:
        """The formula of a cell with its n-th references replaced; None where they do not stand in it one by one."""
        plain = [piece for piece in self.pieces if isinstance(piece, Reference)]
        ranges = any(":" in piece for piece in self.pieces if isinstance(piece, str))
        if ranges or len(plain) != len(self.leaves) or not references:
            return None
        return self.text(*place, change=references.get)

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of the functions it calls, in capitals."""
        found: set[str] = set()
        for piece in self.pieces:
            if isinstance(piece, str):
                found.update(plain_name(name) for name in _CALLS.findall(piece))
        return frozenset(found)

    @cached_property
    def crosses(self) -> bool:
        """Whether a range stands in it where one value belongs."""
        if not any(mark in piece for piece in self.pieces if isinstance(piece, str) for mark in ":@["):
            return False
        try:
            return bool(self.tree) and any(isinstance(leaf, Crossing) for leaf in self.leaves)
        except NotUnderstoodError:
            return False

    @cached_property
    def conditional(self) -> bool:
        """Whether it may depend on which cells are empty."""
        return not self.functions.isdisjoint(CONDITIONAL)

    @property
    def tree(self) -> Node:
        """The parsed formula; raises NotUnderstoodError where it cannot be parsed."""
        if self._tree is None:
            try:
                self._tree = self._parse()
            except NotUnderstoodError as reason:
                self._tree = reason
        if isinstance(self._tree, NotUnderstoodError):
            raise self._tree
        return self._tree

    def _parse(self) -> Node:
        # Parsed as if in a cell so far in that no offset leads off the sheet.
        row = max((-p.row for p in self.pieces if isinstance(p, Reference) and not p.row_fixed), default=0)
        column = max((-p.column for p in self.pieces if isinstance(p, Reference) and not p.column_fixed), default=0)
        row, column = max(row, 0), max(column, 0)
        text = self.text(row, column)
        return parsed(text, self.leaves, row, column, self.element)

    @cached_property
    def used(self) -> list[int]:
        """The leaves that matter; what is multiplied by a typed 0 does not, and may lead far."""
        found: dict[int, None] = {}

        def walk(node: Node) -> None:
            match node:
                case ("leaf", n):
                    found[n] = None
                case ("binary", "*", ("number", 0.0), _) | ("binary", "*", _, ("number", 0.0)):
                    return
                case ("let", bindings, body):
                    for _, bound in bindings:
                        walk(bound)
                    walk(body)
                case ("lambda", _, body):
                    walk(body)
                case _:
                    for part in node[1:]:
                        if isinstance(part, tuple):
                            walk(part if isinstance(part[0], str) else ("area", *part))

        walk(self.tree)
        return list(found)

    @cached_property
    def needed(self) -> list[int]:
        """The leaves whose values Excel needs for its own; of ROW it is the place alone, of INDEX what it chooses."""
        left_out: set[int] = set()

        def walk(part: object, place_only: bool) -> None:
            match part:
                case ("leaf", int(n)):
                    if place_only:
                        left_out.add(n)
                case ("call", str(called), *arguments):
                    for argument in arguments:
                        walk(argument, place_only or called in PLACES_ONLY)
                case (*inside,):
                    for one in inside:
                        walk(one, place_only)

        walk(self.tree, False)
        return [n for n in range(len(self.leaves)) if n not in left_out]

    @cached_property
    def counting(self) -> dict[int, str]:
        """The leaves of cells that stand as they are in a function that leaves texts out, with its name."""
        found: dict[int, str] = {}

        def walk(node: Node, name: str) -> None:
            match node:
                case ("leaf", n) if name:
                    found[n] = name
                case ("call", called, *arguments):
                    inside = called if called in LEAVE_TEXTS_OUT else name if called in SAME_CELLS else ""
                    for argument in arguments:
                        walk(argument, inside)
                case ("area", *rows):
                    for row in rows:
                        for cell in row:
                            walk(cell, name)
                case ("let", bindings, body):
                    for _, bound in bindings:
                        walk(bound, "")
                    walk(body, "")
                case ("lambda", _, body):
                    walk(body, "")
                case _:
                    for part in node[1:]:
                        if isinstance(part, tuple) and part and isinstance(part[0], str):
                            walk(part, "")

        walk(self.tree, "")
        return found

    @property
    def repeats(self) -> bool:
        """Whether the formula only repeats another cell, as people fill a column with one number."""
        try:
            return bool(self.tree[0] == "leaf")
        except NotUnderstoodError:
            return False

    def expression(self, leaves: Sequence[Expression], functions: Mapping[str, Function] | None = None) -> Expression:
        """What the formula computes where its references are ``leaves``; raises NotUnderstoodError.

        ``functions`` are the LAMBDAs that the workbook gives names. All are looked up by identity: pass the same
        objects for the same meaning.
        """
        key = (*map(id, leaves), *map(id, (functions or {}).values()))
        if key not in self._built:
            self._built[key] = self._build(leaves, functions)
            # An id must not be given to another object.
            self._keep = [*getattr(self, "_keep", []), leaves, functions]
        return self._built[key]

    def _build(self, leaves: Sequence[Expression], functions: Mapping[str, Function] | None) -> Expression:
        value = self.value(leaves, functions)
        if isinstance(value, Array) and self.element is not None:
            value = value.at(*self.element)
        scalar = one_value(value)
        if not isinstance(scalar, Expression):
            raise NotUnderstoodError("it gives a text or a condition where a number belongs")
        return bounded(scalar)

    def value(self, leaves: Sequence[Expression], functions: Mapping[str, Function] | None = None) -> Value:
        """What the formula is, be it an array or a LAMBDA; raises NotUnderstoodError."""
        scope = Scope({}, arrays=self.element is not None)
        if self._refused is not None:
            raise self._refused
        try:
            return Builder(leaves, self.leaves, functions).value(self.tree, scope)
        except TooMuchError as reason:
            self._refused = reason  # so that a column of such formulas costs no more than one
            raise
        except RecursionError:
            raise NotUnderstoodError("it is longer or deeper nested than Excel allows") from None


def shape_key(formula: str, row: int, column: int) -> tuple[str, tuple[str | Reference, ...]]:
    """What all copies of a formula (without =) have in common, and its pieces; the cell counts from zero."""
    pieces: list[str | Reference] = []
    key: list[str] = []
    end = 0
    for token in _TOKENS.finditer(formula):
        if token.lastgroup == "cell":
            before = formula[end : token.start()]
            reference = reference_to(token["cell"], row, column)
            pieces += [before, reference]
            key += [
                before,
                f"\1{reference.row}{'$' * reference.row_fixed},{reference.column}{'$' * reference.column_fixed}\1",
            ]
            end = token.end()
    pieces.append(formula[end:])
    key.append(formula[end:])
    return "".join(key), tuple(pieces)


class Shapes:
    """All shapes of a workbook, each once."""

    def __init__(self) -> None:
        self._by_key: dict[tuple[str, tuple[int, int] | None], Shape] = {}

    def __len__(self) -> int:
        """How many different formulas there are."""
        return len(self._by_key)

    @property
    def functions(self) -> set[str]:
        """The names of the functions that any of them calls, in capitals."""
        return {name for shape in self._by_key.values() for name in shape.functions}

    def of(self, formula: str, row: int, column: int, element: tuple[int, int] | None = None) -> Shape:
        """The shape of a formula (without =) in a cell, which shows an ``element`` of it where it is an array's."""
        key, pieces = shape_key(formula, row, column)
        shape = self._by_key.get((key, element))
        if shape is None:
            shape = self._by_key[key, element] = Shape(pieces, element)
        return shape


__all__ = [
    "MAX_AREA",
    "Columns",
    "Crossing",
    "Leaf",
    "Name",
    "NotUnderstoodError",
    "Reference",
    "Shape",
    "Shapes",
    "ThisRow",
    "crossed",
]
