"""Reading a formula: the engine's parse made into a small tree whose leaves are the references, as they are written."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import formualizer
from xlsxwriter.utility import xl_cell_to_rowcol, xl_col_to_name

from sheetprop.submission.understand.functions import Node, NotUnderstoodError, plain_name
from sheetprop.submission.understand.functions.arithmetic import ROUNDING, UNARY

MAX_LENGTH, MAX_NESTING = 8192, 64
"""Excel's own limits of a formula; what goes beyond is no formula that Excel has made."""
MAX_AREA = 64
"""Cells of a range that are looked at one by one; a longer range cannot belong to one iteration."""
ELEMENTWISE = {*UNARY, *ROUNDING, "POWER", "IF", "IFERROR", "IFNA"}
"""Functions that take of a range, where their cell is one of an array's, the element that is for that cell."""
PARAMETER = "_xlpm."
"""What files write before the names that LET and LAMBDA give."""


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

_REFERENCE = re.compile(
    r"(?:(?P<quoted>'(?:[^']|'')*')!|(?P<plain>[^'!\[\]]+)!)?"
    r"(?P<from>\$?[A-Za-z]{1,3}\$?[1-9][0-9]*)(?::(?P<to>\$?[A-Za-z]{1,3}\$?[1-9][0-9]*))?"
)
_THIS_ROW = re.compile(
    r"(?P<table>[^\[\]]*)\[(?:\[#This Row\],\[(?P<long>[^\[\]]+)\]|@\[?(?P<short>[^\[\]]+)\]?)\]", re.I
)


def reference_to(text: str, row: int, column: int, sheet: str | None = None) -> Reference:
    """A cell's address as a formula in the cell ``row``, ``column`` means it."""
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


def parsed(text: str, leaves: list[Leaf], row: int, column: int, element: tuple[int, int] | None) -> Node:
    """The tree of a formula (with its =) in a cell; its references are added to ``leaves``. Raises NotUnderstoodError.

    ``element`` is which row and column of an array formula's results the cell shows.
    """
    if len(text) > MAX_LENGTH or _nesting(text) > MAX_NESTING:
        raise NotUnderstoodError("it is longer or deeper nested than Excel allows")
    try:
        tree = formualizer.parse(text).to_dict()
    except Exception as error:  # the engine raises no narrower class
        raise NotUnderstoodError("it cannot be read as a formula") from error
    try:
        return _Converter(leaves, row, column, element).node(tree, frozenset(), elementwise=True)
    except RecursionError:
        raise NotUnderstoodError("it is longer or deeper nested than Excel allows") from None


