"""Full marks are earned: no attack gets them, each is told for what it is, and honest sheets keep theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from sheetprop.assigned import Assigned, Entry
from sheetprop.assignment import Assignment
from sheetprop.handout import HandoutRecord
from sheetprop.submission.findings import Code, Status, Submission
from sheetprop.submission.grade.mathematics import SHARED_OUT
from sheetprop.submission.grade.submission import grade
from tests.adversary.earned import (
    ATTACKS,
    COMPUTED,
    MISTAKES,
    NUMBERS_ALONE,
    TRANSFORMATIONS,
    beside,
    changed,
    hidden,
    in_extension,
    in_style,
    with_wrong,
    without_columns,
    without_rows,
    wrong,
)
from tests.student import ASKED, FORWARD, GIVEN, GRADIENTS, HANDOUT, WEIGHTS, Student, with_code


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_get_no_full_marks(name: str) -> None:
    """Each is told for what it is, and earns nothing for formulas that are none."""
    attack = ATTACKS[name]
    submission = attack.build().judged()
    assert submission.status is attack.status
    told = [finding.message for finding in submission.findings if finding.code is attack.code]
    assert any(attack.says in message for message in told), [finding.message for finding in submission.findings]
    assert submission.score < ASKED.points


@pytest.mark.parametrize("name", NUMBERS_ALONE)
def test_formulas_that_only_their_stored_numbers_speak_for_earn_nothing(name: str) -> None:
    """They are no mistake, but what they earn is what typed numbers earn, and the teacher is told."""
    submission = judged(NUMBERS_ALONE[name]())
    assert submission.status is Status.INCOMPLETE
    assert sum(line.points for line in submission.score_lines if line.criterion in SHARED_OUT) == 0
    assert any("earns no points for formulas" in found.message for found in with_code(submission, Code.NOT_FOLLOWED))


HONEST = {
    "rounded e": "=IFERROR(RIGHT,0)",
    "a condition that always holds for numbers": '=IF(ISNUMBER(i1),RIGHT,"")',
    "a maximum that never cuts": "=MAX(RIGHT,-1000)",
    "a condition on its own value": "=IF(RIGHT>-1000,RIGHT,0)",
    "an unknown function of no effect": "=RIGHT+0*MEDIAN(i1,i2)",
}
"""Formulas in which ``RIGHT`` is the right one, and that are right wherever a network of this kind is trained."""


@pytest.mark.parametrize("name", HONEST)
def test_honest_formulas_that_cannot_be_followed_keep_full_marks(name: str) -> None:
    """What gives the network's numbers with any others put in is right, however it is written."""
    student = Student()
    for key in COMPUTED:
        student.fill(key, HONEST[name].replace("RIGHT", student.equation(key)[1:]))
    submission = student.judged()
    assert submission.status is Status.RIGHT, [finding.message for finding in submission.findings]
    assert submission.score == submission.max_score


def judged(data: bytes) -> Submission:
    """What the validator says of a file."""
    return grade(data, "student.xlsx", ASKED)


HIDING: dict[str, Callable[[bytes], bytes]] = {
    "a hidden sheet": lambda data: hidden(data, "Right"),
    "a very hidden sheet": lambda data: hidden(data, "Right", "veryHidden"),
    "hidden rows": lambda data: without_rows(data, "sheet2"),
    "rows without height": lambda data: without_rows(data, "sheet2", 'ht="0" customHeight="1"'),
    "white on white": lambda data: in_style(data, "sheet2", '<color rgb="FFFFFFFF"/>'),
    "in the colour of the theme's paper": lambda data: in_style(data, "sheet2", '<color theme="0"/>'),
    "hidden columns": lambda data: without_columns(data, "sheet2"),
}


@pytest.mark.parametrize("way", HIDING)
def test_right_tables_out_of_sight_raise_no_score(way: str) -> None:
    """A right table that nobody sees is told with its place, and the shown one earns what it earns alone."""
    alone = with_wrong(Student()).judged()
    submission = judged(HIDING[way](beside(with_wrong(Student()), Student(sheet="Right", chart=False)).book.saved()))
    assert submission.status is Status.WRONG
    assert submission.score == alone.score
    (told,) = with_code(submission, Code.OUT_OF_SIGHT)
    assert told.sheet == "Right"
    assert "is out of sight" in told.message
    assert told.message.endswith("It is judged, but earns no points.")


@pytest.mark.parametrize("way", HIDING)
def test_what_is_shown_is_judged_beside_a_right_table_out_of_sight(way: str) -> None:
    """Also a shown table in which nothing is learned, which alone would be no training and go without saying."""
    alone, student = Student(), Student()
    for each, key in product((alone, student), COMPUTED):
        each.fill(key, "=0.3+0*w1")
    submission = judged(HIDING[way](beside(student, Student(sheet="Right", chart=False)).book.saved()))
    assert submission.status is Status.WRONG
    assert submission.score == alone.judged().score
    assert with_code(submission, Code.OUT_OF_SIGHT)


