"""Walking a formula's tree: what each of its parts computes, with LET, LAMBDA and arrays put to their places."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sheetprop.expression import Call, Expression, Negation, Number, Operation
from sheetprop.submission.understand.functions import arithmetic, arrays, conditions
from sheetprop.submission.understand.functions.meaning import (
    Array,
    Function,
    Node,
    NotUnderstoodError,
    Scalar,
    Scope,
    Several,
    Text,
    TooMuchError,
    Truth,
    Value,
    as_number,
    one_value,
)

ROUNDED_E = 1e-2
"""A number so near to e, taken to a power, is meant as e."""
MOST_MADE, MOST_PARTS, DEEPEST_CALLS, DEEPEST_TREE = 1_000, 2_000, 16, 200
"""Operations that a formula may come to, parts and depth of its expression, and calls of LAMBDAs within each other."""
UNDERSTOOD = {*conditions.FUNCTIONS, *arrays.FUNCTIONS, *arithmetic.FUNCTIONS}
"""The functions that are followed."""
_NO_REFERENCES: Sequence[Any] = ()
_OPERATORS = ("+", "-", "*", "/", "^")


class Builder:
    """Builds the meaning of one formula.

    ``leaves`` are what its references are, ``references`` how they are written; ``functions`` are LAMBDAs by the name
    (in capitals) that the workbook defines.
    """

    def __init__(
        self,
        leaves: Sequence[Expression],
        references: Sequence[Any] = _NO_REFERENCES,
        functions: Mapping[str, Function] | None = None,
    ) -> None:
        self.leaves, self.references, self.functions = leaves, references, functions or {}
        self.made = 0

    def value(self, node: Node, scope: Scope) -> Value:
        """What a node is; raises NotUnderstoodError."""
        match node:
            case ("number", value):
                return Number(value)
            case ("text", value):
                return Text(value)
            case ("leaf", n):
                leaf = self.leaves[n]
                return Array(leaf.rows, computed=False) if isinstance(leaf, Several) else leaf
            case ("area", *rows):
                cells = tuple(tuple(self.scalar(cell, scope) for cell in row) for row in rows)
                return Array(cells, computed=False)
            case ("constants", *rows):
                return Array(tuple(tuple(self.scalar(cell, scope) for cell in row) for row in rows))
            case ("unary", "@", operand):
                return self._single(operand, scope)
            case ("unary", operator, operand):
                return self.each(lambda x: self._unary(operator, x), [self.operand(operand, scope)])
            case ("binary", operator, left, right):
                operands = [self.operand(left, scope), self.operand(right, scope)]
                return self.each(lambda x, y: self._binary(operator, x, y), operands)
            case ("variable", name) if name in scope.variables:
                return scope.variables[name]
            case ("let", bindings, body):
                variables = dict(scope.variables)
                for name, bound in bindings:
                    variables[name] = self.value(bound, Scope(variables, scope.arrays, scope.depth))
                return self.value(body, Scope(variables, scope.arrays, scope.depth))
            case ("lambda", parameters, body):
                return Function(parameters, body, self, scope)
            case ("apply", callee, *arguments):
                return self.applied(self.value(callee, scope), [self.operand(a, scope) for a in arguments], scope)
            case ("call", name, *arguments):
                return self._call(name, arguments, scope)
        raise NotUnderstoodError("it leaves out something that is needed")

    def operand(self, node: Node, scope: Scope) -> Value:
        """What a node is as an operand: an array only where arrays are taken as such."""
        value = self.value(node, scope)
        return value if scope.arrays or isinstance(value, Function) else one_value(value)

    def scalar(self, node: Node, scope: Scope) -> Scalar:
        """What a node is where one value belongs."""
        return one_value(self.value(node, scope))

    def number(self, node: Node, scope: Scope) -> Expression:
        """What a node is where one number belongs."""
        return as_number(self.scalar(node, scope))

    def constant(self, node: Node, scope: Scope) -> int:
        """A whole number that is written in the formula."""
        found = self.value(node, scope)
        if isinstance(found, Array) and scope.arrays and found.height * found.width > 1:
            raise NotUnderstoodError("it takes several cells at once by their numbers")
        value = as_number(one_value(found))
        if not isinstance(value, Number) or not math.isfinite(value.value):
            raise NotUnderstoodError("it takes a cell whose place is computed")
        return int(value.value)

    def each(self, function: Callable[..., Scalar], values: Sequence[Value]) -> Value:
        """A function of single values applied to each element of arrays, which are repeated to fit each other."""
        arrays_ = [value for value in values if isinstance(value, Array)]
        if any(isinstance(value, Function) for value in values):
            raise NotUnderstoodError("it computes with a LAMBDA that is not called")
        if not arrays_:
            self.count()
            return function(*values)
        height, width = max(a.height for a in arrays_), max(a.width for a in arrays_)
        self.count(height * width)
        return Array(
            tuple(
                tuple(function(*(v.at(r, c) if isinstance(v, Array) else v for v in values)) for c in range(width))
                for r in range(height)
            )
        )

    def count(self, made: int = 1) -> None:
        """Count operations, so that no formula comes to more than one iteration can need."""
        self.made += made
        if self.made > MOST_MADE:
            raise TooMuchError

    def applied(self, function: Value, arguments: Sequence[Value], scope: Scope) -> Value:
        """A LAMBDA called."""
        if not isinstance(function, Function) or len(function.parameters) != len(arguments):
            raise NotUnderstoodError("it calls a LAMBDA with other arguments than it has")
        if scope.depth >= DEEPEST_CALLS:
            raise NotUnderstoodError("its LAMBDAs call each other too deeply")
        self.count()
        variables = {**function.scope.variables, **dict(zip(function.parameters, arguments, strict=True))}
        function.builder.made = max(function.builder.made, self.made)
        value = function.builder.value(function.body, Scope(variables, scope.arrays, scope.depth + 1))
        self.made = max(function.builder.made, self.made)
        return value

    def _unary(self, operator: str, operand: Scalar) -> Scalar:
        value = as_number(operand)
        match operator:
            case "-":
                return Number(-value.value) if isinstance(value, Number) else Negation(value)
            case "%":
                return Number(value.value / 100) if isinstance(value, Number) else Operation("/", value, Number(100))
            case "+":
                return value
        raise NotUnderstoodError(f"it uses the operator {operator!r}")

    def _binary(self, operator: str, left: Scalar, right: Scalar) -> Scalar:
        if operator not in _OPERATORS:
            return Truth(conditions.compared(operator, left, right))
        base, exponent = as_number(left), as_number(right)
        if operator == "^" and isinstance(base, Number) and abs(base.value - math.e) < ROUNDED_E:
            return Call("round", Call("exp", exponent))
        if (
            operator == "/"
            and isinstance(base, Number)
            and isinstance(exponent, Number)
            and exponent.value not in (0, 1)
        ):
            return Number(base.value / exponent.value)  # 1/2 is how ½ is typed
        return Operation(operator, base, exponent)

    def _call(self, name: str, arguments: Sequence[Node], scope: Scope) -> Value:
        if isinstance(function := scope.variables.get(name.lower()), Function):
            return self.applied(function, [self.operand(a, scope) for a in arguments], scope)
        for functions in (conditions.FUNCTIONS, arrays.FUNCTIONS, arithmetic.FUNCTIONS):
            if name in functions and arguments_fit(functions[name].arguments, len(arguments)):
                return functions[name].build(self, arguments, scope)
        if name in self.functions:
            return self.applied(self.functions[name], [self.operand(a, scope) for a in arguments], scope)
        raise NotUnderstoodError(f"it uses the function {name}")

    def _single(self, node: Node, scope: Scope) -> Value:
        """One value, as @ takes it; what it crosses of a range is in the tree already."""
        value = self.value(node, scope)
        return value.at(0, 0) if isinstance(value, Array) and value.computed else one_value(value)


def arguments_fit(allowed: tuple[int, int], count: int) -> bool:
    """Whether a function may have that many arguments."""
    return allowed[0] <= count <= allowed[1]


def bounded(expression: Expression) -> Expression:
    """The expression itself; raises NotUnderstoodError where it is larger than one iteration can need."""
    sizes: dict[int, tuple[int, int]] = {}

    def measure(part: Expression, level: int) -> tuple[int, int]:
        if id(part) not in sizes:
            if level > DEEPEST_TREE:
                raise TooMuchError
            own = [measure(child, level + 1) for child in part.children]
            # Depths count too: a shared part is measured where it is met first, and may stand deeper elsewhere.
            sizes[id(part)] = 1 + sum(n for n, _ in own), 1 + max((d for _, d in own), default=0)
        return sizes[id(part)]

    size, depth = measure(expression, 0)
    if size > MOST_PARTS or depth > DEEPEST_TREE:
        raise TooMuchError
    return expression


def contains_rounding(expression: Expression) -> bool:
    """Whether something in an expression is rounded."""
    rounds = isinstance(expression, Call) and expression.name == "round"
    return rounds or any(map(contains_rounding, expression.children))
