"""A formula's shape: what it is apart from where it stands, so that a formula copied down a column is one shape.

A shape is understood once: parsed by the formula engine into a small tree whose leaves are references relative to
the cell, later filled with what those cells are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import formualizer
from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from sheetprop.expression import Expression
from sheetprop.submission.understand.functions import (
    LEAVE_TEXTS_OUT,
    SAME_CELLS,
    Node,
    NotUnderstoodError,
    build,
)

MAX_LENGTH, MAX_NESTING = 8192, 64
"""Excel's own limits of a formula; what goes beyond is no formula that Excel has made."""
MAX_AREA = 64
"""Cells of a range that are looked at one by one; a longer range cannot belong to one iteration."""


@dataclass(frozen=True)
class Reference:
    """A cell as a formula names it; ``row`` and ``column`` are offsets unless their ``fixed`` ($) says otherwise."""

    row: int
    row_fixed: bool
    column: int
    column_fixed: bool
    sheet: str | None = None

    def at(self, row: int, column: int) -> tuple[int, int]:
        """The row and column meant by a formula in the cell ``row``, ``column``, from zero."""
        return (
            self.row if self.row_fixed else row + self.row,
            self.column if self.column_fixed else column + self.column,
        )

    def text(self, row: int, column: int) -> str:
        """As written by a formula in that cell, without the sheet."""
        to_row, to_column = self.at(row, column)
        if to_row < 0 or to_column < 0:
            return "#REF!"
        return f"{'$' * self.column_fixed}{xl_col_to_name(to_column)}{'$' * self.row_fixed}{to_row + 1}"


@dataclass(frozen=True)
class Name:
    """A defined name."""

    name: str
    sheet: str | None = None


@dataclass(frozen=True)
class ThisRow:
    """A structured reference to a column of an Excel table, in the formula's own row."""

    table: str | None
    column: str


@dataclass(frozen=True)
class Columns:
    """The columns of an Excel table from one to another, in the formula's own row."""

    first: ThisRow
    last: ThisRow


Leaf = Reference | Name | ThisRow | Columns

_TOKENS = re.compile(
    r"""
    "(?:[^"]|"")*"                                # a text
    | (?P<quoted>'(?:[^']|'')*'!)                 # a sheet's name
    | \[(?:[^\[\]]|\[[^\[\]]*\])*\]               # a structured or external reference
    | (?P<cell>\$?[A-Za-z]{1,3}\$?[1-9][0-9]{0,6})(?![\w.(!\\])
    | [^\W\d][\w.\\?]*                            # a function or a name
    | [0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?     # a number, so that 1E5 is no cell
    """,
    re.VERBOSE,
)
_CALLS = re.compile(r"([A-Za-z_][\w.]*)\(")
_REFERENCE = re.compile(
    r"(?:(?P<quoted>'(?:[^']|'')*')!|(?P<plain>[^'!\[\]]+)!)?"
    r"(?P<from>\$?[A-Za-z]{1,3}\$?[1-9][0-9]*)(?::(?P<to>\$?[A-Za-z]{1,3}\$?[1-9][0-9]*))?"
)
_THIS_ROW = re.compile(
    r"(?P<table>[^\[\]]*)\[(?:\[#This Row\],\[(?P<long>[^\[\]]+)\]|@\[?(?P<short>[^\[\]]+)\]?)\]", re.I
)


def _reference(text: str, row: int, column: int, sheet: str | None = None) -> Reference:
    letters, fixed_row, digits = text.lstrip("$").partition("$") if "$" in text[1:] else (text.lstrip("$"), "", "")
    plain = letters + digits
    to_row, to_column = xl_cell_to_rowcol(plain.upper())
    row_fixed, column_fixed = bool(fixed_row), text.startswith("$")
    return Reference(
        to_row if row_fixed else to_row - row,
        row_fixed,
        to_column if column_fixed else to_column - column,
        column_fixed,
        sheet,
    )


