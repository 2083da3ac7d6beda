"""Formulas as trees over named quantities: parsed, printed as Excel has them, evaluated and edited.

Apart from the package's own expressions and from what judges submissions, so that neither vouches for itself; and
with what those have no need of: redundant parentheses, references by row, ranges, broken references.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

SUM, PRODUCT, POWER, SIGN, ATOM = range(5)
STRENGTH = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "^": POWER}
TOKEN = re.compile(r"\s*(\d+\.?\d*(?:[eE][-+]?\d+)?|[^\W\d][\w.]*|[-+*/^(),:])")


@dataclass(frozen=True)
class Number:
    """A constant, as it is typed."""

    text: str


@dataclass(frozen=True)
class Ref:
    """A quantity: ``offset`` iterations from the formula's own, or always at iteration ``at``.

    ``slide`` (learning rate only): how many rows further than the rate's cell, per iteration after this one.
    """

    key: str
    offset: int = 0
    at: int | None = None
    slide: int | None = None


@dataclass(frozen=True)
class Raw:
    """What is printed as it is and has no value, as #REF!."""

    text: str


@dataclass(frozen=True)
class Group:
    """Parentheses that are typed, needed or not."""

    inner: Node


@dataclass(frozen=True)
class Sign:
    """A plus or minus before an operand; in Excel it binds tighter than ^."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary:
    """Two operands joined by one of ``+ - * / ^``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Call:
    """A worksheet function."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Area:
    """The range of two neighbouring quantities."""

    first: Ref
    last: Ref


Node = Number | Ref | Raw | Group | Sign | Binary | Call | Area
Path = tuple[int, ...]


def parse(text: str, leaf: Callable[[str], Node] = Ref) -> Node:
    """The tree of a formula without its =; ``leaf(name)`` gives the tree of a name."""
    return _Parser(text, leaf).formula()


class _Parser:
    def __init__(self, text: str, leaf: Callable[[str], Node]) -> None:
        self.tokens = [*TOKEN.findall(text), ""]
        if "".join(self.tokens) != re.sub(r"\s", "", text):
            raise ValueError(f"not a formula: {text}")
        self.leaf = leaf

    def formula(self) -> Node:
        result = self.expression(SUM)
        if self.tokens[0]:
            raise ValueError(f"unexpected {self.tokens[0]!r}")
        return result

    def expression(self, weakest: int) -> Node:
        left = self.operand()
        while (strength := STRENGTH.get(self.tokens[0], -1)) >= weakest:
            operator = self.tokens.pop(0)
            left = Binary(operator, left, self.expression(strength + 1))
        return left

    def operand(self) -> Node:
        token = self.tokens.pop(0)
        if token in ("+", "-"):
            return Sign(token, self.operand())
        if token == "(":
            inner = self.expression(SUM)
            self.expect(")")
            return Group(inner)
        if token[0].isdigit():
            return Number(token)
        if self.tokens[0] == "(":
            return self.call(token)
        found = self.leaf(token)
        if self.tokens[0] == ":":
            self.expect(":")
            last = self.leaf(self.tokens.pop(0))
            assert isinstance(found, Ref)
            assert isinstance(last, Ref)
            return Area(found, last)
        return found

    def call(self, name: str) -> Call:
        arguments = []
        while self.tokens.pop(0) in ("(", ","):
            arguments.append(self.expression(SUM))
        return Call(name, tuple(arguments))

    def expect(self, token: str) -> None:
        if self.tokens.pop(0) != token:
            raise ValueError(f"expected {token}")


def render(node: Node, name: Callable[[Ref], str], spaced: str = "") -> str:
    """The formula as text without its =, with parentheses where the tree needs them; ``spaced`` operators get blanks.

    ``name(ref)`` spells a reference.
    """

    def within(part: Node, strength: int) -> str:
        text = show(part)
        return text if _strength(part) >= strength else f"({text})"

    def show(node: Node) -> str:
        match node:
            case Number(text) | Raw(text):
                return text
            case Ref():
                return name(node)
            case Group(inner):
                return f"({show(inner)})"
            case Sign(operator, operand):
                return operator + within(operand, SIGN)
            case Binary(operator, left, right):
                strength = STRENGTH[operator]
                sign = f" {operator} " if operator in spaced else operator
                return within(left, strength) + sign + within(right, strength + 1)
            case Call(function, arguments):
                comma = ", " if "," in spaced else ","
                return f"{function}({comma.join(map(show, arguments))})"
            case Area(first, last):
                return f"{name(first)}:{name(last)}"

    return show(node)


def _strength(node: Node) -> int:
    match node:
        case Binary(operator):
            return STRENGTH[operator]
        case Sign():
            return SIGN
        case _:
            return ATOM


def evaluate(node: Node, value: Callable[[Ref], float]) -> float:
    """The number that Excel computes, NaN for any error; ``value(ref)`` gives a reference's."""
    try:
        result = _evaluate(node, value)
    except (ArithmeticError, ValueError):
        return math.nan
    return result if isinstance(result, float) and math.isfinite(result) else math.nan


