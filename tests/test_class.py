"""A whole class, as a teacher has it: from the roster to hand-outs, to submissions, to the school's own gradebook."""

import csv
import io
import json
import os
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from sheetprop import validate
from sheetprop.assigned import read_assigned
from sheetprop.submission.findings import Code, Status
from tests.classroom import (
    ABSENT,
    BROKEN,
    CANVAS,
    CLASS,
    COLUMN,
    COPIED,
    COPIER,
    MISTAKES,
    MOODLE,
    ROSTER,
    fill,
    filled,
    write_school,
)
from tests.conftest import Call

TEMPLATE = "iterations = 10\nlearning_rates = [0.5]\n"


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the school's files, the homework of a class of forty, and the archive of what it handed in."""
    from sheetprop import assign

    folder = tmp_path_factory.mktemp("school")
    write_school(folder)
    (folder / "homework.toml").write_text(TEMPLATE)
    assign(roster=folder / ROSTER, output=folder / "homework", template=folder / "homework.toml")
    fill(folder / "homework", folder / "submissions.zip")
    return folder


@pytest.fixture(scope="module")
def judged(school: Path) -> Path:
    """The report on the class, with Canvas's gradebook filled."""
    validate(
        paths=[school / "submissions.zip"],
        template=school / "homework.toml",
        assigned=school / "homework",
        gradebook=school / CANVAS,
        column="Backpropagation",
        report=school / "feedback",
    )
    return school / "feedback"


def table(path: Path) -> list[list[str]]:
    """The cells of a CSV file."""
    return list(csv.reader(io.StringIO(path.read_text("utf-8"))))


def test_every_grade_arrives_in_the_schools_export(school: Path, judged: Path) -> None:
    """Right hand-outs have all points, wrong ones less, who handed in nothing or a broken file keeps an empty cell."""
    before, after = table(school / CANVAS), table(judged / "canvas-export-filled.csv")
    column = before[0].index(COLUMN)
    grades = {row[2]: row[column] for row in after[2:-1]}
    for n, learner in enumerate(CLASS):
        if n in (ABSENT, BROKEN):
            assert grades[learner.id] == ""
        elif n == COPIER:  # another's numbers keep no points, unless the template says otherwise
            assert grades[learner.id] == "0"
        elif n in MISTAKES:
            assert 85 < float(grades[learner.id]) < 100
        else:
            assert grades[learner.id] == "100"


def test_every_other_cell_of_the_export_is_as_it_was(school: Path, judged: Path) -> None:
    """Without the grades' cells, the two files have the same bytes."""
    before = (school / CANVAS).read_bytes().splitlines(keepends=True)
    after = (judged / "canvas-export-filled.csv").read_bytes().splitlines(keepends=True)
    column = table(school / CANVAS)[0].index(COLUMN)
    assert before != after
    assert [_without(line, column) for line in before] == [_without(line, column) for line in after]


def _without(line: bytes, column: int) -> list[bytes]:
    """A line's bytes but for those of a column; a quoted name has one comma more than it has cells."""
    cells = line.split(b",")
    del cells[column + (b'"' in line)]
    return cells


def test_the_gradebook_lists_every_student(judged: Path) -> None:
    """The sheet "Students" has all forty, with score, file and what is to be looked into."""
    sheet = openpyxl.load_workbook(judged / "gradebook.xlsx")["Students"]
    rows = {row[1]: row for row in sheet.iter_rows(min_row=5, values_only=True) if row[1]}
    assert set(rows) == {learner.number for learner in CLASS}
    assert rows[CLASS[ABSENT].number][6] == "handed in nothing"
    assert rows[CLASS[BROKEN].number][6] == "1 submission cannot be opened: not graded"
    assert rows[CLASS[COPIER].number][6] == f"uses the numbers of {CLASS[COPIED].name} ({CLASS[COPIED].number})"
    assert rows[CLASS[0].number][2] == 100
    assert all(row[5] in (None, "by Canvas's user ID") for row in rows.values())


