"""Expressions: the Excel print, the text print and the NumPy evaluation say the same."""

import math
from operator import add, mul, sub, truediv
from typing import Any

import formualizer
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sheetprop.expression import Expression, Number, Symbol, exp, expression

a, b, c = map(Symbol, "abc")
CELLS = {"a": "A1", "b": "B1", "c": "C1"}
ARITHMETIC = {"+": add, "-": sub, "*": mul, "/": truediv}
SAFE = 1e-3, 1e6
"""Sizes of numbers that a difference in the last digit of an operand does not change beyond recognition."""

Tree = tuple[Any, ...] | str | int | float


def in_a_spreadsheet(equation: Expression, **values: float) -> Any:
    """What the formula engine computes from the Excel print; None for #NUM!."""
    book = formualizer.Workbook()
    book.add_sheet("S")
    for column, key in enumerate(CELLS, start=1):
        book.set_value("S", 1, column, float(values.get(key, 0)))
    book.set_formula("S", 2, 1, "=" + equation.excel(CELLS.__getitem__))
    found = book.evaluate_cell("S", 2, 1)
    if isinstance(found, dict):
        assert found["kind"] == "Num", found
        return None
    return found


def written(tree: Tree) -> Expression:
    """The tree as an expression, built with the operators that equations are declared with."""
    match tree:
        case str():
            return Symbol(tree)
        case "exp", argument:
            return exp(written(argument))
        case "-", operand:
            return -written(operand)
        case "^", base, power:
            return written(base) ** power
        case operator, left, right:
            return ARITHMETIC[operator](written(left), written(right))
        case _:
            return expression(tree)


def worked_out(tree: Tree, values: dict[str, float]) -> float:
    """The value of the tree by Python's own arithmetic; gives up the example where a last digit could matter."""
    match tree:
        case str():
            return values[tree]
        case "exp", argument:
            power = worked_out(argument, values)
            assume(abs(power) < 10)
            return math.exp(power)
        case "-", operand:
            return -worked_out(operand, values)
        case "^", base, power:
            result = worked_out(base, values) ** power
        case operator, left, right:
            result = ARITHMETIC[operator](worked_out(left, values), worked_out(right, values))
        case _:
            return float(tree)
    assume(SAFE[0] < abs(result) < SAFE[1])
    return result


LEAVES = st.sampled_from([*CELLS, 1, 2, 3, 0.5, 1e-05, -1, -2, -0.5])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from([*ARITHMETIC]), inner, inner),
        st.tuples(st.just("^"), inner, st.sampled_from([-2, -1, 1, 2, 3])),
        st.tuples(st.sampled_from(["-", "exp"]), inner),
    ),
    max_leaves=8,
)
VALUES = st.sampled_from([-3.0, -1.75, -0.6, 0.3, 0.9, 1.4, 2.5])


@settings(max_examples=250, deadline=None, derandomize=True, database=None)
@given(tree=TREES, values=st.fixed_dictionaries(dict.fromkeys(CELLS, VALUES)))
def test_spreadsheet_and_numpy_compute_the_same_value(tree: Tree, values: dict[str, float]) -> None:
    """A spreadsheet program and evaluate() get from any expression the number that arithmetic gives."""
    expected = worked_out(tree, values)
    equation = written(tree)
    assert in_a_spreadsheet(equation, **values) == pytest.approx(expected, rel=1e-9, abs=0)
    assert equation.evaluate(values) == pytest.approx(expected, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("equation", "excel", "text"),
    [
        (a - (b - c), "a-(b-c)", "a − (b − c)"),
        (a - (b + c), "a-(b+c)", "a − (b + c)"),
        (a - b - c, "a-b-c", "a − b − c"),
        (a / (b * c), "a/(b*c)", "a/(b·c)"),
        (a / (b / c), "a/(b/c)", "a/(b/c)"),
        (a / b / c, "a/b/c", "a/b/c"),
        (a * (b / c), "a*(b/c)", "a·(b/c)"),
        ((a + b) * c, "(a+b)*c", "(a + b)·c"),
        ((a - b) ** 2, "(a-b)^2", "(a − b)²"),
        (a * b**2, "a*b^2", "a·b²"),
        ((a * b) ** 3, "(a*b)^3", "(a·b)^3"),
        ((a**2) ** 3, "(a^2)^3", "(a²)^3"),
        (a ** (b**2), "a^(b^2)", "a^(b²)"),
        ((-a) ** 2, "(-a)^2", "(−a)²"),
        (-(a**2), "-(a^2)", "−(a²)"),
        (a * -b, "a*(-b)", "a·(−b)"),
        (-a * b, "(-a)*b", "(−a)·b"),
        (a - -b, "a-(-b)", "a − (−b)"),
        (-(a + b), "-(a+b)", "−(a + b)"),
        (1 / (1 + exp(-a)), "1/(1+EXP(-a))", "1/(1 + exp(−a))"),
        (Number(0.5) * (a - b) ** 2, "0.5*(a-b)^2", "½·(a − b)²"),
        (2 - a, "2-a", "2 − a"),
        (2 / a + 3 * a, "2/a+3*a", "2/a + 3·a"),
        (Number(1.0) + a, "1+a", "1 + a"),
    ],
    ids=str,
)
def test_parentheses_stand_where_the_order_of_operations_needs_them(
    equation: Expression, excel: str, text: str
) -> None:
    """Excel's and people's prints have the parentheses that keep the meaning, and no others."""
    assert equation.excel(str) == excel
    assert str(equation) == equation.text() == text


