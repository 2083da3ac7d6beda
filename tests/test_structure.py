"""Tables in other layouts than rows under headings are the same tables: right ones right, mistakes in their cells."""

import dataclasses
from collections.abc import Callable

import pytest

from sheetprop.submission.findings import Code, Severity, Status, Submission
from tests.layouts import (
    Laid,
    banded,
    headed_blocks,
    in_pairs,
    labelled,
    labelled_sheets,
    rows_apart,
    sheet_each,
    three_sheets,
)
from tests.student import (
    FORWARD,
    GRADIENTS,
    HANDOUT,
    WEIGHTS,
    Student,
    addresses,
    errors,
    only_error,
    with_code,
)

LAYOUTS: dict[str, Callable[[], Laid]] = {
    "every second row": rows_apart,
    "every fourth row": lambda: rows_apart(4),
    "blocks of one": headed_blocks,
    "blocks of three": lambda: headed_blocks(3),
    "a sheet each": sheet_each,
    "a sheet each, labels": labelled_sheets,
    "labels, blocks below": labelled,
    "labels, blocks to the right": lambda: labelled(below=False),
    "labels, inputs once": lambda: labelled(given_once=True),
    "bands": banded,
    "three sheets": three_sheets,
    "pairs": in_pairs,
}


@pytest.fixture(params=LAYOUTS.values(), ids=list(LAYOUTS))
def laid(request: pytest.FixtureRequest) -> Laid:
    """A right table in some layout."""
    made: Laid = request.param()
    return made


def test_a_right_table_is_right(laid: Laid) -> None:
    """However it is laid out, it is one table with all its iterations and quantities, and nothing in it is wrong."""
    submission = laid.judged()
    (table,) = submission.tables
    assert table.iterations == laid.iterations
    assert set(table.columns) >= {key for key in HANDOUT if key[0] not in "ti"}
    assert [finding.code for finding in submission.findings] == [Code.CHART_MISSING]
    (chart,) = (line for line in submission.score_lines if line.criterion == "chart")
    assert submission.score == submission.max_score - chart.max_points


def test_a_mistake_is_told_at_its_cell(laid: Laid) -> None:
    """One formula that is wrong at one iteration is told there, and nowhere else."""
    submission = dataclasses.replace(laid, wrong={("o2", 5): "=w7*a_h1-w8*a_h2"}).judged()
    (finding,) = errors(submission)
    assert submission.status is Status.WRONG
    assert (finding.quantity, finding.code) == ("o2", Code.WRONG_SIGN)
    assert (finding.sheet, finding.cells) == laid.cell("o2", 5)


def test_an_update_from_the_wrong_iteration(laid: Laid) -> None:
    """A weight that is updated with its own iteration's gradient is told, at its cell."""
    submission = dataclasses.replace(laid, wrong={("w6", 4): "=w6[-1]-lr*dE_dw6[-2]"}).judged()
    (finding,) = errors(submission)
    assert (finding.quantity, finding.code) == ("w6", Code.WRONG_ROW)
    assert (finding.sheet, finding.cells) == laid.cell("w6", 4)


def test_a_mistake_everywhere_is_told_everywhere(laid: Laid) -> None:
    """A formula that is wrong at each iteration is told with all its cells."""
    wrong = {("dE_dw3", k): "=(dE_dw5/a_h1*w6+dE_dw7/a_h1*w8)*a_h1*(1-a_h2)*i1" for k in range(laid.iterations)}
    found = errors(dataclasses.replace(laid, wrong=wrong).judged())
    assert {finding.quantity for finding in found} == {"dE_dw3"}
    told = [(finding.sheet, cell) for finding in found for cell in addresses(finding.cells or "")]
    assert sorted(told, key=str) == sorted((laid.cell("dE_dw3", k) for k in range(laid.iterations)), key=str)