class _Converter:
    """Makes of the engine's parsed formula a tree whose references are numbered leaves."""

    def __init__(self, leaves: list[Leaf], row: int, column: int, element: tuple[int, int] | None) -> None:
        self.leaves, self.row, self.column, self.element = leaves, row, column, element

    def node(self, node: dict[str, Any], names: frozenset[str], elementwise: bool = False) -> Node:
        """The tree of a node; ``names`` are those that LET and LAMBDA give, in lower case.

        ``elementwise`` says that of a range only the element for the formula's own cell matters.
        """
        match node["node_type"]:
            case "Literal":
                value = node["value"]
                if isinstance(value, dict):
                    raise NotUnderstoodError("it contains an error value")
                if isinstance(value, str) and value.startswith("#"):
                    raise NotUnderstoodError("it contains an error value")
                if isinstance(value, (int, float)) and not math.isfinite(value):
                    raise NotUnderstoodError("it contains a number that is larger than Excel takes")
                return ("number", float(value)) if isinstance(value, (int, float)) else ("text", str(value))
            case "Array":
                rows = [[self.node(cell, names) for cell in row] for row in node["rows"]]
                if sum(map(len, rows)) > MAX_AREA or len(set(map(len, rows))) != 1:
                    raise NotUnderstoodError("it contains an array of more numbers than one iteration has")
                return ("constants", *map(tuple, rows))
            case "Omitted":
                return ("omitted",)
            case "Reference":
                text = node["reference"]
                name = text.lower().removeprefix(PARAMETER)
                if name in names or text.lower().startswith(PARAMETER):
                    return ("variable", name)
                return self._refer(text, elementwise)
            case "UnaryOp":
                own = elementwise and node["operator"] != "@"
                return ("unary", node["operator"], self.node(node["operand"], names, own))
            case "BinaryOp" if node["operator"] == ":":
                return self._columns(node, names)
            case "BinaryOp":
                left, right = (self.node(node[side], names, elementwise) for side in ("left", "right"))
                return ("binary", node["operator"], left, right)
            case "Function":
                return self._call(plain_name(node["name"]), node["args"], names, elementwise)
            case "Call":
                arguments = (self.node(argument, names) for argument in node["args"])
                return ("apply", self.node(node["callee"], names), *arguments)
            case kind:
                raise NotUnderstoodError(f"it contains something else than cells and arithmetic ({kind})")

    def _call(self, name: str, arguments: list[dict[str, Any]], names: frozenset[str], elementwise: bool) -> Node:
        match name:
            case "LET" if len(arguments) % 2:
                bindings = []
                for given, value in zip(arguments[:-1:2], arguments[1::2], strict=True):
                    bindings.append((_given_name(given), self.node(value, names)))
                    names = names | {bindings[-1][0]}
                return ("let", tuple(bindings), self.node(arguments[-1], names))
            case "LAMBDA" if arguments:
                parameters = tuple(map(_given_name, arguments[:-1]))
                return ("lambda", parameters, self.node(arguments[-1], names | set(parameters)))
            case "OFFSET" if len(arguments) in (3, 4, 5):
                return self._offset(arguments)
        own = elementwise and name in ELEMENTWISE
        return ("call", name.removeprefix(PARAMETER.upper()), *(self.node(a, names, own) for a in arguments))

    def _offset(self, arguments: list[dict[str, Any]]) -> Node:
        """OFFSET by written numbers is the cells it leads to."""
        start, *rest = arguments
        numbers = [_written(argument) for argument in rest]
        found = _REFERENCE.fullmatch(start.get("reference", ""))
        if not found or found["to"] or None in numbers[:2]:
            raise NotUnderstoodError("it uses the function OFFSET with a computed place")
        sheet = found["plain"] or (found["quoted"] and found["quoted"][1:-1].replace("''", "'"))
        first = reference_to(found["from"], self.row, self.column, sheet)
        down, right, height, width = (*numbers, None, None)[:4]
        assert down is not None
        assert right is not None
        moved = replace(first, row=first.row + down, column=first.column + right)
        if (height or 1) == (width or 1) == 1:
            return self._leaf(moved)
        if not ((height or 1) > 0 and (width or 1) > 0 and (height or 1) * (width or 1) <= MAX_AREA):
            raise NotUnderstoodError("it refers to a range of more cells than one iteration has")
        return (
            "area",
            *(
                tuple(self._leaf(replace(moved, row=moved.row + r, column=moved.column + c)) for c in range(width or 1))
                for r in range(height or 1)
            ),
        )

    def _refer(self, text: str, own: bool) -> Node:
        row, column = self.row, self.column
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
        first = reference_to(found["from"], row, column, sheet)
        if not found["to"]:
            return self._leaf(first)
        last = reference_to(found["to"], row, column, sheet)
        (top, left), (bottom, right) = first.at(row, column), last.at(row, column)
        top, bottom, left, right = min(top, bottom), max(top, bottom), min(left, right), max(left, right)
        if own and self.element:
            top, bottom = _narrowed(top, bottom, self.element[0])
            left, right = _narrowed(left, right, self.element[1])
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

    def _columns(self, node: dict[str, Any], names: frozenset[str]) -> Node:
        ends = [self.node(node[side], names) for side in ("left", "right")]
        leaves = [self.leaves[end[1]] if end[0] == "leaf" else None for end in ends]
        first, last = leaves
        if not (isinstance(first, ThisRow) and isinstance(last, ThisRow)):
            raise NotUnderstoodError("it uses the operator ':'")
        del self.leaves[-2:]
        return self._leaf(Columns(first, last))

    def _leaf(self, leaf: Leaf) -> Node:
        self.leaves.append(leaf)
        return ("leaf", len(self.leaves) - 1)


def _narrowed(first: int, last: int, element: int) -> tuple[int, int]:
    """Of rows or columns, the one for an element; a single one is for all."""
    if first == last:
        return first, last
    if first + element > last:
        raise NotUnderstoodError("its array is smaller than the cells that it fills")
    return first + element, first + element


def _given_name(node: dict[str, Any]) -> str:
    """The name that LET or LAMBDA gives."""
    name = node.get("reference", "").lower().removeprefix(PARAMETER)
    if not name or not name.replace("_", "").replace(".", "").isalnum():
        raise NotUnderstoodError("it gives a name to something that can have none")
    return str(name)


def _written(node: dict[str, Any]) -> int | None:
    """A whole number written in a formula."""
    if node["node_type"] == "UnaryOp" and node["operator"] == "-":
        value = _written(node["operand"])
        return None if value is None else -value
    value = node.get("value", 0.0 if node["node_type"] == "Omitted" else None)
    return int(value) if isinstance(value, (int, float)) and abs(value) < MAX_LENGTH else None


def _nesting(text: str) -> int:
    depth = deepest = 0
    for character in text:
        if character == "(":
            depth += 1
            deepest = max(deepest, depth)
        elif character == ")":
            depth -= 1
    return deepest