def _evaluate(node: Node, value: Callable[[Ref], float]) -> float:
    match node:
        case Number(text):
            return float(text)
        case Ref():
            return value(node)
        case Group(inner):
            return _evaluate(inner, value)
        case Sign(operator, operand):
            number = _evaluate(operand, value)
            return -number if operator == "-" else number
        case Binary(operator, left, right):
            return OPERATORS[operator](_evaluate(left, value), _evaluate(right, value))
        case Call(name, arguments) if name in FUNCTIONS:
            lists = [
                [value(a.first), value(a.last)] if isinstance(a, Area) else [_evaluate(a, value)] for a in arguments
            ]
            return FUNCTIONS[name](*lists)
        case _:
            return math.nan


def _power(base: float, exponent: float) -> float:
    result = base**exponent
    return result if isinstance(result, float) else math.nan


OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": _power,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "EXP": lambda x: math.exp(x[0]),
    "TANH": lambda x: math.tanh(x[0]),
    "POWER": lambda x, y: _power(x[0], y[0]),
    "SUM": lambda *lists: math.fsum(x for xs in lists for x in xs),
    "PRODUCT": lambda *lists: math.prod(x for xs in lists for x in xs),
    "SUMPRODUCT": lambda *lists: math.fsum(math.prod(xs) for xs in zip(*lists, strict=True)),
    "IFERROR": lambda x, y: x[0],
    "ROUND": lambda x, digits: round(x[0], int(digits[0])),
    "SUMSQ": lambda *lists: math.fsum(x * x for xs in lists for x in xs),
}


def children(node: Node) -> tuple[Node, ...]:
    """The parts of a tree, from the left."""
    match node:
        case Group(inner):
            return (inner,)
        case Sign(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case Area(first, last):
            return (first, last)
        case _:
            return ()


def rebuilt(node: Node, parts: tuple[Node, ...]) -> Node:
    """The same node with other parts."""
    match node:
        case Group():
            return Group(*parts)
        case Sign(operator):
            return Sign(operator, *parts)
        case Binary(operator):
            return Binary(operator, *parts)
        case Call(name):
            return Call(name, parts)
        case Area():
            return Area(*parts)  # type: ignore[arg-type]
        case _:
            return node


def places(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Every node of a tree with the way to it, parents first."""
    yield path, node
    for n, part in enumerate(children(node)):
        yield from places(part, (*path, n))


def replaced(node: Node, path: Path, new: Node) -> Node:
    """The tree with ``new`` at the end of ``path``."""
    if not path:
        return new
    parts = list(children(node))
    parts[path[0]] = replaced(parts[path[0]], path[1:], new)
    return rebuilt(node, tuple(parts))


def mapped(node: Node, change: Callable[[Ref], Node], ranges: bool = False) -> Node:
    """The tree with every reference changed, those that bound ``ranges`` only if told."""
    if isinstance(node, Ref):
        return change(node)
    if isinstance(node, Area) and not ranges:
        return node
    return rebuilt(node, tuple(mapped(part, change, ranges) for part in children(node)))


def references(node: Node) -> list[Ref]:
    """The references of a tree, from the left."""
    return [found for _, found in places(node) if isinstance(found, Ref)]


def bare(node: Node) -> Node:
    """What stands in the outermost parentheses."""
    return bare(node.inner) if isinstance(node, Group) else node


def factors(node: Node) -> list[Node]:
    """What a product multiplies, its outermost parentheses ignored; divided parts as they stand."""
    node = bare(node)
    if isinstance(node, Binary) and node.operator == "*":
        return [*factors(node.left), *(factors(node.right))]
    return [node]


def product(parts: list[Node]) -> Node:
    """The product of ``parts``, multiplied from the left."""
    result = parts[0]
    for part in parts[1:]:
        result = Binary("*", result, part)
    return result


def without_parentheses(node: Node) -> list[Node]:
    """The trees of the text with one pair of parentheses left out, for each pair that is not a function's."""
    leaves: list[Node] = []

    def placeholder(ref: Node) -> str:
        leaves.append(ref)
        return f"_{len(leaves) - 1}"

    text = render(node, placeholder)
    open_at, pairs = [], []
    for n, sign in enumerate(text):
        if sign == "(":
            open_at.append(n)
        elif sign == ")":
            start = open_at.pop()
            if not start or not text[start - 1].isalnum():
                pairs.append((start, n))
    texts = [text[:start] + text[start + 1 : end] + text[end + 1 :] for start, end in pairs]
    return [parse(text, lambda name: leaves[int(name[1:])]) for text in texts]