def test_the_first_sheet_of_the_gradebook_has_names(judged: Path) -> None:
    """Grades are listed by students' names, and print on landscape pages as wide as the names and points."""
    sheet = openpyxl.load_workbook(judged / "gradebook.xlsx").worksheets[0]
    header = next(row for row in sheet.iter_rows(values_only=True) if "submission" in row)
    assert header[0] == "name"
    heading = int(sheet.print_title_rows.rpartition("$")[2])
    names = [row[0].value for row in sheet.iter_rows(min_row=heading + 1)]
    assert set(names) == {learner.name for n, learner in enumerate(CLASS) if n != ABSENT}
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    printed = range(1, openpyxl.utils.cell.range_boundaries(str(sheet.print_area).rpartition("!")[2])[2] + 1)
    letters = [openpyxl.utils.get_column_letter(column) for column in printed]
    widths = [next(d.width for d in sheet.column_dimensions.values() if d.min <= n <= d.max) for n in printed]
    assert header[len(letters) - 1] == "warnings"
    assert sum(widths) < 200  # characters of 11 points; A4 across has room for 145


def test_pages_name_the_student(judged: Path) -> None:
    """A page begins with the assignment, and then says whose it is."""
    (own,) = (judged / "submissions").glob(f"*_{CLASS[0].number}_*")
    page = (own / "feedback.html").read_text("utf-8")
    assert "<h1>Backpropagation, step by step</h1>" in page
    assert f"<title>Backpropagation, step by step: {CLASS[0].name}</title>" in page


def test_feedback_names_no_folder_of_the_teacher(school: Path, judged: Path) -> None:
    """What a student may be given has the name of the file, and nothing of where it lay."""
    given = [path for path in (judged / "submissions").rglob("*") if path.is_file() and path.name != "judgement.json"]
    assert {path.suffix for path in given} == {".html", ".json", ".xlsx"}
    for path in given:
        packed = zipfile.is_zipfile(path)
        parts = (
            [zipfile.ZipFile(path).read(name) for name in zipfile.ZipFile(path).namelist()]
            if packed
            else [path.read_bytes()]
        )
        assert not [part for part in parts if str(school).encode() in part or b"submissions.zip" in part], path


def test_the_student_is_not_told_whose_numbers_they_are(judged: Path) -> None:
    """Who uses another's numbers reads that, and neither name nor id of the other, whom only the teacher sees."""
    (own,) = (judged / "submissions").glob(f"*_{CLASS[COPIER].number}_*")
    page = (own / "feedback.html").read_text("utf-8")
    assert "are those of another student" in page
    without_file_name = page.replace(own.name, "")
    assert CLASS[COPIED].number not in without_file_name
    assert CLASS[COPIED].name not in without_file_name


def test_the_copied_hand_out_is_a_question_to_look_into(judged: Path) -> None:
    """The sheet "Look into" has the pair of the student and the one whose numbers were used."""
    sheet = openpyxl.load_workbook(judged / "gradebook.xlsx")["Look into"]
    pairs = [{str(row[0]), str(row[1])} for row in sheet.iter_rows(min_row=5, values_only=True) if row[1]]
    both = {CLASS[COPIER].number, CLASS[COPIED].number}
    assert any(all(any(number in name for name in pair) for number in both) for pair in pairs)


