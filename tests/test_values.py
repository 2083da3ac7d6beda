"""Numbers where formulas belong, stored results, error values, and formulas that no equation can follow."""

import re
from collections.abc import Callable

import pytest

from sheetprop.network import NETWORK
from sheetprop.submission.findings import Code, Severity, Status
from tests.student import FORWARD, GRADIENTS, HANDOUT, WEIGHTS, Student, addresses, errors, only_error, with_code

COMPUTED = [*FORWARD, *GRADIENTS]


def pasted(student: Student, digits: int = 15) -> Student:
    """The same sheet with all its formulas pasted over by their numbers, of so many significant digits."""
    computed = student.book.computed
    for key in (*WEIGHTS, *COMPUTED):
        for k in range(student.iterations):
            cell = student.cell(key, k)
            student[cell] = float(f"{computed.get((student.sheet, cell), student[cell]):.{digits}g}")
    return student


@pytest.mark.parametrize(("key", "at"), [("a_h1", 3), ("dE_dw5", 11), ("w2", 6), ("E_total", 0)])
def test_right_number_typed_in_is_not_live(key: str, at: int) -> None:
    """A typed-in number that is right is no error, but a warning with the formula that belongs there."""
    student = Student()
    student.typed(key, at)
    (finding,) = (submission := student.judged()).findings
    assert (finding.code, finding.severity, finding.quantity) == (Code.NOT_LIVE, Severity.WARNING, key)
    assert finding.cells == student.cell(key, at)
    assert submission.status is Status.INCOMPLETE
    assert submission.tables[0].live
    student.follow(finding)
    assert not student.judged().findings


@pytest.mark.parametrize(("key", "at"), [("a_h1", 3), ("dE_dw5", 11), ("w2", 6), ("E_total", 0), ("E2", 5)])
def test_wrong_number_typed_in_is_an_error(key: str, at: int) -> None:
    """A typed-in number that does not follow is an error that tells both numbers, and the formula cures it."""
    student = Student()
    right = float(student.numbers[key][at])
    student.fill(key, round(right + 0.001, 12), at=at)
    finding = only_error(submission := student.judged())
    assert (finding.code, finding.quantity, finding.cells) == (Code.WRONG_VALUE, key, student.cell(key, at))
    assert f"{right:.10g} follows" in finding.message
    assert f"{right + 0.001:.10g}"[:9] in finding.message
    assert submission.status is Status.WRONG
    student.follow(finding)
    assert student.is_right()
    assert not student.judged().findings


@pytest.mark.parametrize(
    ("factor", "share"), [(0, "100 %"), (2, "100 %"), (1.25, "25 %"), (18, "1,700 %"), (1.004, "0.4 %")]
)
def test_how_far_a_typed_number_is_off(factor: float, share: str) -> None:
    """It is told in percent of what belongs there."""
    student = Student()
    right = float(student.book.computed[student.sheet, student.cell("h2", 6)])
    student.fill("h2", right * factor, at=6)
    assert f", {share}." in only_error(student.judged()).message


@pytest.mark.parametrize("digits", [4, 5, 9, 15])
def test_pasted_numbers_may_be_rounded(digits: int) -> None:
    """A table pasted with three significant digits or more is followed within what its digits allow."""
    submission = pasted(Student(iterations=20), digits).judged()
    (finding,) = submission.findings
    assert (finding.code, finding.severity, finding.cells) == (Code.NOT_LIVE, Severity.WARNING, "A4:AE23")
    assert submission.status is Status.INCOMPLETE
    assert not submission.tables[0].live


@pytest.mark.parametrize("digits", [6, 15])
@pytest.mark.parametrize("key", ["h1", "a_o2", "E1", "dE_dw2", "w7"])
def test_one_wrong_number_in_a_pasted_table(key: str, digits: int) -> None:
    """A pasted number that is off by more than its digits is told in its cell; no cell is told that does not use it."""
    student = pasted(Student(), digits)
    student.fill(key, round(student.numbers[key][4] + 0.0123, digits), at=4)
    cells = {
        cell: (finding.code, finding.quantity)
        for finding in errors(student.judged())
        for cell in addresses(str(finding.cells))
    }
    assert cells.pop(student.cell(key, 4)) == (Code.WRONG_VALUE, key)
    # what follows from it does not follow from what stands there now, on this row or as a weight on the next
    assert set(cells) <= {student.cell(user, 4) for user in COMPUTED} | {student.cell(w, 5) for w in WEIGHTS}


@pytest.mark.parametrize(("off", "told"), [(0.5, False), (4, True)])
def test_digits_allow_no_more_than_their_last(off: float, told: bool) -> None:
    """A pasted number may be off by half of its last digit, not by several."""
    student = pasted(Student(), 6)
    student.fill("a_o1", student.numbers["a_o1"][4] + off * 1e-6, at=4)
    assert bool(errors(student.judged())) is told


