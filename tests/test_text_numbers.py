"""Numbers stored as text count as Excel counts them: in arithmetic, but not in SUM; one finding tells of them."""

import pytest

from sheetprop.network import NETWORK, RATE
from sheetprop.submission.findings import Code, Severity, Status
from sheetprop.submission.open.text_numbers import text_number
from tests.student import FORWARD, Student, errors, only_error


@pytest.mark.parametrize(
    ("text", "value"),
    [("0.5", 0.5), (" 0.5 ", 0.5), ("1e-3", 1e-3), ("50%", 0.5), ("-.5", -0.5), ("1,000", 1000), ("5.", 5), ("+2", 2)],
)
def test_texts_that_excel_computes_with(text: str, value: float) -> None:
    """A text that Excel converts in arithmetic is its number, and nothing is wrong with that."""
    found = text_number(text)
    assert found
    assert found.value == pytest.approx(value, rel=1e-15)
    assert found.trouble is None


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("0,5", 0.5, "decimal comma"),
        ("-0,05", -0.05, "decimal comma"),
        ("0,500", 0.5, "decimal comma"),
        ("'0.5", 0.5, "apostrophe"),
        ("0.5\N{NO-BREAK SPACE}", 0.5, "no-break space"),
        ("\N{MINUS SIGN}0.5", -0.5, "minus sign"),
    ],
)
def test_texts_that_are_meant_as_numbers(text: str, value: float, words: str) -> None:
    """A text that Excel does not convert is told with what hinders it."""
    found = text_number(text)
    assert found
    assert found.value == value
    assert found.trouble
    assert words in found.trouble.words


@pytest.mark.parametrize(
    "text", ["", "w1", "½", "1/2", "0.5 V", "1.2.3", "k = 3", ".", "e5", "1" * 50, "٣", "0.5.", "--1"]
)
def test_other_texts(text: str) -> None:
    """Words, fractions and the like are no numbers."""
    assert text_number(text) is None


@pytest.mark.parametrize("results", [True, False])
@pytest.mark.parametrize("text", ["0.5", " 0.5 ", "50%", "5e-1"])
def test_a_rate_as_text(text: str, results: bool) -> None:
    """A learning rate that is a text is one warning at its cell; everything else is right."""
    student = Student()
    student["B1"] = text
    submission = student.judged(results=results)
    (finding,) = submission.findings
    assert (finding.code, finding.severity, finding.quantity) == (Code.TEXT_NUMBER, Severity.WARNING, RATE)
    assert (finding.cells, finding.expected) == ("B1", "0.5")
    assert "learning rate in B1" in finding.message
    assert submission.status is Status.RIGHT
    assert submission.score == submission.max_score
    student["B1"] = 0.5
    assert not student.judged(results=results).findings


@pytest.mark.parametrize("results", [True, False])
def test_given_numbers_as_texts(results: bool) -> None:
    """A first row of texts is one warning with all its cells."""
    student = Student()
    for key, number in student.given.items():
        student.fill(key, str(number), at=0)
    submission = student.judged(results=results)
    (finding,) = submission.findings
    assert (finding.code, finding.severity) == (Code.TEXT_NUMBER, Severity.WARNING)
    assert finding.cells == "A4:H4,M4:P4"
    assert submission.score == submission.max_score


def test_a_mistake_beside_texts_is_found() -> None:
    """Texts hide no mistake."""
    student = Student()
    student["B1"] = "0.5"
    student.replace("dE_dw5", "a_h1", "a_h2")
    finding = only_error(student.judged())
    assert (finding.quantity, finding.cells) == ("dE_dw5", student.cells("dE_dw5"))


def test_texts_that_a_function_leaves_out() -> None:
    """What SUMPRODUCT leaves out because it is a text is an error at the text, with the number that belongs there."""
    student = Student()
    student.fill("w1", "0.15", at=0)
    student.fill("h1", "=SUMPRODUCT(w1,i1)+w2*i2")
    finding = only_error(submission := student.judged())
    assert (finding.code, finding.cells, finding.expected) == (Code.TEXT_NUMBER, student.cell("w1", 0), "0.15")
    assert "SUMPRODUCT (first in I4)" in finding.message
    assert submission.status is Status.WRONG
    student.fill("w1", 0.15, at=0)
    assert student.is_right()
    assert not student.judged().findings


def test_arithmetic_inside_a_sum_takes_texts() -> None:
    """What is multiplied first is a number when SUM comes to it."""
    student = Student()
    student.fill("w1", "0.15", at=0)
    student.fill("h1", "=SUM(w1*i1,w2*i2)")
    assert not errors(student.judged())


@pytest.mark.parametrize("results", [True, False])
def test_a_decimal_comma(results: bool) -> None:
    """A decimal comma, with which an English Excel cannot compute, is one error, and what it spoils has no points."""
    student = Student()
    student["B1"] = "0,5"
    submission = student.judged(results=results)
    (finding,) = submission.findings
    assert (finding.code, finding.severity, finding.cells) == (Code.TEXT_NUMBER, Severity.ERROR, "B1")
    assert "decimal comma" in finding.message
    assert submission.score < submission.max_score * 0.8
    student.follow(finding)
    assert not student.judged(results=results).findings


def test_a_decimal_comma_that_computed() -> None:
    """Where the program that saved the file took the comma, it is a warning."""
    student = Student()
    right = Student().book.computed
    student["B1"] = "0,5"
    student.book.stored = right
    (finding,) = student.judged().findings
    assert (finding.code, finding.severity) == (Code.TEXT_NUMBER, Severity.WARNING)


@pytest.mark.parametrize("key", [key for key in FORWARD if NETWORK[key].equation][:2])
def test_typed_values_as_texts(key: str) -> None:
    """A text where a formula belongs is a typed-in number, told as text besides."""
    student = Student()
    number = float(student.numbers[key][3])
    student.fill(key, str(number), at=3)
    submission = student.judged()
    assert not errors(submission)
    assert {finding.code for finding in submission.findings} == {Code.TEXT_NUMBER, Code.NOT_LIVE}