def test_moodles_worksheet_gets_grades_comments_and_files(school: Path, call_sheetprop: Call) -> None:
    """With Moodle's names the same class fills Moodle's worksheet, and its feedback is packed as Moodle takes it."""
    homework = school / "homework"
    entries = read_assigned(homework).entries[:4]
    with zipfile.ZipFile("moodle.zip", "w") as archive:
        for learner, entry in zip(CLASS, entries, strict=False):
            data = filled(homework, entry, *MISTAKES.get(CLASS.index(learner), (None, str)))
            archive.writestr(f"{learner.name}_{learner.number}_assignsubmission_file_/homework.xlsx", data)
        archive.writestr("Someone Else_99_assignsubmission_file_/homework.xlsx", b"")
    done = call_sheetprop(
        "validate", "moodle.zip", "-t", str(school / "homework.toml"), "-a", str(homework), "-r", "feedback",
        "-g", str(school / MOODLE), "--json",
    )  # fmt: skip
    found = json.loads(done.stdout)["class"]
    assert [student["score"] for student in found["students"][:3]] == [100, 100, found["students"][2]["score"]]
    assert [item["path"] for item in found["unmatched"]] == [
        "moodle.zip/Someone Else_99_assignsubmission_file_/homework.xlsx"
    ]
    headings, *rows = table(Path("feedback/moodle-worksheet-filled.csv"))
    grade, comment = headings.index("Grade"), headings.index("Feedback comments")
    assert [bool(row[grade]) for row in rows] == [True] * 4 + [False] * 36
    assert rows[2][comment].startswith("Wrong, ")
    assert "E_total" in rows[2][comment]
    with zipfile.ZipFile("feedback/moodle-feedback.zip") as archive:
        first = f"{CLASS[0].name}_{CLASS[0].number}_assignsubmission_file_"
        assert {f"{first}/feedback.xlsx", f"{first}/feedback.html"} <= set(archive.namelist())
        assert len(archive.namelist()) == 8


def test_a_student_can_be_named(school: Path) -> None:
    """With a student's id or e-mail, whatever the file is called, it is judged by that student's numbers."""
    entry = read_assigned(school / "homework").entries[3]
    path = school / "somehow.xlsx"
    path.write_bytes(filled(school / "homework", entry))
    settings = {"paths": [path], "template": school / "homework.toml", "assigned": school / "homework"}
    (own,) = validate(**settings, student=entry.email).submissions
    assert (own.status, own.student, own.numbers_of, own.score) == (Status.RIGHT, entry.id, entry.id, 100)
    (other,) = validate(**settings, student="s1001").submissions
    assert Code.OTHER_STUDENTS_NUMBERS in {finding.code for finding in other.findings}
    assert (other.status, other.score) == (Status.INCOMPLETE, 0)
    assert {line.reason for line in other.score_lines} == {"another student's numbers"}
    lenient = school / "lenient.toml"
    kept = f"{(school / 'homework.toml').read_text('utf-8')}\n[rubric]\nother_students_numbers = 0.5\n"
    lenient.write_text(kept, encoding="utf-8")
    (half,) = validate(**settings | {"template": lenient}, student="s1001").submissions
    assert (half.status, half.score) == (Status.INCOMPLETE, 47.5)
    (told,) = [finding for finding in half.findings if finding.code is Code.OTHER_STUDENTS_NUMBERS]
    assert told.message.endswith("it earns 50 % of its points.")


def test_a_submission_without_a_name_is_known_by_its_numbers(school: Path) -> None:
    """Where only one file uses a student's numbers it is taken for theirs, and the teacher is told how it is known."""
    entry = read_assigned(school / "homework").entries[3]
    path = school / "somehow.xlsx"
    path.write_bytes(filled(school / "homework", entry))
    roll = validate(paths=[path], template=school / "homework.toml", assigned=school / "homework", workers=1).roll
    assert roll is not None
    (pupil,) = [pupil for pupil in roll.pupils if pupil.handed_in]
    assert (pupil.student.id, pupil.score, pupil.remark) == (entry.id, 100, "known by the numbers only")
    assert roll.unmatched == []


