"""Typed numbers where formulas are asked: right by their value alone, to three significant digits, and never as 0."""

import pytest

from sheetprop.network import Role
from sheetprop.submission.findings import Code, Severity, Status
from tests.student import FORWARD, GRADIENTS, NETWORK, WEIGHTS, Student, errors, only_error, with_code

ERRORS = NETWORK.keys(Role.ERROR)


def wrong(student: Student) -> set[str | None]:
    """The quantities with an error."""
    return {finding.quantity for finding in errors(student.judged())}


def typed_over(student: Student, keys: list[str], number: float) -> Student:
    """One number typed into all the cells of some columns."""
    for key in keys:
        student.fill(key, number)
    return student


@pytest.mark.parametrize("keys", [GRADIENTS, [*ERRORS, *GRADIENTS], ["E1", "E2", "E_total"], ["dE_dw7"], FORWARD])
def test_zeros_do_not_pass(keys: list[str]) -> None:
    """0 is right for nothing that is not 0, not even as the sum of zeros."""
    submission = typed_over(Student(iterations=20), keys, 0).judged()
    assert {finding.quantity for finding in errors(submission)} == set(keys)
    assert submission.status is Status.WRONG


@pytest.mark.parametrize(("keys", "number"), [(["a_h1", "a_h2", "a_o1", "a_o2"], 0.5), (["a_o1"], 1), (["h1"], 0.03)])
def test_plausible_constants_do_not_pass(keys: list[str], number: float) -> None:
    """A number with a digit or two, near the right ones, is an error in its column and nowhere else."""
    assert wrong(typed_over(Student(), keys, number)) == set(keys)


@pytest.mark.parametrize(("key", "number"), [("w2", 0.1), ("w5", 0.4), ("a_h2", 1), ("dE_dw5", 0), ("o2", -1.22)])
def test_one_typed_cell_does_not_pass(key: str, number: float) -> None:
    """One cell typed over in a live column."""
    student = Student()
    student.fill(key, number, at=5)
    finding = only_error(student.judged())
    assert (finding.quantity, finding.cells) == (key, student.cell(key, 5))
    student.follow(finding)
    assert student.is_right()


@pytest.mark.parametrize("key", [*FORWARD, *GRADIENTS])
def test_two_decimals_without_their_sign_do_not_pass(key: str) -> None:
    """Numbers cut to two decimals that have lost their sign."""
    student = Student(iterations=20)
    for k, number in enumerate(student.numbers[key]):
        student.fill(key, round(-number, 2), at=k)
    assert wrong(student) == {key}


def test_a_table_of_constants_is_wrong_throughout() -> None:
    """Weights that stand still, activations of 0.5 and zeros: every column is told but those that were given."""
    student = Student(iterations=20)
    for key in WEIGHTS:
        student.fill(key, student.given[key])
    typed_over(student, FORWARD, 0)
    typed_over(student, ["a_h1", "a_h2", "a_o1", "a_o2"], 0.5)
    typed_over(student, GRADIENTS, 0)
    assert wrong(student) == {*FORWARD, *GRADIENTS, *WEIGHTS}


@pytest.mark.parametrize("key", ["h1", "a_o2", "E_total", "dE_dw3"])
@pytest.mark.parametrize("digits", [3, 4, 15])
def test_three_significant_digits_are_no_error(key: str, digits: int) -> None:
    """A number that is right to three digits is right, but does not follow."""
    student = Student()
    for k, number in enumerate(student.numbers[key]):
        student.fill(key, float(f"{number:.{digits}g}"), at=k)
    submission = student.judged()
    assert not errors(submission)
    assert with_code(submission, Code.NOT_LIVE)


@pytest.mark.parametrize("digits", [4, 5])
def test_digits_behind_the_third_are_nobodys_slip(digits: int) -> None:
    """Weights that follow from rounded gradients lead away from the exact course, and rounded gradients with them."""
    student = Student(iterations=20)
    for key in GRADIENTS:
        for k, number in enumerate(student.numbers[key]):
            student.fill(key, float(f"{number:.{digits}g}"), at=k)
    assert not errors(student.judged())


def two_sheets(rate: float) -> tuple[Student, Student]:
    """A live table, and one on another sheet of the same book that is to be typed over."""
    live = Student(iterations=20, chart=False)
    copy = Student(iterations=20, chart=False, sheet="Copy", rate=rate, book=live.book)
    return live, copy