def test_a_table_out_of_sight_beside_a_list_is_not_said_to_earn_nothing() -> None:
    """It earns what it earns where nothing in sight counts, and is told for where it stands."""
    columns = [*GIVEN, *WEIGHTS, *FORWARD]
    student = Student(columns=columns, equations=dict.fromkeys(WEIGHTS, "=0.99*w1[-1]"), chart=False)
    submission = judged(hidden(beside(student, Student(sheet="Right")).book.saved(), "Right"))
    (told,) = with_code(submission, Code.OUT_OF_SIGHT)
    assert submission.score > ASKED.points / 2
    assert told.message.endswith("its sheet is hidden.")


def test_a_right_table_far_away_raises_no_score() -> None:
    """So does one that stands where nobody scrolls to."""
    far = Student(sheet="Right", chart=False, header=5000, column=300)
    submission = judged(beside(with_wrong(Student()), far).book.saved())
    assert submission.score == with_wrong(Student()).judged().score
    assert with_code(submission, Code.OUT_OF_SIGHT)


def test_hiding_a_wrong_table_raises_no_score() -> None:
    """A wrong table counts wherever it stands."""
    shown = beside(Student(), with_wrong(Student(sheet="Wrong", chart=False))).book.saved()
    before, after = judged(shown), judged(hidden(shown, "Wrong"))
    assert after.score <= before.score
    assert after.status is Status.WRONG


def test_many_equal_right_tables_count_once() -> None:
    """Copies of a right table do not hide a wrong one among them, though they are no copies cell by cell."""
    one = judged(beside(with_wrong(Student()), Student(sheet="R0", chart=False)).book.saved())
    copies = [Student(sheet=f"R{n}", chart=False, equations={"E_total": f"=E1+E2+{n}*0"}) for n in range(6)]
    many = judged(beside(with_wrong(Student()), *copies).book.saved())
    assert many.score == one.score
    assert len([f for f in with_code(many, Code.LEFT_OUT) if "equal tables count once" in f.message]) == 5


def test_weights_that_stand_still_are_judged() -> None:
    """A shown table in which nothing is learned is not left out beside a right one that nobody sees."""
    columns = [key for key in HANDOUT if key not in GRADIENTS]
    still = Student(columns=columns, equations={key: f"={key}[-1]" for key in WEIGHTS})
    data = beside(still, Student(sheet="Right", chart=False)).book.saved()
    submission = judged(hidden(data, "Right", "veryHidden"))
    assert submission.status is Status.WRONG
    assert {table.sheet for table in submission.tables} == {"Sheet1", "Right"}


def test_a_workbook_whose_tables_are_all_hidden_keeps_its_points() -> None:
    """Nothing is lost by what the teacher is told: there is nothing else to judge."""
    student = beside(Student(), Student(sheet="Last", chart=False))
    submission = judged(hidden(hidden(student.book.saved(), "Sheet1"), "Last"))
    assert submission.score == submission.max_score
    assert len(with_code(submission, Code.OUT_OF_SIGHT)) >= 1


def test_helpers_on_a_hidden_sheet_are_fine() -> None:
    """A shown table may take its inputs from a sheet that is hidden."""
    student = Student()
    student.book.sheets["Parameters"] = {"A1": "η", "B1": 0.5}
    for key in WEIGHTS:
        student.fill(key, f"={key}[-1]-Parameters!$B$1*dE_d{key}[-1]")
    submission = judged(hidden(student.book.saved(), "Parameters"))
    assert submission.status is Status.RIGHT
    assert submission.score == submission.max_score


def test_cells_in_an_extension_are_none() -> None:
    """What no program shows is no table."""
    submission = judged(in_extension(Student().book.saved(), "sheet1"))
    assert submission.status is Status.INCOMPLETE
    assert with_code(submission, Code.NO_TABLE)


def forged(assignment: Assignment, student: Student, **changes: object) -> Submission:
    """What a workbook gets that has the line of a hand-out which asks for something else."""
    record = HandoutRecord.of(replace(assignment, **changes))
    student.book.sheets["Record"] = {"A1": record.to_text()}
    return grade(student.book.saved(), "student.xlsx", assignment)


ASKED_OF_ALL = replace(ASKED, learning_rates=(0.1, 0.5), iterations=100)


def test_a_forged_line_does_not_say_what_was_asked() -> None:
    """Neither fewer iterations and learning rates nor easy numbers: the template decides, and it is told."""
    plain = grade(Student().book.saved(), "student.xlsx", ASKED_OF_ALL)
    submission = forged(ASKED_OF_ALL, Student(), learning_rates=(0.5,), iterations=12)
    assert submission.score == plain.score < ASKED_OF_ALL.points
    (told,) = with_code(submission, Code.OTHER_HANDOUT)
    assert "names 12 iterations (the template: 100) and the learning rates 0.5 (the template: 0.1, 0.5)" in told.message


def test_a_forged_line_names_no_numbers_that_nobody_has() -> None:
    """Numbers outside of the template's ranges are judged as what they are, other initial values."""
    easy = ASKED.given | dict.fromkeys(WEIGHTS, 0.001)
    submission = forged(ASKED, Student(given=easy), weights=(0.001,) * 8)
    assert submission.score < ASKED.points
    assert with_code(submission, Code.INITIAL_VALUES)
    (told,) = with_code(submission, Code.OTHER_HANDOUT)
    assert "names weights that the template gives to nobody" in told.message


