"""One mistake, one finding: what is the same mistake in other columns, tables and sheets, and what is another one."""

import json
from dataclasses import replace

import pytest

from sheetprop.network import NETWORK
from sheetprop.submission.findings import Code, Finding, Severity, Status, Submission
from sheetprop.submission.grade.record import decode, encode
from sheetprop.submission.mistake import Mistake, mistakes
from tests.student import WEIGHTS, Student


def found(
    code: Code, message: str, quantity: str | None = None, sheet: str = "Sheet1", cells: str = "Z4:Z23"
) -> Finding:
    """An error in a column."""
    return Finding(code, Severity.ERROR, message, quantity, sheet, cells)


def quantities(found: list[Mistake]) -> list[list[str]]:
    """The quantities of each mistake."""
    return [list(each.quantities) for each in found]


SAME = {
    "the neighbour's slope": (
        found(Code.WRONG_QUANTITY, "∂E/∂w3 uses a_h1 (J4) where a_h2 (L4) belongs.", "dE_dw3"),
        found(Code.WRONG_QUANTITY, "∂E/∂w4 uses a_h1 (J4) where a_h2 (L4) belongs.", "dE_dw4", cells="AA4:AA23"),
        found(Code.WRONG_QUANTITY, "∂E/∂w1 uses a_h2 ($L$31) where a_h1 ($J$31) belongs.", "dE_dw1", "lr 0.2"),
    ),
    "the sum for its activation": (
        found(Code.PRE_ACTIVATION, "∂E/∂w1 uses the sum h1 (E4) where its activation a_h1 (F4) belongs.", "dE_dw1"),
        found(Code.PRE_ACTIVATION, "∂E/∂w4 uses the sum h2 (G4) where its activation a_h2 (H4) belongs.", "dE_dw4"),
    ),
    "no $": tuple(
        found(
            Code.SLIDING_REFERENCE,
            f"{weight} is updated with {met} (F{row}) in the place of the learning rate (F3). The reference slides.",
            weight,
        )
        for row, (weight, met) in enumerate([("w1", "w1"), ("w2", "w1"), ("w8", "w3")], start=41)
    ),
    "a rate of another sheet": (
        found(Code.WRONG_RATE, "w1 is updated with 0.5 in the place of the learning rate 1.5.", "w1"),
        found(Code.WRONG_RATE, "w5 is updated with 0.5 in the place of the learning rate 0.25.", "w5", "lr 0.25"),
    ),
    "typed zeros": (
        found(Code.WRONG_VALUE, "E1 is typed in as 0, but 0.0123 follows: it is off by 0.012.", "E1"),
        found(Code.WRONG_VALUE, "∂E/∂w5 is typed in as 0, but -1.5e-07 follows: it is off by 2e-07.", "dE_dw5"),
    ),
    "a sign in every update": (
        found(Code.WRONG_SIGN, "w1 has a wrong sign: w1 + η·∂E/∂w1 stands where w1 − η·∂E/∂w1 belongs.", "w1"),
        found(Code.WRONG_SIGN, "w7 has a wrong sign: w7 + η·∂E/∂w7 stands where w7 − η·∂E/∂w7 belongs.", "w7"),
    ),
    "stale": (
        found(Code.STALE_VALUE, "1,200 stored values are not what the formulas give.", "w1"),
        found(Code.STALE_VALUE, "3 stored values are not what the formulas give.", "h1", "lr 0.2"),
    ),
    "nothing under": (
        found(Code.MISSING_COLUMN, "Nothing stands under the heading E1.", "E1"),
        found(Code.MISSING_COLUMN, "Nothing stands under the heading ∂E/∂w8.", "dE_dw8"),
    ),
}  # fmt: skip

OTHERS = {
    "another kind": (
        found(Code.WRONG_SIGN, "E1 has the wrong sign throughout.", "E1"),
        found(Code.EXTRA_PART, "E1 is 2 times what it should be.", "E1"),
    ),
    "another constant": (
        found(Code.WRONG_CONSTANT, "E1 has the constant 0.25 where 0.5 belongs.", "E1"),
        found(Code.WRONG_CONSTANT, "E2 has the constant 2 where 0.5 belongs.", "E2"),
    ),
    "another part": (
        found(Code.MISSING_PART, "∂E/∂w1 lacks a factor: i1.", "dE_dw1"),
        found(Code.MISSING_PART, "∂E/∂w3 lacks a factor: a_h2·(1 − a_h2).", "dE_dw3"),
    ),
    "not the other neuron but the other layer": (
        found(Code.WRONG_QUANTITY, "∂E/∂w5 uses a_h2 (L4) where a_h1 (J4) belongs.", "dE_dw5"),
        found(Code.WRONG_QUANTITY, "∂E/∂w5 uses a_o1 (L4) where a_h1 (J4) belongs.", "dE_dw6"),
    ),
    "two in one column": (
        found(Code.WRONG_QUANTITY, "∂E/∂w1 uses w6 (N4) where w5 (M4) belongs.", "dE_dw1", cells="Z4:Z9"),
        found(Code.WRONG_QUANTITY, "∂E/∂w1 uses w8 (P10) where w7 (O10) belongs.", "dE_dw1", cells="Z10:Z23"),
    ),
    "an error and a warning": (
        found(Code.MISSING_COLUMN, "Nothing stands under the heading E1.", "E1"),
        replace(found(Code.MISSING_COLUMN, "Nothing stands under the heading E1.", "E1"), severity=Severity.WARNING),
    ),
}