def test_a_hand_out_is_judged_by_its_own_numbers_without_any_list(school: Path) -> None:
    """The hand-out itself says which of the numbers that the template allows it asks for."""
    entry = read_assigned(school / "homework").entries[5]
    path = school / "own.xlsx"
    path.write_bytes(filled(school / "homework", entry))
    (own,) = validate(paths=[path], template=school / "homework.toml").submissions
    assert (own.status, own.score, own.numbers_of) == (Status.RIGHT, 100, entry.id)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--gradebook", CANVAS], "--gradebook: a filled copy goes into the report; name its folder with --report"),
        (["--column", "x"], "--column: chooses a column of a gradebook"),
        (["-g", CANVAS, "-r", "f"], "several assignments; choose one with --column"),
        (["-g", CANVAS, "-r", "f", "--column", "Essay"], "20 points, but the rubric gives 100"),
        (["-g", ROSTER, "-r", "f"], "neither Canvas's gradebook (Student, ID, …) nor Moodle's grading worksheet"),
        (["--student", "s1001"], "--student: says whose numbers the submissions have"),
        (["--replace-grades"], "--replace-grades: replaces grades of a gradebook"),
        (["-a", "homework", "--student", "nobody"], "--student: 'nobody' is not in homework"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_judging(
    school: Path, call_sheetprop: Call, monkeypatch: pytest.MonkeyPatch, options: list[str], says: str
) -> None:
    """One line, exit code 2, no report."""
    monkeypatch.chdir(school)
    done = call_sheetprop("validate", "submissions.zip", *options)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert says in done.stderr
    assert not Path("f").exists()


def test_a_blank_hand_out_earns_nothing(school: Path) -> None:
    """What was given is no work of the student's: incomplete, no points, one finding, and it is known whose it is."""
    entry = read_assigned(school / "homework").entries[6]
    (blank,) = validate(paths=[school / "homework" / entry.handout]).submissions
    assert (blank.status, blank.score, blank.numbers_of) == (Status.INCOMPLETE, 0, entry.id)
    (finding,) = blank.findings
    assert finding.code is Code.NOTHING_FILLED


def test_numbers_that_were_changed_do_not_become_those_asked_for(school: Path) -> None:
    """Who changes most numbers of a hand-out is judged by those that were assigned with it."""
    entry = read_assigned(school / "homework").entries[7]
    path = school / "changed.xlsx"
    with zipfile.ZipFile(io.BytesIO(filled(school / "homework", entry))) as package, zipfile.ZipFile(path, "w") as new:
        for name in package.namelist():
            data = package.read(name)
            for key in ("w1", "w2", "w3", "w4", "w5", "w6"):
                data = data.replace(f"<v>{entry.given[key]!r}</v>".encode(), b"<v>0.123</v>")
            new.writestr(name, data)
    settings = {"paths": [path], "template": school / "homework.toml"}
    (own,) = validate(**settings, assigned=school / "homework").submissions
    assert own.numbers_of == entry.id
    (finding,) = [finding for finding in own.findings if finding.code is Code.INITIAL_VALUES]
    assert f"w1 = 0.123 (asked: {entry.given['w1']:.6g})" in finding.message


@pytest.mark.parametrize(
    ("attempts", "share"), [(None, (0, 1)), ("latest", (0, 1)), ("best", (1, 0)), ("mean", (0.5, 0.5))]
)
def test_which_of_several_workbooks_counts(
    school: Path, tmp_path: Path, attempts: str | None, share: tuple[float, float]
) -> None:
    """One right and a later wrong one: the template says which counts; what cannot be opened never does."""
    entry = read_assigned(school / "homework").entries[8]
    for n, (name, data) in enumerate(
        (
            ("z", filled(school / "homework", entry)),
            ("b", filled(school / "homework", entry, "E_total", lambda formula: formula.replace("+", "-"))),
            ("c", b"no workbook"),
        )
    ):
        path = tmp_path / f"{entry.id}_{name}.xlsx"
        path.write_bytes(data)
        os.utime(path, (1.7e9 + n, 1.7e9 + n))
    template = tmp_path / "homework.toml"
    asked = (school / "homework.toml").read_text(encoding="utf-8")
    said = re.sub(r"(?m)^attempts = .*$", f'attempts = "{attempts}"' if attempts else "", asked)
    template.write_text(
        said if "attempts" in asked else f'attempts = "{attempts or "latest"}"\n{asked}', encoding="utf-8"
    )
    result = validate(paths=[tmp_path], template=template, assigned=school / "homework", workers=1)
    scores = {Path(submission.path).stem[-1]: submission.score for submission in result.submissions}
    assert result.roll is not None
    (pupil,) = [pupil for pupil in result.roll.pupils if pupil.handed_in]
    assert scores["z"] == 100 > scores["b"]
    assert pupil.score == round(share[0] * scores["z"] + share[1] * scores["b"], 2)
    word = attempts or "latest"
    assert pupil.remark == f"1 submission cannot be opened: not graded; the {word} of 2 submissions"


def test_of_two_files_with_the_same_numbers_neither_is_taken_for_the_students(school: Path, tmp_path: Path) -> None:
    """Nameless files that use one student's numbers stay without a student, each with the reason."""
    entry = read_assigned(school / "homework").entries[9]
    for name in ("one", "two"):
        (tmp_path / f"{name}.xlsx").write_bytes(filled(school / "homework", entry))
    roll = validate(paths=[tmp_path], template=school / "homework.toml", assigned=school / "homework", workers=1).roll
    assert roll is not None
    assert not [pupil for pupil in roll.pupils if pupil.handed_in]
    assert [Path(each.path).name for each in roll.unmatched] == ["one.xlsx", "two.xlsx"]
    assert "put the ID into the name of the file" in str(roll)


def test_a_student_of_the_list_who_is_not_in_the_export_is_told(school: Path, call_sheetprop: Call) -> None:
    """Nothing is filled in for a student who left the course, and the teacher reads that."""
    entry = read_assigned(school / "homework").entries[0]
    lines = (school / CANVAS).read_text("utf-8").splitlines(keepends=True)
    Path("export.csv").write_text("".join(line for line in lines if entry.id not in line), "utf-8")
    Path(f"{entry.id}.xlsx").write_bytes(filled(school / "homework", entry))
    done = call_sheetprop(
        "validate", f"{entry.id}.xlsx", "-t", str(school / "homework.toml"), "-a", str(school / "homework"),
        "-r", "feedback", "-g", "export.csv", "--column", "Backpropagation",
    )  # fmt: skip
    assert f"{CLASS[0].name} ({entry.id}): is not in the gradebook export" in done.stdout
    assert "0 of 39 grades filled" in done.stdout
    assert Path("feedback/export-filled.csv").read_bytes() == Path("export.csv").read_bytes()


def test_a_hand_out_from_before_is_judged_by_the_list(school: Path, tmp_path: Path) -> None:
    """Where hand-outs were made again elsewhere, the list decides, whatever the old hand-out says, which is told."""
    from sheetprop import assign

    old = read_assigned(school / "homework").entries[11]
    assign(roster=school / ROSTER, output=tmp_path / "new", template=school / "homework.toml", seed=2)
    path = tmp_path / "somehow.xlsx"
    path.write_bytes(filled(school / "homework", old))
    (own,) = validate(paths=[path], template=school / "homework.toml", assigned=tmp_path / "new").submissions
    new = read_assigned(tmp_path / "new").by_id[old.id]
    assert Code.OTHER_HANDOUT in {finding.code for finding in own.findings}
    (finding,) = [finding for finding in own.findings if finding.code is Code.INITIAL_VALUES]
    assert f"w1 = {old.given['w1']:.6g} (asked: {new.given['w1']:.6g})" in finding.message


def test_a_report_goes_on_only_with_what_was_of_the_same_student(school: Path, tmp_path: Path) -> None:
    """Who is said to be another student is judged again, by the other's numbers, though the file is the same."""
    first, other = read_assigned(school / "homework").entries[12:14]
    path = tmp_path / "somehow.xlsx"
    path.write_bytes(filled(school / "homework", first))
    settings = {"paths": [path], "template": school / "homework.toml", "assigned": school / "homework"}
    (right,) = validate(**settings, student=first.id, report=tmp_path / "report").submissions
    (wrong,) = validate(**settings, student=other.id, report=tmp_path / "report", resume=True).submissions
    assert right.score == 100
    assert Code.OTHER_STUDENTS_NUMBERS in {finding.code for finding in wrong.findings}
