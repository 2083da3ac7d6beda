"""The assignment apart from the mathematics: each lack is a warning of its own, and costs the rubric's points."""

from dataclasses import replace
from pathlib import Path

import pytest

from sheetprop.assignment import Tolerances
from sheetprop.network import NETWORK
from sheetprop.rubric import CRITERIA
from sheetprop.submission.findings import Code, Severity, Status, Submission
from sheetprop.validation import validate
from tests.student import ASKED, Student, descent, errors, with_code

THREE_RATES = replace(ASKED, learning_rates=(0.1, 0.5, 2.0))


def points(submission: Submission) -> dict[str, float]:
    """The share of its points that each criterion got."""
    return {line.criterion: line.points / line.max_points for line in submission.score_lines}


def reason(submission: Submission, criterion: str) -> str:
    """Why a criterion has the points that it has."""
    (line,) = [line for line in submission.score_lines if line.criterion == criterion]
    return line.reason


def lost(submission: Submission) -> dict[str, float]:
    """The shares of the criteria that lost points."""
    return {criterion: share for criterion, share in points(submission).items() if share < 1}


def sweep(student: Student, rate: float, heading: str | float, cell: str, off: float = 1.0) -> None:
    """Paste the errors at a rate below a heading, as students compare rates beside their one table."""
    column, row = cell[:-1], int(cell[-1])
    student[cell] = heading
    for k, error in enumerate(descent(student.given, rate, student.iterations)["E_total"]):
        student[f"{column}{row + 1 + k}"] = float(error) * off


def test_all_that_was_asked() -> None:
    """A sheet that is right and does all that was asked has full marks and no finding."""
    submission = Student().judged()
    assert submission.status is Status.RIGHT
    assert not submission.findings
    assert not lost(submission)
    assert [line.criterion for line in submission.score_lines] == list(CRITERIA)
    assert submission.score == submission.max_score == 100


def test_other_initial_values() -> None:
    """Values other than asked are a warning that tells both, with their cells; each costs its share."""
    student = Student(given=ASKED.given | {"w3": 0.26, "i2": 0.2})
    submission = student.judged()
    (finding,) = submission.findings
    assert (finding.code, finding.severity) == (Code.INITIAL_VALUES, Severity.WARNING)
    assert "i2 = 0.2 (asked: 0.1)" in finding.message
    assert "w3 = 0.26 (asked: 0.25)" in finding.message
    assert finding.cells == "D4,G4"
    assert (finding.found, finding.expected) == ("0.2, 0.26", "0.1, 0.25")
    assert submission.status is Status.INCOMPLETE
    assert lost(submission) == {"initial_values": pytest.approx(10 / 12, abs=2e-3)}


def test_same_initial_values_on_every_sheet_are_told_once() -> None:
    """The same other value in several tables is one finding that counts them."""
    given = ASKED.given | {"t2": 0.9}
    first = Student(given=given)
    Student(given=given, sheet="Second", rate=2.0, book=first.book)
    (finding,) = first.judged().findings
    assert "(in 2 tables)" in finding.message


@pytest.mark.parametrize("count", [10, 15, 19])
def test_too_few_iterations(count: int) -> None:
    """Fewer iterations than asked are a warning and cost their share."""
    submission = Student(iterations=count).judged(replace(ASKED, iterations=20))
    (finding,) = submission.findings
    assert (finding.code, finding.severity) == (Code.TOO_FEW_ITERATIONS, Severity.WARNING)
    assert (finding.found, finding.expected) == (str(count), "20")
    assert f"{count} iterations where 20 are asked" in finding.message
    assert submission.status is Status.INCOMPLETE
    assert lost(submission) == {"iterations": pytest.approx(count / 20, abs=2e-3)}


def test_more_iterations_than_asked() -> None:
    """More iterations than asked are no finding."""
    assert not Student(iterations=30).judged().findings


@pytest.mark.parametrize(
    ("count", "asked", "too_little"), [(3, 30, True), (9, 30, True), (10, 30, False), (8, 12, False)]
)
def test_too_little_to_judge(count: int, asked: int, too_little: bool) -> None:
    """It is said, as a warning, exactly where the mathematics counts in part only."""
    submission = Student(iterations=count).judged(replace(ASKED, iterations=asked))
    assert ("gradients" in lost(submission)) is too_little
    assert submission.status is Status.INCOMPLETE
    (finding,) = submission.findings
    assert ("too little to judge" in finding.message) is too_little
    assert not errors(submission)


def test_few_iterations_are_right_where_few_are_asked() -> None:
    """Five of five iterations are all that was asked."""
    submission = Student(iterations=5).judged(replace(ASKED, iterations=5))
    assert (submission.status, submission.findings) == (Status.RIGHT, ())


def test_an_error_outweighs_what_is_missing() -> None:
    """Too short a table with a wrong formula is wrong; what is missing is told all the same."""
    student = Student(iterations=6)
    student.replace("o1", "+", "-")
    submission = student.judged()
    assert submission.status is Status.WRONG
    assert {finding.code for finding in submission.findings} == {Code.WRONG_SIGN, Code.TOO_FEW_ITERATIONS}