def test_a_line_with_numbers_that_the_template_gives_is_believed() -> None:
    """A hand-out from before, without a list, is judged by its own numbers."""
    own = ASKED.given | {f"w{n}": n / 10 for n in range(1, 9)}
    submission = forged(ASKED, Student(given=own), weights=tuple(n / 10 for n in range(1, 9)))
    assert (submission.status, submission.score) == (Status.RIGHT, ASKED.points)
    assert not with_code(submission, Code.OTHER_HANDOUT)


@pytest.mark.parametrize("key", MISTAKES)
@pytest.mark.parametrize("name", TRANSFORMATIONS)
def test_no_transformation_raises_the_score_of_a_wrong_workbook(name: str, key: str) -> None:
    """Whatever is done to a wrong workbook but mending it, it earns no more than it did, and is not right."""
    before, after = wrong(key).judged(), judged(TRANSFORMATIONS[name](key))
    assert after.score <= before.score, [finding.message for finding in after.findings]
    assert after.status is not Status.RIGHT


def test_a_line_of_nobody_in_the_list_is_not_believed() -> None:
    """With a list of who has which numbers, a line that names somebody else asks for nothing, and is told."""
    own = ASKED.given | {f"w{n}": n / 10 for n in range(1, 9)}
    student, listed = Student(given=own), Assigned((Entry("s1", "", "", "", "", dict(ASKED.given)),))
    record = HandoutRecord.of(ASKED.with_given(own), Entry("s9", "Somebody", "", "", "", own))
    student.book.sheets["Record"] = {"A1": record.to_text()}
    submission = grade(student.book.saved(), "student.xlsx", ASKED, listed)
    assert submission.score < ASKED.points
    (told,) = with_code(submission, Code.OTHER_HANDOUT)
    assert "names the student s9, for whom the list of assigned numbers has none" in told.message


KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("key", "numbers_of"), [(KEY, "s1"), (None, None), (bytes(32), None)], ids=["signed", "unsigned", "another key"]
)
def test_a_line_that_the_teacher_did_not_sign_is_told(key: bytes | None, numbers_of: str | None) -> None:
    """It does not say whose a submission is, whatever its checksum; with the list's signature it does."""
    listed = Assigned((Entry("s1", "Ana", "", "", "", dict(ASKED.given)),), KEY)
    nobodys = dict.fromkeys(ASKED.given, 0.77)
    student = Student(given=nobodys)
    record = HandoutRecord.of(ASKED.with_given(nobodys), listed.entries[0])
    student.book.sheets["Record"] = {"A1": record.to_text(key)}
    submission = grade(student.book.saved(), "student.xlsx", ASKED, listed)
    assert submission.numbers_of == numbers_of
    told = [finding.message for finding in with_code(submission, Code.OTHER_HANDOUT)]
    assert len(told) == (numbers_of is None)
    assert all("not signed with the key of the list of assigned numbers" in message for message in told)


def test_a_forged_line_is_told_beside_the_own_numbers() -> None:
    """Also where the numbers show whose it is, and nothing is asked of the line."""
    listed = Assigned((Entry("s1", "Ana", "", "", "", dict(ASKED.given)),), KEY)
    student = Student()
    student.book.sheets["Record"] = {"A1": HandoutRecord.of(replace(ASKED, iterations=3)).to_text()}
    submission = grade(student.book.saved(), "student.xlsx", ASKED, listed)
    assert (submission.numbers_of, submission.score) == ("s1", ASKED.points)
    assert len(with_code(submission, Code.OTHER_HANDOUT)) == 1


def test_a_formula_of_another_file_does_not_keep_the_engine_from_the_others() -> None:
    """It is only left out: what comes to an error in its cell is still seen, and right formulas are still right."""

    def with_one(student: Student) -> Submission:
        student["AZ5"] = "=NA()+77777"
        data = student.book.saved()
        return judged(changed(data, "xl/worksheets/sheet1.xml", lambda xml: xml.replace("NA()+77777", "[1]Key!A1")))

    assert with_one(Student()).status is Status.RIGHT
    student = Student()
    student["AZ1"] = "=NA()"
    student.fill("o1", "=IFERROR(w5*a_h1+w6*a_h2+0*$AZ$1,0.5)")
    student.book.stored = Student().book.computed
    submission = with_one(student)
    assert [finding.quantity for finding in with_code(submission, Code.ONLY_HERE)] == ["o1"]


def test_a_name_that_needs_itself_is_no_nothing() -> None:
    """Though it is multiplied by 0: Excel shows an error in the cell and in all that follow."""
    student = Student()
    student.book.names.update({"aa": "bb", "bb": "aa"})
    student.fill("h1", "=w1*i1+w2*i2+0*aa")
    submission = student.judged()
    (told,) = with_code(submission, Code.ERROR_VALUE)
    assert told.message == "h1 shows #NAME?. Its formula was not followed: the name aa needs itself."
    assert submission.score < ASKED.points / 2