@pytest.mark.parametrize(("rate", "decimals"), [(0.5, 4), (0.5, 15), (1.0, 15)])
def test_a_table_pasted_from_a_live_one_beside_it_is_no_error(rate: float, decimals: int) -> None:
    """It may show what the live one shows, with the digits that are shown, or what it showed at another rate."""
    live, copy = two_sheets(rate)
    computed = copy.book.computed
    for key in (*WEIGHTS, *FORWARD, *GRADIENTS):
        for k in range(copy.iterations):
            cell = copy.cell(key, k)
            copy[cell] = round(computed.get((copy.sheet, cell), copy[cell]), decimals)
    submission = live.judged()
    assert not errors(submission)
    assert [f.sheet for f in with_code(submission, Code.NOT_LIVE)] == ["Copy"]


def test_zeros_beside_a_live_table_are_errors() -> None:
    """A table of zeros is no copy of the live one beside it."""
    live, copy = two_sheets(0.5)
    typed_over(copy, [*FORWARD, *GRADIENTS], 0)
    for key in WEIGHTS:
        copy.fill(key, copy.given[key])
    assert {f.quantity for f in errors(live.judged()) if f.sheet == "Copy"} == {*FORWARD, *GRADIENTS, *WEIGHTS}


@pytest.mark.parametrize("formula", ["ROUND({}, 0)", "TRUNC({}, 2)", "ROUNDDOWN({}, 1)", "ROUNDUP({}, 1)"])
@pytest.mark.parametrize("key", ["dE_dw5", "a_h1", "E_total"])
def test_rounding_that_moves_the_value_is_an_error(formula: str, key: str) -> None:
    """More than a thousandth of itself, told with both numbers; the formula without it cures."""
    student = Student()
    student.fill(key, "=" + formula.format(student.equation(key)[1:]))
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity, finding.cells) == (Code.ROUNDED, key, student.cells(key))
    assert "is rounded, so that" in finding.message
    student.follow(finding)
    assert student.is_right()


@pytest.mark.parametrize("formula", ["ROUND({}, 8)", "TRUNC({}, 9)"])
def test_fine_rounding_is_a_warning(formula: str) -> None:
    """Rounding far behind the digits that matter costs nothing."""
    student = Student()
    student.fill("a_h1", "=" + formula.format(student.equation("a_h1")[1:]))
    (finding,) = student.judged().findings
    assert (finding.code, finding.severity) == (Code.ROUNDED, Severity.WARNING)


def test_a_rounded_update_that_stands_still_is_an_error() -> None:
    """A weight rounded to two decimals moves by less than a thousandth of itself, and yet never learns."""
    student = Student()
    student.fill("w1", "=ROUND(" + student.equation("w1")[1:] + ", 2)")
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity) == (Code.ROUNDED, "w1")


def test_few_digits_are_no_slip() -> None:
    """Right numbers in so few digits that a slip would give them as well are told as too coarse, not as that slip."""
    student = Student(iterations=20)
    for key in GRADIENTS:
        for k, number in enumerate(student.numbers[key]):
            student.fill(key, round(number, 3), at=k)
    assert {finding.code for finding in errors(student.judged())} == {Code.WRONG_VALUE}


def test_one_typed_number_is_told_as_one() -> None:
    """The sentence counts."""
    student = Student()
    student.fill("a_o1", float(student.numbers["a_o1"][5]), at=5)
    assert (
        "1 typed-in or pasted number stands where a formula belongs. It is right"
        in student.judged().findings[0].message
    )


@pytest.mark.parametrize("kept", ["weight", "gradient", "neither"])
def test_numbers_typed_into_the_updates_row_by_row_are_one_mistake(kept: str) -> None:
    """However many rows and columns they stand in; they earn what typed numbers earn, and what is advised works."""
    student, numbers = Student(), Student().numbers
    for weight in WEIGHTS:
        for k in range(1, student.iterations):
            before, gradient = numbers[weight][k - 1], numbers[f"dE_d{weight}"][k - 1]
            left = student.cell(weight, k - 1) if kept == "weight" else repr(float(before))
            right = student.cell(f"dE_d{weight}", k - 1) if kept == "gradient" else f"({float(gradient)!r})"
            student[student.cell(weight, k)] = f"={left}-0.5*{right}"
    submission = student.judged()
    (updates,) = [line for line in submission.score_lines if line.criterion == "updates"]
    assert updates.points == 0
    (told,) = [mistake for mistake in submission.mistakes if mistake.code in (Code.TYPED_PART, Code.NOT_LIVE)]
    if kept == "neither":
        assert told.first.cells == "E5:H15,M5:P15"
        return
    assert told.first.message.startswith("w1 has a typed-in number where ")
    assert {place.cells for place in told.places} == {student.cells(weight, 1) for weight in WEIGHTS}
    for finding in errors(submission):
        student.follow(finding)
    assert student.is_right()