def test_a_weight_that_never_changes() -> None:
    """A weight that was filled down as a number instead of updated is wrong, and no formula is blamed for it."""
    student = Student(iterations=100)
    student.fill("w1", 0.15, at=range(100))
    assert not student.is_right()
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity) == (Code.WRONG_VALUE, "w1")
    assert finding.expected


@pytest.mark.parametrize("key", ["i1", "w5", "h1", "dE_dw2"])
def test_an_empty_cell_in_a_column(key: str) -> None:
    """A cell that was deleted in the middle of a column is told in its place: the rows after it are wrong."""
    student = Student()
    del student.own[student.cell(key, 6)]
    assert not student.is_right()
    finding = only_error(student.judged())
    assert (finding.quantity, finding.cells) == (key, student.cell(key, 6))


def test_pasted_table_with_the_handouts_mistake() -> None:
    """Where pasted numbers come from the hand-out's formulas, both gradients are told as that."""
    student = Student()
    for key in ("dE_dw3", "dE_dw4"):
        student.replace(key, "a_h2*(1-a_h2)", "a_h1*(1-a_h1)")
    submission = pasted(student).judged()
    assert [(f.code, f.quantity, f.cells) for f in errors(submission)] == [
        (Code.HANDOUT_MISTAKE, "dE_dw3", student.cells("dE_dw3")),
        (Code.HANDOUT_MISTAKE, "dE_dw4", student.cells("dE_dw4")),
    ]
    assert all("numbers that stand here" in finding.message for finding in errors(submission))
    assert submission.status is Status.WRONG
    assert with_code(submission, Code.NOT_LIVE)


def test_inputs_that_drift() -> None:
    """An input that was filled down as a series is an error from the second row on, with the value that belongs."""
    student = Student()
    for k in range(12):
        student.fill("i2", 0.1 + k, at=k)
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity) == (Code.DRIFTING_INPUT, "i2")
    assert finding.cells == student.cells("i2", 1)
    assert finding.expected == "0.1"
    student.follow(finding)
    assert student.is_right()
    assert not errors(student.judged())


def test_inputs_by_formulas() -> None:
    """Inputs that repeat the row above are right; ones that add to it drift."""
    student = Student()
    student.fill("t1", "=t1[-1]", at=range(1, 12))
    assert not student.judged().findings
    student.fill("t1", "=t1[-1]+0.01", at=range(1, 12))
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity, finding.cells) == (Code.DRIFTING_INPUT, "t1", student.cells("t1", 1))


def test_stale_results() -> None:
    """Stored results that the formulas do not give are a warning, which judges the formulas nevertheless."""
    student = Student()
    student.book.stored = {("Sheet1", student.cell("a_h1", k)): 0.25 for k in (4, 5, 6)}
    submission = student.judged()
    (finding,) = submission.findings
    assert (finding.code, finding.severity, finding.cells) == (Code.STALE_VALUE, Severity.WARNING, "J8")
    assert submission.status is Status.RIGHT


def test_stored_results_of_ten_digits() -> None:
    """Results with ten digits, as Google Sheets stores them, are not stale."""
    student = Student()
    student.book.stored = {
        place: float(f"{value:.10g}") for place, value in student.book.computed.items() if isinstance(value, float)
    }
    assert not student.judged().findings


@pytest.mark.parametrize(
    "slip",
    [
        lambda student: None,
        lambda student: student.replace("dE_dw5", "a_h1", "a_h2"),
        lambda student: student.fill("o1", 0.25, at=7),
    ],
    ids=["right", "wrong formula", "wrong number"],
)
def test_files_without_results(slip: Callable[[Student], None]) -> None:
    """A file that openpyxl wrote, without results, is judged as the same one saved by Excel is."""
    student = Student()
    slip(student)
    assert student.judged(results=False).findings == student.judged().findings


@pytest.mark.parametrize(
    ("written", "function"),
    [("=0.5*POW(t1-a_o1,2)", "POW"), ("=MULTIPLY(0.5,(t1-a_o1)^2)", "MULTIPLY"), ("=DIVIDE((t1-a_o1)^2,2)", "DIVIDE")],
)
def test_functions_of_google_sheets(written: str, function: str) -> None:
    """A function of Google Sheets is understood; that Excel shows #NAME? is a warning that names its cells."""
    student = Student()
    student.fill("E1", written)
    student.book.stored = Student().book.computed  # as Google Sheets, which knows it, has stored them
    submission = student.judged()
    assert not errors(submission)
    assert submission.status is Status.RIGHT
    (finding,) = with_code(submission, Code.UNKNOWN_FUNCTION)
    assert finding.severity is Severity.WARNING
    assert function in finding.message
    assert finding.cells == student.cells("E1")