def test_a_short_table_beside_a_long_one() -> None:
    """It is a warning, and the submission incomplete."""
    student = Student()
    Student(sheet="Short", rate=2.0, iterations=5, book=student.book)
    submission = student.judged()
    assert submission.status is Status.INCOMPLETE
    (finding,) = with_code(submission, Code.TOO_FEW_ITERATIONS)
    assert (finding.severity, finding.sheet) == (Severity.WARNING, "Short")
    assert reason(submission, "iterations") == "5 of 12 (in 1 of 2 tables)"


def test_rates_that_are_not_covered() -> None:
    """Rates without a table and without a comparison are told together and cost their share."""
    submission = Student().judged(THREE_RATES)
    (finding,) = submission.findings
    assert (finding.code, finding.severity) == (Code.RATE_NOT_COVERED, Severity.WARNING)
    assert finding.expected == "0.1, 2"
    assert submission.status is Status.INCOMPLETE
    assert reason(submission, "learning_rates") == "1 of 3 covered; not 0.1, 2"
    assert lost(submission) == {"learning_rates": pytest.approx(1 / 3, abs=2e-3)}


def test_rates_covered_by_tables() -> None:
    """A table per rate covers the sweep, also two tables on one sheet."""
    student = Student()
    Student(header=30, rate_cell="B28", rate=0.1, book=student.book)
    Student(sheet="fast", rate=2.0, book=student.book)
    assert not student.judged(THREE_RATES).findings


@pytest.mark.parametrize("headings", [("η = 0.1", "η = 2"), (0.1, 2.0), ("LR 0.1", "LR 2.0"), ("0.1", "E (2)")])
@pytest.mark.parametrize("apart", [False, True], ids=["beside the table", "on a sheet of its own"])
def test_rates_covered_by_comparison(headings: tuple[str | float, str | float], apart: bool) -> None:
    """Columns of errors under the rates' headings cover the sweep, wherever they stand."""
    student = Student()
    target = Student(columns=[], rate_cell="", chart=False, sheet="Compare" if apart else "Sheet1", book=student.book)
    for rate, heading, cell in zip((0.1, 2.0), headings, ("AH2", "AI2"), strict=True):
        sweep(target, rate, heading, cell)
    assert not student.judged(THREE_RATES).findings


def test_comparison_that_runs_to_the_right() -> None:
    """Errors to the right of the rates cover the sweep as columns do."""
    student = Student()
    for row, rate in ((40, 0.1), (41, 2.0)):
        student[f"A{row}"] = f"η = {rate}"
        for k, error in enumerate(descent(student.given, rate, 12)["E_total"]):
            student[f"{chr(66 + k)}{row}"] = float(error)
    assert not student.judged(THREE_RATES).findings


def test_comparison_with_wrong_numbers() -> None:
    """Errors under a rate's heading that are not those of that rate are a warning with their cells."""
    student = Student()
    sweep(student, 0.1, "η = 0.1", "AH2")
    sweep(student, 0.3, "η = 2", "AI2")
    submission = student.judged(THREE_RATES)
    (finding,) = submission.findings
    assert (finding.code, finding.sheet, finding.cells) == (Code.RATE_NOT_COVERED, "Sheet1", "AI3:AI14")
    assert "2 are not the errors at that rate" in finding.message
    assert lost(submission) == {"learning_rates": pytest.approx(2 / 3, abs=2e-3)}


def test_comparison_follows_the_students_own_values() -> None:
    """Comparison columns are judged from the student's own initial values, whose difference is told by itself."""
    student = Student(given=ASKED.given | {"w1": 0.9})
    sweep(student, 0.1, "η = 0.1", "AH2")
    sweep(student, 2.0, "η = 2", "AI2")
    assert [finding.code for finding in student.judged(THREE_RATES).findings] == [Code.INITIAL_VALUES]


def test_no_chart() -> None:
    """A workbook without a chart is told as such and loses the chart's points."""
    submission = Student(chart=False).judged()
    (finding,) = submission.findings
    assert (finding.code, finding.severity) == (Code.CHART_MISSING, Severity.WARNING)
    assert submission.status is Status.INCOMPLETE
    assert lost(submission) == {"chart": 0}


def test_a_chart_of_weights_is_none_of_the_error() -> None:
    """What is charted instead is told, and earns nothing."""
    student = Student(chart=False)
    student.book.charts = [("Sheet1", student.cells("w1"))]
    submission = student.judged()
    assert [finding.code for finding in submission.findings] == [Code.CHART_MISSING]
    assert "what is charted is w1" in submission.findings[0].message
    assert lost(submission) == {"chart": 0}


@pytest.mark.parametrize(("area", "short"), [("W4:W15", False), ("W5:W15", False), ("W3:W40", False), ("W4:W9", True)])
def test_chart_shows_the_whole_table(area: str, short: bool) -> None:
    """A chart of some rows only is a warning that names both and costs half; one that shows more is not."""
    student = Student(chart=False)
    student.book.charts = [("Sheet1", area)]
    submission = student.judged()
    found = with_code(submission, Code.CHART_SHORT)
    assert submission.findings == tuple(found)
    assert bool(found) is short
    assert lost(submission) == ({"chart": 0.5} if short else {})
    if short:
        assert "rows 4 to 9; the table has rows 4 to 15" in found[0].message