@dataclass(eq=False)
class Shape:
    """A formula without its place: texts and references in turn, as it is printed again for any cell."""

    pieces: tuple[str | Reference, ...]
    leaves: list[Leaf] = field(default_factory=list)
    _tree: Node | NotUnderstoodError | None = None
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
                found.update(name.upper() for name in _CALLS.findall(piece))
        return frozenset(found)

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
        if len(text) > MAX_LENGTH or _nesting(text) > MAX_NESTING:
            raise NotUnderstoodError("it is longer or deeper nested than Excel allows")
        try:
            parsed = formualizer.parse(text).to_dict()
        except Exception as error:  # the engine raises no narrower class
            raise NotUnderstoodError("it cannot be read as a formula") from error
        return self._convert(parsed, row, column)

    def _convert(self, node: dict[str, Any], row: int, column: int) -> Node:
        match node["node_type"]:
            case "Literal":
                value = node["value"]
                if isinstance(value, dict):
                    raise NotUnderstoodError("it contains an error value")
                if isinstance(value, str) and value.startswith("#"):
                    raise NotUnderstoodError("it contains an error value")
                return ("number", float(value)) if isinstance(value, (int, float)) else ("text", str(value))
            case "Reference":
                return self._refer(node["reference"], row, column)
            case "UnaryOp":
                return ("unary", node["operator"], self._convert(node["operand"], row, column))
            case "BinaryOp" if node["operator"] == ":":
                return self._columns(node, row, column)
            case "BinaryOp":
                left, right = (self._convert(node[side], row, column) for side in ("left", "right"))
                return ("binary", node["operator"], left, right)
            case "Function":
                name = node["name"].upper().removeprefix("_XLFN.").removeprefix("_XLWS.")
                return ("call", name, *(self._convert(argument, row, column) for argument in node["args"]))
            case kind:
                raise NotUnderstoodError(f"it contains something else than cells and arithmetic ({kind})")

    def _refer(self, text: str, row: int, column: int) -> Node:
        if "#REF!" in text:
            raise NotUnderstoodError("it refers to a cell that was deleted (#REF!)")
        if this_row := _THIS_ROW.fullmatch(text):
            name = (this_row["long"] or this_row["short"]).replace("'", "")
            return self._leaf(ThisRow(this_row["table"].lower() or None, name))
        if "[" in text:
            raise NotUnderstoodError("it refers to another workbook or to a whole column of a table")
        found = _REFERENCE.fullmatch(text)
        if not found:
            sheet, _, name = text.rpartition("!")
            return self._leaf(Name(name.lower(), sheet.strip("'") or None))
        sheet = found["plain"] or (found["quoted"] and found["quoted"][1:-1].replace("''", "'"))
        first = _reference(found["from"], row, column, sheet)
        if not found["to"]:
            return self._leaf(first)
        last = _reference(found["to"], row, column, sheet)
        (top, left), (bottom, right) = first.at(row, column), last.at(row, column)
        top, bottom, left, right = min(top, bottom), max(top, bottom), min(left, right), max(left, right)
        if (bottom - top + 1) * (right - left + 1) > MAX_AREA:
            raise NotUnderstoodError("it refers to a range of more cells than one iteration has")
        return (
            "area",
            *(
                tuple(
                    self._leaf(
                        Reference(
                            r if first.row_fixed else r - row,
                            first.row_fixed,
                            c if first.column_fixed else c - column,
                            first.column_fixed,
                            sheet,
                        )
                    )
                    for c in range(left, right + 1)
                )
                for r in range(top, bottom + 1)
            ),
        )

    def _columns(self, node: dict[str, Any], row: int, column: int) -> Node:
        ends = [self._convert(node[side], row, column) for side in ("left", "right")]
        leaves = [self.leaves[end[1]] if end[0] == "leaf" else None for end in ends]
        first, last = leaves
        if not (isinstance(first, ThisRow) and isinstance(last, ThisRow)):
            raise NotUnderstoodError("it uses the operator ':'")
        del self.leaves[-2:]
        return self._leaf(Columns(first, last))

    def _leaf(self, leaf: Leaf) -> Node:
        self.leaves.append(leaf)
        return ("leaf", len(self.leaves) - 1)

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
                case _:
                    for part in node[1:]:
                        if isinstance(part, tuple):
                            walk(part if isinstance(part[0], str) else ("area", *part))

        walk(self.tree)
        return list(found)

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

    def expression(self, leaves: Sequence[Expression]) -> Expression:
        """What the formula computes where its references are ``leaves``; raises NotUnderstoodError.

        ``leaves`` are looked up by identity: pass the same objects for the same meaning.
        """
        key = tuple(map(id, leaves))
        if key not in self._built:
            self._built[key] = build(self.tree, leaves)
            self._keep = [*getattr(self, "_keep", []), leaves]  # an id must not be given to another object
        return self._built[key]


def shape_key(formula: str, row: int, column: int) -> tuple[str, tuple[str | Reference, ...]]:
    """What all copies of a formula (without =) have in common, and its pieces; the cell counts from zero."""
    pieces: list[str | Reference] = []
    key: list[str] = []
    end = 0
    for token in _TOKENS.finditer(formula):
        if token.lastgroup == "cell":
            before = formula[end : token.start()]
            reference = _reference(token["cell"], row, column)
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
        self._by_key: dict[str, Shape] = {}

    def of(self, formula: str, row: int, column: int) -> Shape:
        """The shape of a formula (without =) in a cell."""
        key, pieces = shape_key(formula, row, column)
        shape = self._by_key.get(key)
        if shape is None:
            shape = self._by_key[key] = Shape(pieces)
        return shape


def _nesting(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth -= 1
    return deepest


__all__ = ["Columns", "Leaf", "Name", "NotUnderstoodError", "Reference", "Shape", "Shapes", "ThisRow"]