def test_function_that_nobody_knows() -> None:
    """A function that no program knows makes an error in its column alone, with the equation as advice."""
    student = Student()
    student.fill("a_h1", "=SIGMOID(h1)")
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity, finding.cells) == (Code.UNKNOWN_FUNCTION, "a_h1", student.cells("a_h1"))
    assert "SIGMOID" in finding.message
    student.follow(finding)
    assert student.is_right()
    assert not student.judged().findings


@pytest.mark.parametrize(
    ("formula", "code"),
    [("=w7*a_h1+#REF!*a_h2", Code.ERROR_VALUE), ("=w7*a_h1+w8*a_h2+nothing", Code.UNKNOWN_FUNCTION)],
)
def test_broken_references(formula: str, code: Code) -> None:
    """A reference to a deleted cell, or an undefined name, is told once, at the cells that hold it."""
    student = Student()
    student.fill("o2", formula, at=range(4, 12))
    finding = only_error(student.judged())
    assert (finding.quantity, finding.cells) == ("o2", student.cells("o2", 4))
    assert code is not Code.ERROR_VALUE or finding.code is code
    student.follow(finding)
    assert student.is_right()


def test_error_values_typed_in() -> None:
    """A text where a number belongs is an error in its cell."""
    student = Student()
    student.fill("h2", "n/a", at=6)
    finding = only_error(student.judged())
    assert (finding.code, finding.quantity, finding.cells) == (Code.WRONG_VALUE, "h2", student.cell("h2", 6))
    student.follow(finding)
    assert student.is_right()
    assert not errors(student.judged())


def test_overflow_is_no_mistake() -> None:
    """Numbers that overflow at a huge learning rate are a warning: the formulas are right."""
    student = Student(rate=1e9, given=Student().given | {"i1": 1.0, "i2": 1.0})
    assert "#NUM!" in student.book.computed.values()
    submission = student.judged()
    assert not errors(submission)
    (finding,) = with_code(submission, Code.ERROR_VALUE)
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize("results", [True, False])
def test_circular_formulas(results: bool) -> None:
    """Formulas that need each other are told, and nothing crashes on them, with stored results or without."""
    student = Student()
    student.fill("E1", "=E_total-E2")
    finding = only_error(student.judged(results=results))
    assert (finding.code, finding.quantity, finding.cells) == (Code.CIRCULAR, "E1", student.cells("E1"))
    assert "E1, E_total are computed from each other" in finding.message


def test_rounding_is_a_warning() -> None:
    """A formula that rounds its result is right but for that, and the advice leaves the rounding out."""
    student = Student()
    student.fill("a_h2", "=ROUND(1/(1+EXP(-h2)),4)")
    submission = student.judged()
    (finding,) = submission.findings
    assert (finding.code, finding.severity, finding.cells) == (Code.ROUNDED, Severity.WARNING, student.cells("a_h2"))
    assert submission.status is Status.RIGHT
    student.follow(finding)
    assert not student.judged().findings


def test_typed_e_is_a_warning() -> None:
    """2.718 to a power is meant as e: a warning, whose advice is EXP."""
    student = Student()
    student.fill("a_o1", "=1/(1+2.718^-o1)")
    (finding,) = student.judged().findings
    assert (finding.code, finding.severity) == (Code.ROUNDED, Severity.WARNING)
    assert "EXP" in str(finding.expected)
    student.follow(finding)
    assert not student.judged().findings


def test_heading_without_a_column() -> None:
    """A heading under which nothing stands is a warning; its points are lost and nothing is wrong besides."""
    student = Student()
    for k in range(12):
        del student.own[student.cell("dE_dw8", k)]
    student.fill("w8", "=w8[-1]-lr*(a_o2[-1]-t2)*a_o2[-1]*(1-a_o2[-1])*a_h2[-1]")
    submission = student.judged()
    (finding,) = submission.findings
    assert (finding.code, finding.severity, finding.quantity) == (Code.MISSING_COLUMN, Severity.WARNING, "dE_dw8")
    assert finding.cells == "AE3"


@pytest.mark.parametrize("key", [key for key in HANDOUT if NETWORK[key].equation])
def test_typed_column_is_named_as_one(key: str) -> None:
    """A column pasted over by its numbers is one warning with its whole range."""
    student = Student()
    student.typed(key)
    (finding,) = student.judged().findings
    assert (finding.code, finding.quantity, finding.cells) == (Code.NOT_LIVE, key, student.cells(key))
    assert re.match(r"12 typed-in or pasted numbers", finding.message)
