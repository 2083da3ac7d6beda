"""Advice is the student's own formula: spacing, $ and parentheses stay, only what is wrong is another."""

import pytest

from sheetprop.expression import Expression, Negation, Number, Operation, Symbol, exp
from sheetprop.submission.diagnose.rewriting import rewritten

A, B, C, D = map(Symbol, "abcd")
MINUS_ONE, ONE = Number(-1.0), Number(1.0)


def times(*factors: Expression) -> Expression:
    """A product as a formula's reader makes it, from the left and with every factor."""
    result = factors[0]
    for factor in factors[1:]:
        result = Operation("*", result, factor)
    return result


CASES = [
    # text, what it computes, what belongs, the text that belongs
    ("M6 * J6 * N6 * L6", A * B * C * D, A * B + C * D, "M6 * J6 + N6 * L6"),
    ("-1*(R6-A6)*J6", times(MINUS_ONE, A - B, C), Negation(times(MINUS_ONE, A - B, C)), "(R6-A6)*J6"),
    ("(R6-A6)*J6*-1", times(A - B, C, MINUS_ONE), Negation(times(A - B, C, MINUS_ONE)), "(R6-A6)*J6"),
    ("-(R6-A6)*J6", times(Negation(A - B), C), Negation(times(Negation(A - B), C)), "(R6-A6)*J6"),
    ("E5-1*X5", A - times(ONE, B), A - times(ONE, D, B), "E5-D*X5"),
    ("1/1+EXP(-$I6)", ONE / ONE + exp(-A), 1 / (1 + exp(-A)), "1/(1+EXP(-$I6))"),
    ("( $R6 - A$6 ) * (J6)", (A - B) * C, (B - A) * C, "( A$6 - $R6 ) * (J6)"),
    ("0.50*(A6-R6)", Number(0.5) * (A - B), Number(0.5) * (A - B) ** 2, "0.50*(A6-R6)^2"),
    ("E5 - $B$1*X5", A - B * C, A + B * C, "E5 + $B$1*X5"),
    ("M6*J6+N6*L6*C6", A * B + C * D * A, (A * B + C * D) * A, "(M6*J6+N6*L6)*M6"),
    ("EXP(I6)", exp(A), exp(-A), "EXP(-I6)"),
    ("[@w1]-$B$1*[@dw1]", A - B * C, A - B * D, "[@w1]-$B$1*D"),
    ("POWER(A6-R6,1)", (A - B) ** 1, (A - B) ** 2, "POWER(A6-R6,2)"),
]


@pytest.mark.parametrize(("text", "found", "right", "expected"), CASES, ids=[case[0] for case in CASES])
def test_only_what_is_wrong_changes(text: str, found: Expression, right: Expression, expected: str) -> None:
    """The new formula is the old text but for the smallest part; what is new is written by its reference."""
    assert rewritten(text, found, right, {}, str.upper) == expected


@pytest.mark.parametrize("text", ["{1,2}*A1", "A1*", "A1 B1", '"a"&'])
def test_what_cannot_be_followed_is_left(text: str) -> None:
    """Of what is more than operators, cells and calls, no formula is made that might be another."""
    assert rewritten(text, A * B, A + B, {}, str.upper) in (None, "A+B")