def test_tables_pasted_from_a_live_one_cost_live_only() -> None:
    """Of two tables, one of them what the other showed at another rate, half of the live points are lost."""
    student = Student()
    other = Student(sheet="Pasted", rate=2.0, book=student.book)
    for key in other.columns:
        if key not in ("t1", "t2", "i1", "i2"):
            other.typed(key)
    submission = student.judged()
    assert [table.live for table in submission.tables] == [True, False]
    assert [finding.code for finding in submission.findings] == [Code.NOT_LIVE]
    assert submission.status is Status.INCOMPLETE
    assert lost(submission) == {"live": 0.5}
    assert reason(submission, "live") == "pasted (in 1 of 2 tables)"


@pytest.mark.parametrize(
    ("key", "criterion", "of"),
    [("o1", "forward", 8), ("E2", "error", 3), ("dE_dw4", "gradients", 8), ("w8", "updates", 8)],
)
def test_a_wrong_column_costs_its_share(key: str, criterion: str, of: int) -> None:
    """One wrong column loses its share of one criterion and of no other, and the reason names it."""
    student = Student()
    student.fill(key, f"{student.equation(key)}*1.5")
    submission = student.judged()
    assert lost(submission) == {criterion: pytest.approx(1 - 1 / of, abs=1e-3)}
    assert reason(submission, criterion) == f"wrong: {NETWORK.label(key)}"


def test_the_rubric_weighs() -> None:
    """Points are the template's; a criterion with none is left out; the lines add up to the score."""
    rubric = dict.fromkeys(CRITERIA, 0.0) | {"forward": 7.0, "chart": 3.5, "updates": 1.0}
    student = Student(chart=False)
    student.replace("w1", "-lr", "+lr")
    submission = student.judged(replace(ASKED, rubric=rubric))
    lines = {line.criterion: (line.points, line.max_points) for line in submission.score_lines}
    assert lines == {"forward": (7, 7), "chart": (0, 3.5), "updates": (0.88, 1)}
    assert (submission.score, submission.max_score) == (7.88, 11.5)
    assert submission.score == round(sum(line.points for line in submission.score_lines), 2)


def test_warnings_leave_a_submission_incomplete_and_errors_make_it_wrong() -> None:
    """What the assignment asks and is not there is told in warnings; one error makes it wrong."""
    student = Student(given=ASKED.given | {"w1": 0.9}, chart=False)
    student.typed("h1", at=3)
    submission = student.judged(replace(THREE_RATES, iterations=50))
    assert {finding.severity for finding in submission.findings} == {Severity.WARNING}
    assert len(submission.findings) == 5
    assert submission.status is Status.INCOMPLETE
    student.replace("h2", "+", "-", at=11)
    assert student.judged().status is Status.WRONG


def test_errors_come_first() -> None:
    """Findings come by their weight: errors, warnings, notes."""
    student = Student(chart=False)
    student.replace("E_total", "+", "-")
    submission = student.judged(THREE_RATES)
    assert [f.severity for f in submission.findings] == [Severity.ERROR, Severity.WARNING, Severity.WARNING]


def test_what_is_no_workbook(tmp_path: Path) -> None:
    """A file that cannot be opened is unreadable, has no points, and says why; validate returns it as a result."""
    path = tmp_path / "notes.xlsx"
    path.write_bytes(b"%PDF-1.7")
    (submission,) = validate(paths=[path], workers=1).submissions
    assert submission.status is Status.UNREADABLE
    assert (submission.score, submission.max_score) == (0, 100)
    assert [finding.code for finding in submission.findings] == [Code.UNREADABLE]
    assert "PDF" in submission.findings[0].message


def test_tolerances_say_how_near_given_numbers_must_be() -> None:
    """A rate and an initial weight that are off by a thousandth are as asked where the template allows a hundredth."""
    student = Student(rate=0.5005)
    student.fill("w3", float(student.numbers["w3"][0]) * 1.001, at=0)
    lenient = replace(ASKED, tolerances=Tolerances(given=1e-2))
    told = {Code.INITIAL_VALUES, Code.RATE_NOT_COVERED}
    assert {finding.code for finding in student.judged().findings} >= told
    assert not {finding.code for finding in student.judged(lenient).findings} & told


def test_tolerances_say_how_near_typed_numbers_must_be() -> None:
    """A typed number that is off by a ten-thousandth is wrong, or right where the template allows a thousandth."""
    student = Student()
    student.fill("a_h1", float(student.numbers["a_h1"][3]) * 1.0001, at=3)
    lenient = replace(ASKED, tolerances=Tolerances(typed=1e-3))
    assert student.judged().status is Status.WRONG
    assert student.judged(lenient).status is Status.INCOMPLETE
    assert lost(student.judged(lenient)) == {"forward": pytest.approx(1 - 1 / 8 / 12, abs=1e-3)}
