"""Conditions and what depends on them: decided only where cells' being empty, texts or numbers decides.

A condition that the numbers decide may be true of the given numbers alone: what it hides is no equation.
"""

from __future__ import annotations

import operator as operators
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sheetprop.expression import Expression, Number, Symbol
from sheetprop.submission.understand.functions.meaning import (
    TEXT,
    Node,
    NotUnderstoodError,
    Scalar,
    Scope,
    Text,
    Truth,
    Value,
    is_empty,
    is_number,
)
from sheetprop.submission.understand.functions.registry import MANY, Known

if TYPE_CHECKING:
    from sheetprop.submission.understand.functions.builder import Builder

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operators.eq,
    "<>": operators.ne,
    "<": operators.lt,
    ">": operators.gt,
    "<=": operators.le,
    ">=": operators.ge,
}


def compared(operator: str, left: Scalar, right: Scalar) -> bool:
    """Whether a comparison holds whatever the numbers are; raises NotUnderstoodError where they decide."""
    compare = _COMPARISONS.get(operator)
    if compare is not None:
        if isinstance(left, Number) and isinstance(right, Number):
            return compare(left.value, right.value)
        if isinstance(left, Text) and isinstance(right, Text):
            return compare(left.value.lower(), right.value.lower())
        if isinstance(left, Truth) and isinstance(right, Truth):
            return compare(left.value, right.value)
        if operator in ("=", "<>"):
            same = _same(left, right)
            if same is not None:
                return same is (operator == "=")
    raise NotUnderstoodError(f"it uses the operator {operator!r}")


def _same(left: Scalar, right: Scalar) -> bool | None:
    """Whether a cell is equal to what is written beside it; None where the numbers decide."""
    cell, written = (right, left) if isinstance(left, (Text, Number)) else (left, right)
    if not isinstance(cell, Expression) or not isinstance(written, (Text, Number)):
        return None
    if is_empty(cell):
        return written.value in ("", 0.0)
    if isinstance(cell, Symbol) and cell.key.startswith(TEXT):
        return None if isinstance(written, Text) and written.value else False
    return False if isinstance(written, Text) and is_number(cell) else None


def _decided(builder: Builder, name: str, node: Node, scope: Scope) -> bool:
    try:
        value = builder.scalar(node, scope)
    except NotUnderstoodError as reason:
        if "operator" not in str(reason):
            raise
        value = Text("")
    if isinstance(value, Truth):
        return value.value
    if isinstance(value, Number):
        return value.value != 0
    raise NotUnderstoodError(f"it uses the function {name} with a condition that depends on numbers")


def _if(builder: Builder, nodes: Sequence[Node], scope: Scope) -> Value:
    if _decided(builder, "IF", nodes[0], scope):
        return builder.value(nodes[1], scope)
    return builder.value(nodes[2], scope) if len(nodes) == 3 else Truth(False)


def _ifs(builder: Builder, nodes: Sequence[Node], scope: Scope) -> Value:
    for condition, value in zip(nodes[::2], nodes[1::2], strict=False):
        if _decided(builder, "IFS", condition, scope):
            return builder.value(value, scope)
    raise NotUnderstoodError("none of the conditions of IFS holds")


def _first(builder: Builder, nodes: Sequence[Node], scope: Scope) -> Value:
    return builder.value(nodes[0], scope)


def _asked(question: Callable[[Scalar], bool]) -> Known:
    return Known((1, 1), lambda builder, nodes, scope: Truth(question(builder.scalar(nodes[0], scope))))


def _joined(name: str, join: Callable[[list[bool]], bool]) -> Known:
    return Known(
        (1, MANY),
        lambda builder, nodes, scope: Truth(join([_decided(builder, name, node, scope) for node in nodes])),
    )


def _is_text(value: Scalar) -> bool:
    return not is_number(value) and not is_empty(value) and not isinstance(value, Truth)


def _is_error(value: Scalar) -> bool:
    """Not in a formula that can be followed; raises NotUnderstoodError for a cell that cannot."""
    return isinstance(value, Expression) and is_number(value) and False


FUNCTIONS: dict[str, Known] = {
    "IF": Known((2, 3), _if),
    "IFS": Known((2, MANY), _ifs),
    "IFERROR": Known((2, 2), _first),
    "IFNA": Known((2, 2), _first),
    "TRUE": Known((0, 0), lambda builder, nodes, scope: Truth(True)),
    "FALSE": Known((0, 0), lambda builder, nodes, scope: Truth(False)),
    "AND": _joined("AND", all),
    "OR": _joined("OR", any),
    "NOT": Known((1, 1), lambda builder, nodes, scope: Truth(not _decided(builder, "NOT", nodes[0], scope))),
    "ISBLANK": _asked(is_empty),
    "ISNUMBER": _asked(is_number),
    "ISTEXT": _asked(_is_text),
    "ISNONTEXT": _asked(lambda value: not _is_text(value)),
    "ISERROR": _asked(_is_error),
    "ISERR": _asked(_is_error),
    "ISNA": _asked(_is_error),
}
"""What each function makes of its arguments, by its name."""
CONDITIONAL = {*FUNCTIONS} - {"IFERROR", "IFNA", "TRUE", "FALSE"}
"""Functions whose result depends on whether cells are empty."""