@pytest.mark.parametrize("product", [a * (b * c), (a * b) * c])
def test_products_need_no_parentheses(product: Expression) -> None:
    """a·(b·c) is written a·b·c."""
    assert product.excel(str) == "a*b*c"
    assert product.text() == "a·b·c"


def test_inserted_products_need_no_parentheses() -> None:
    """A product put in the place of a factor joins the other factors."""
    assert (a * b).substitute({"b": Symbol("x") * Symbol("y")}).text() == "a·x·y"


@pytest.mark.parametrize(
    "equation",
    [(-a) ** 2, -(a**2), (-a) ** 3 * 2, 3 - (-a) ** 2, expression(-2) ** 2, a - expression(-2) ** 2],
    ids=str,
)
def test_a_minus_sign_means_in_python_what_it_means_in_excel(equation: Expression) -> None:
    """Where Excel takes -2^2 as 4 and Python -2**2 as -4, the prints agree nevertheless."""
    assert in_a_spreadsheet(equation, a=1.5) == equation.evaluate({"a": 1.5})


def test_negative_numbers_stand_in_parentheses() -> None:
    """A negative constant is set apart from the operator before it."""
    assert (a - expression(-2)).text() == "a − (−2)"


def test_symbols_are_printed_as_the_reader_wants_them() -> None:
    """References take the place of keys in formulas, labels in text."""
    equation = Symbol("dE_dw1") * Symbol("lr")
    assert equation.excel({"dE_dw1": "$B$7", "lr": "rate_1"}.__getitem__) == "$B$7*rate_1"
    assert equation.text({"dE_dw1": "∂E/∂w1", "lr": "η"}.__getitem__) == "∂E/∂w1·η"


@pytest.mark.parametrize(
    "equation",
    [
        exp(a),
        0 * exp(a),
        1 / (1 + exp(a)),
        exp(a) - exp(a),
        -exp(a),
        exp(a) ** 2,
        exp(-exp(a)),
        exp(exp(a)),
        b / exp(a),
    ],
    ids=str,
)
def test_what_overflows_is_no_number(equation: Expression) -> None:
    """EXP(710) is #NUM! in a spreadsheet and NaN here, and so is everything built on it."""
    assert in_a_spreadsheet(equation, a=710, b=1) is None
    assert math.isnan(equation.evaluate({"a": 710.0, "b": 1.0}))


@pytest.mark.parametrize(("argument", "result"), [(709, math.exp(709)), (-1e308, 0), (-710, math.exp(-710)), (0, 1)])
def test_what_does_not_overflow_is_a_number(argument: float, result: float) -> None:
    """Up to EXP(709) there is a number, and far below zero it is 0."""
    assert exp(a).evaluate({"a": float(argument)}) == result
    assert in_a_spreadsheet(exp(a), a=argument) == pytest.approx(result, rel=1e-15, abs=0)


def test_overflow_of_one_element_leaves_the_others() -> None:
    """In an array each element overflows for itself, in the array's shape."""
    found = (1 / (1 + exp(a))).evaluate({"a": np.array([[710.0, 0.0], [-800.0, math.inf]])})
    np.testing.assert_array_equal(found, [[np.nan, 0.5], [1.0, np.nan]])