@pytest.mark.parametrize("findings", SAME.values(), ids=SAME)
def test_one_mistake_is_told_once(findings: tuple[Finding, ...]) -> None:
    """The same mistake in other columns, at other neurons, on other sheets is one, with all its places."""
    (mistake,) = mistakes(findings)
    assert mistake.findings == findings
    assert [(place.sheet, place.quantity, place.cells) for place in mistake.places] == [
        (each.sheet, each.quantity, each.cells) for each in findings
    ]


@pytest.mark.parametrize("findings", OTHERS.values(), ids=OTHERS)
def test_other_mistakes_are_not_hidden(findings: tuple[Finding, ...]) -> None:
    """What another sentence says is another mistake."""
    assert [mistake.findings for mistake in mistakes(findings)] == [(each,) for each in findings]


def test_formulas_that_differ_in_blanks_are_one_mistake() -> None:
    """Half of a column with blanks around its operators: one mistake, one place."""
    told = found(Code.PRE_ACTIVATION, "∂E/∂w5 uses the sum h1 (I4) where a_h1 (J4) belongs.", "dE_dw5")
    other = replace(told, message=told.message.replace("4", "12"), cells="Z12:Z23", found="= I12 * 2")
    (mistake,) = mistakes([told, other])
    (place,) = mistake.places
    assert place.cells == "Z4:Z23,Z12:Z23"


def test_programs_see_every_quantity_and_all_places() -> None:
    """In JSON each quantity with an error has a finding; the first of its places is its own, all are there."""
    submission = Submission("x.xlsx", Status.WRONG, (), SAME["the neighbour's slope"], ())
    told = submission.to_dict()["findings"]
    assert [finding["quantity"] for finding in told] == ["dE_dw3", "dE_dw4", "dE_dw1"]
    for finding in told:
        assert {key: finding[key] for key in ("sheet", "quantity", "cells")} == finding["places"][0]
        assert sorted(place["quantity"] for place in finding["places"]) == ["dE_dw1", "dE_dw3", "dE_dw4"]
    assert told[1]["message"].startswith("∂E/∂w4")


def test_a_sheet_per_rate_is_one_finding() -> None:
    """The same mistake in the same column of several sheets is one finding of ``validate --json``."""
    six = [found(Code.WRONG_SIGN, "E1 has the wrong sign throughout.", "E1", f"lr {n}") for n in range(6)]
    (told,) = Submission("x.xlsx", Status.WRONG, (), tuple(six), ()).to_dict()["findings"]
    assert [place["sheet"] for place in told["places"]] == [f"lr {n}" for n in range(6)]


def test_updates_of_the_same_row_are_one_mistake() -> None:
    """The circle that they close is told with the first of them."""
    student = Student()
    for weight in WEIGHTS:
        student.replace(weight, f"dE_d{weight}[-1]", f"dE_d{weight}")
    (told,) = [each for each in student.judged().mistakes if each.severity is Severity.ERROR]
    assert told.quantities == tuple(WEIGHTS)
    assert "That makes the sheet circular: E5 needs X5" in told.first.message


def test_a_record_keeps_the_mistakes() -> None:
    """What is read again from a record tells the same mistakes."""
    submission = Submission("x.xlsx", Status.WRONG, (), SAME["typed zeros"], ())
    again = decode(encode(submission))
    assert again.mistakes == submission.mistakes
    assert json.dumps(again.to_dict()) == json.dumps(submission.to_dict())


def test_hostile_messages_take_no_time() -> None:
    """A message is read once, whatever it holds."""
    for text in ("'" * 50_000, "$A" * 50_000, "a_" * 50_000, "(A1" * 50_000, "1" * 100_000, "rows 1 to " * 10_000):
        assert len(mistakes([found(Code.WRONG_VALUE, text, "E1")] * 2)) == 1


def test_the_network_in_a_few_words() -> None:
    """Tables say what network they train."""
    assert str(NETWORK) == "2-2-2, sigmoid, half squared error"
    (table,) = Student().judged().to_dict()["tables"]
    assert table["network"] == "2-2-2, sigmoid, half squared error"
