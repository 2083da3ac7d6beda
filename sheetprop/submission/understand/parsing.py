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
AGGREGATING = {"AVERAGE", "MAX", "MIN", "PRODUCT", "SUM", "SUMSQ"}
"""Functions that take ranges whole, but compute with what stands beside an operator in them as any formula does."""
LAST_ROW, LAST_COLUMN = 1_048_575, 16_383
"""Of a sheet, from zero."""
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
class Crossing:
    """A range where one value belongs, from a corner to the opposite one: Excel takes what crosses the formula's cell.

    That is its cell in the formula's own row where it is a column, in the formula's own column where it is a row.
    """

    first: Reference
    last: Reference

    @property
    def sheet(self) -> str | None:
        """The sheet as the formula names it."""
        return self.first.sheet

    def at(self, row: int, column: int) -> tuple[int, int]:
        """The cell meant by a formula in ``row``, ``column``; raises NotUnderstoodError where there is none."""
        return crossed((*self.first.at(row, column), *self.last.at(row, column)), (row, column))


def crossed(area: tuple[int, int, int, int], place: tuple[int, int]) -> tuple[int, int]:
    """The cell of an area, given by the rows and columns of two corners, that crosses the row or column of a cell.

    Raises NotUnderstoodError where there is none.
    """
    top, bottom = sorted(area[::2])
    left, right = sorted(area[1::2])
    row, column = place
    if left == right and top <= row <= bottom:
        return row, left
    if top == bottom and left <= column <= right:
        return top, column
    raise NotUnderstoodError("it uses a range where one cell is meant, and none of its cells is in the formula's line")


@dataclass(frozen=True)
class Name:
    """A defined name; ``crosses`` where, of a range, the one cell in the formula's row or column is meant."""

    name: str
    sheet: str | None = None
    crosses: bool = False


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


Leaf = Reference | Crossing | Name | ThisRow | Columns

_REFERENCE = re.compile(
    r"(?:(?P<quoted>'(?:[^']|'')*')!|(?P<plain>[^'!\[\]]+)!)?"
    r"(?P<from>\$?[A-Za-z]{1,3}\$?[1-9][0-9]*)(?::(?P<to>\$?[A-Za-z]{1,3}\$?[1-9][0-9]*))?"
)
_WHOLE_LINES = re.compile(
    r"(?:(?P<quoted>'(?:[^']|'')*')!|(?P<plain>[^'!\[\]]+)!)?"
    r"(?:\$?(?P<left>[A-Za-z]{1,3}):\$?(?P<right>[A-Za-z]{1,3})|\$?(?P<top>[1-9]\d{0,6}):\$?(?P<bottom>[1-9]\d{0,6}))"
)
_WHOLE_COLUMN_OF_TABLE = re.compile(r"(?P<table>[^\[\]]+)\[(?P<column>[^\[\]#@]+)\]")
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
            case "UnaryOp" if node["operator"] == "#":
                raise NotUnderstoodError("it refers to all cells that another formula fills (#)")
            case "BinaryOp" if node["operator"] in (" ", ","):
                raise NotUnderstoodError("it joins ranges, or takes what they have in common")
            case "UnaryOp" if node["operator"] == "@":
                return ("unary", "@", self._crossing(node["operand"], names))
            case "UnaryOp":
                return ("unary", node["operator"], self.node(node["operand"], names, elementwise))
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
            case "SINGLE" if len(arguments) == 1:
                return ("unary", "@", self._crossing(arguments[0], names))
        own = elementwise and name in ELEMENTWISE
        beside = own or (elementwise and name in AGGREGATING and self.element is None)
        computed = ("BinaryOp", "UnaryOp")
        nodes = (self.node(a, names, beside if a["node_type"] in computed else own) for a in arguments)
        return ("call", name.removeprefix(PARAMETER.upper()), *nodes)

    def _crossing(self, operand: dict[str, Any], names: frozenset[str]) -> Node:
        """What @ stands before: of a range, its cell in the formula's own row or column."""
        element, self.element = self.element, None
        try:
            return self.node(operand, names, elementwise=operand["node_type"] == "Reference")
        finally:
            self.element = element

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
        if own and self.element is None and (whole := _WHOLE_COLUMN_OF_TABLE.fullmatch(text)):
            return self._leaf(ThisRow(whole["table"].lower(), whole["column"].replace("'", "")))
        if "[" in text:
            raise NotUnderstoodError("it refers to another workbook or to a whole column of a table")
        if lines := _WHOLE_LINES.fullmatch(text):
            return self._whole_lines(lines, own and self.element is None)
        found = _REFERENCE.fullmatch(text)
        if not found:
            sheet, _, name = text.rpartition("!")
            return self._leaf(Name(name.lower(), sheet.strip("'") or None, own and self.element is None))
        sheet = found["plain"] or (found["quoted"] and found["quoted"][1:-1].replace("''", "'"))
        first = reference_to(found["from"], row, column, sheet)
        if not found["to"]:
            return self._leaf(first)
        last = reference_to(found["to"], row, column, sheet)
        (top, left), (bottom, right) = first.at(row, column), last.at(row, column)
        top, bottom, left, right = min(top, bottom), max(top, bottom), min(left, right), max(left, right)
        if own and self.element is None and (top, left) != (bottom, right):
            return self._leaf(Crossing(first, last))
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

    def _whole_lines(self, found: re.Match[str], own: bool) -> Node:
        """Columns or rows of a sheet from end to end."""
        if not own:
            raise NotUnderstoodError("it refers to a range of more cells than one iteration has")
        sheet = found["plain"] or (found["quoted"] and found["quoted"][1:-1].replace("''", "'"))
        if found["left"]:
            left, right = (xl_cell_to_rowcol(f"{found[side].upper()}1")[1] for side in ("left", "right"))
            corners = (0, left), (LAST_ROW, right)
        else:
            corners = (int(found["top"]) - 1, 0), (int(found["bottom"]) - 1, LAST_COLUMN)
        first, last = (Reference(row, True, column, True, sheet) for row, column in corners)
        return self._leaf(Crossing(first, last))

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