def left_out(submission: Submission) -> list[str | None]:
    """The sheets of the tables that are left out of the count, each of which a note tells."""
    notes = with_code(submission, Code.LEFT_OUT)
    assert all(note.severity is Severity.NOTE for note in notes)
    return [note.sheet for note in notes]


def test_a_row_that_was_tried_out_costs_nothing() -> None:
    """One row on another sheet, right or wrong, is left out beside a table of many, and said to be."""
    student = Student()
    other = Student(sheet="Scratch", rate_cell="", chart=False, iterations=1, book=student.book)
    for formula in (None, "=w1*i1-w2*i2"):
        if formula:
            other.fill("h1", formula)
        submission = student.judged()
        assert left_out(submission) == ["Scratch"]
        assert submission.score == submission.max_score
        assert submission.status is Status.RIGHT
        assert [table.sheet for table in submission.tables] == ["Sheet1"]


def test_an_empty_hand_out_costs_nothing() -> None:
    """The file as it was handed out, kept beside the one that was filled in, is left out."""
    student = Student()
    blank = Student(sheet="As given", chart=False, book=student.book)
    for key in (*WEIGHTS, *FORWARD, *GRADIENTS):
        for k in range(int(key in WEIGHTS), 12):
            del blank.own[blank.cell(key, k)]
    submission = student.judged()
    assert left_out(submission) == ["As given"]
    assert submission.score == submission.max_score


def test_a_copy_counts_once() -> None:
    """A copied sheet has the same mistake; it is told where it was first made, and costs once."""
    student = Student()
    student.replace("o1", "+", "-")
    student.book.sheets["Sheet1 (2)"] = dict(student.own)
    submission = student.judged()
    assert left_out(submission) == ["Sheet1 (2)"]
    assert only_error(submission).sheet == "Sheet1"


def test_a_table_that_was_given_up_costs_nothing() -> None:
    """A few iterations, wrong at that, are left out beside a right table at the same rate, and count beside a wrong."""
    student = Student()
    other = Student(sheet="First try", chart=False, iterations=4, book=student.book)
    other.replace("o1", "+", "-")
    submission = student.judged()
    assert left_out(submission) == ["First try"]
    assert submission.score == submission.max_score
    student.replace("o2", "+", "-")
    submission = student.judged()
    assert not left_out(submission)
    assert {finding.sheet for finding in errors(submission) if finding.quantity} == {"Sheet1", "First try"}


def test_a_few_iterations_at_another_rate_count() -> None:
    """What was asked for several rates and done for one is not left out."""
    student = Student()
    Student(sheet="LR 2", rate=2.0, chart=False, iterations=4, book=student.book)
    submission = student.judged()
    assert not left_out(submission)
    assert len(submission.tables) == 2


@pytest.mark.parametrize("formula", ["={key}[-1]", "={key}[-1]+lr*dE_d{key}[-1]"], ids=["standing still", "uphill"])
def test_a_wrong_table_counts(formula: str) -> None:
    """A whole table that is wrong beside a right one counts, also where its weights do not move at all."""
    student = Student()
    other = Student(sheet="Wrong", chart=False, book=student.book)
    for key in WEIGHTS:
        other.fill(key, formula.format(key=key))
    submission = student.judged()
    assert not left_out(submission)
    assert {finding.quantity for finding in errors(submission)} == {*WEIGHTS}
    assert submission.score < submission.max_score


def test_the_class_file_beside_the_own_table_costs_nothing() -> None:
    """The numbers of the lesson on another sheet, right or wrong, beside a right table of those asked."""
    own = Student(iterations=12, chart=False)
    given = {key: value + 0.125 for key, value in own.given.items()}
    lesson = Student(iterations=12, chart=False, sheet="Lesson", given=given, book=own.book)
    lesson.replace("dE_dw3", "a_h2", "a_h1")
    submission = own.judged()
    assert not errors(submission)
    assert [table.sheet for table in submission.tables] == [own.sheet]
    (note,) = [finding for finding in submission.findings if finding.code is Code.LEFT_OUT]
    assert "starts from other numbers than asked" in note.message
