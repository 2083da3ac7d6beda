"""What equations are written in.

An equation is written once, as an :class:`Expression`; it prints itself in any :class:`Notation`
(an Excel formula, text for people, Python) and evaluates itself in NumPy from the Python print.
All prints keep the order of operations, so that every program computes the same floating-point value.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Union

Operand = Union["Expression", float, int]

# Binding strengths, weakest first.
SUM, PRODUCT, POWER, ATOM = range(4)
STRENGTH = {"+": SUM, "-": SUM, "*": PRODUCT, "/": PRODUCT, "^": POWER}


@dataclass(frozen=True)
class Notation:
    """How the parts of an expression are spelled.

    ``operators`` and ``functions`` map the names used inside expressions (``+ - * / ^``, ``exp``) to
    their spelling; ``number`` spells a constant; ``square`` is set where a power of two has its own sign.
    """

    operators: Mapping[str, str]
    functions: Mapping[str, str]
    number: Callable[[float], str]
    square: str | None = None


def _plain_number(value: float) -> str:
    return repr(int(value)) if value == int(value) else repr(value)


_SIGNS = {operator: operator for operator in STRENGTH}
FUNCTIONS = ("exp", "abs", "ln", "tanh", "sign", "sqrt", "round")
"""Functions of one argument. The network needs exp; the others occur where people write equations of their own."""
EXCEL = Notation(_SIGNS, {name: name.upper() for name in FUNCTIONS}, _plain_number)
PYTHON = Notation(_SIGNS | {"^": "**"}, {"exp": "exp"}, _plain_number)
TEXT = Notation(
    {"+": " + ", "-": " − ", "*": "·", "/": "/", "^": "^"},
    {name: name for name in FUNCTIONS},
    lambda value: "½" if value == 0.5 else _plain_number(value).replace("-", "−"),
    square="²",
)


class Expression:
    """A formula over named symbols; combine expressions with ``+ - * / **`` and unary ``-``."""

    strength: int

    def __add__(self, other: Operand) -> Expression:
        return Operation("+", self, expression(other))

    def __radd__(self, other: Operand) -> Expression:
        return expression(other) + self

    def __sub__(self, other: Operand) -> Expression:
        return Operation("-", self, expression(other))

    def __rsub__(self, other: Operand) -> Expression:
        return expression(other) - self

    def __mul__(self, other: Operand) -> Expression:
        right = expression(other)
        # a·(b·c) becomes a·b·c, the way people write the chain rule once steps are inserted.
        if isinstance(right, Operation) and right.operator == "*":
            return self * right.left * right.right
        return Operation("*", self, right)

    def __rmul__(self, other: Operand) -> Expression:
        return expression(other) * self

    def __truediv__(self, other: Operand) -> Expression:
        return Operation("/", self, expression(other))

    def __rtruediv__(self, other: Operand) -> Expression:
        return expression(other) / self

    def __pow__(self, other: Operand) -> Expression:
        return Operation("^", self, expression(other))

    def __neg__(self) -> Expression:
        return Negation(self)

    def __str__(self) -> str:
        return self.render(TEXT, str)

    def render(self, notation: Notation, name: Callable[[str], str]) -> str:
        """Print in ``notation``, with ``name(key)`` in the place of each symbol."""
        raise NotImplementedError

    @property
    def children(self) -> tuple[Expression, ...]:
        """The expressions that it joins, in reading order."""
        return ()

    def rebuild(self, *children: Expression) -> Expression:
        """The same of other children, as many as it has."""
        return self

    def symbols(self) -> Iterator[str]:
        """The keys of the symbols, in reading order, repeated as often as they occur."""
        for child in self.children:
            yield from child.symbols()

    @property
    def numbers(self) -> list[float]:
        """The constants, in reading order, repeated as often as they occur."""
        found: list[float] = []
        pending: list[Expression] = [self]
        while pending:
            part = pending.pop()
            if isinstance(part, Number):
                found.append(part.value)
            pending += reversed(part.children)
        return found

    @cached_property
    def names(self) -> frozenset[str]:
        """The keys of the symbols, each once."""
        return frozenset(self.symbols())

    def substitute(self, replacements: Mapping[str, Expression]) -> Expression:
        """The same expression with symbols replaced by expressions."""
        return self.rebuild(*(child.substitute(replacements) for child in self.children))

    def excel(self, reference: Callable[[str], str]) -> str:
        """Print as an Excel formula without its ``=``; ``reference(key)`` gives each symbol's cell or name."""
        pattern, keys = self._excel
        return pattern % tuple(map(reference, keys))

    @cached_property
    def _excel(self) -> tuple[str, tuple[str, ...]]:
        """The formula with %s in the place of each symbol, and their keys: sheets print it hundreds of times."""
        return self.render(EXCEL, lambda key: "%s"), tuple(self.symbols())

    def text(self, label: Callable[[str], str] = str) -> str:
        """Print for people; ``label(key)`` gives each symbol's label."""
        return self.render(TEXT, label)

    def function(self) -> Callable[[Mapping[str, Any]], Any]:
        """Compile to a NumPy function of a mapping from keys to floats or arrays that broadcast together.

        EXP above 709.78, where Excel says #NUM!, gives NaN, as does what is computed with it.
        """
        # Walking the tree would cost ten times what NumPy needs for the arrays of one iteration.
        source = self.render(PYTHON, lambda key: f"values[{key!r}]")
        code = compile(f"lambda values: {source}", "<equation>", "eval")
        return eval(code, {"exp": _excel_exp})  # type: ignore[no-any-return]

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Evaluate once; see :meth:`function`."""
        import numpy as np

        with np.errstate(over="ignore", invalid="ignore"):
            return self.function()(values)


@dataclass(frozen=True)
class Number(Expression):
    """A constant."""

    value: float

    @property
    def strength(self) -> int:  # type: ignore[override]
        return ATOM if self.value >= 0 else SUM

    def render(self, notation: Notation, name: Callable[[str], str]) -> str:
        return notation.number(self.value)


@dataclass(frozen=True)
class Symbol(Expression):
    """A quantity, by its key."""

    key: str
    strength = ATOM

    def render(self, notation: Notation, name: Callable[[str], str]) -> str:
        return name(self.key)

    def symbols(self) -> Iterator[str]:
        yield self.key

    def substitute(self, replacements: Mapping[str, Expression]) -> Expression:
        return replacements.get(self.key, self)


@dataclass(frozen=True)
class Operation(Expression):
    """Two expressions joined by one of ``+ - * / ^``."""

    operator: str
    left: Expression
    right: Expression

    @property
    def strength(self) -> int:  # type: ignore[override]
        return STRENGTH[self.operator]

    def render(self, notation: Notation, name: Callable[[str], str]) -> str:
        strength = self.strength
        # Excel takes ^ from the left and Python from the right, so powers never stand bare in powers.
        left = _within(self.left, strength + (self.operator == "^"), notation, name)
        if self.operator == "^" and notation.square and self.right == Number(2):
            return left + notation.square
        return left + notation.operators[self.operator] + _within(self.right, strength + 1, notation, name)

    @property
    def children(self) -> tuple[Expression, ...]:
        return self.left, self.right

    def rebuild(self, *children: Expression) -> Expression:
        return Operation(self.operator, *children)

    def substitute(self, replacements: Mapping[str, Expression]) -> Expression:
        if self.operator != "*":
            return super().substitute(replacements)
        # A product put into a product is written as people write it; see __mul__.
        return self.left.substitute(replacements) * self.right.substitute(replacements)


@dataclass(frozen=True)
class Negation(Expression):
    """Minus an expression; as weak as a sum, since Excel's -2^2 is 4 where Python's -2**2 is -4."""

    operand: Expression
    strength = SUM

    def render(self, notation: Notation, name: Callable[[str], str]) -> str:
        return notation.operators["-"].strip() + _within(self.operand, ATOM, notation, name)

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.operand,)

    def rebuild(self, *children: Expression) -> Expression:
        return Negation(*children)


@dataclass(frozen=True)
class Call(Expression):
    """A function, by the name that notations know it by, of one argument."""

    name: str
    argument: Expression
    strength = ATOM

    def render(self, notation: Notation, name: Callable[[str], str]) -> str:
        return f"{notation.functions[self.name]}({self.argument.render(notation, name)})"

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.argument,)

    def rebuild(self, *children: Expression) -> Expression:
        return Call(self.name, *children)


def expression(value: Operand) -> Expression:
    """``value`` itself if it is an expression, else the constant."""
    return value if isinstance(value, Expression) else Number(value)


def exp(argument: Operand) -> Expression:
    """The exponential function, Excel's EXP."""
    return Call("exp", expression(argument))


def _within(part: Expression, strength: int, notation: Notation, name: Callable[[str], str]) -> str:
    printed = part.render(notation, name)
    return printed if part.strength >= strength else f"({printed})"


def _excel_exp(argument: Any) -> Any:
    import numpy as np

    results = [_excel_exp_of(x) for x in np.ravel(argument).tolist()]
    return np.reshape(results, np.shape(argument))


def _excel_exp_of(argument: float) -> float:
    # math.exp, as np.exp takes another path on every kind of processor, and the last digit would depend on it.
    # Excel has no infinity: EXP overflows to #NUM!, and #NUM! stays whatever is done with it.
    try:
        return math.exp(argument) if math.isfinite(argument) else math.nan
    except OverflowError:
        return math.nan
