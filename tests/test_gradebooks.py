"""Schools' gradebooks: grades go where the school wants them, and every other byte stays as it was."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetprop.errors import InputError
from sheetprop.report.table import FORMULA_STARTS
from sheetprop.school.comment import LENGTH, comment
from sheetprop.school.feedback_zip import write_feedback_zip
from sheetprop.school.gradebook import Grade, Gradebook, check_points, open_gradebook
from sheetprop.school.sheet import Export
from sheetprop.school.student import Student
from sheetprop.submission.findings import Code, Finding, ScoreLine, Severity, Status, Submission

CANVAS = (
    "Student,ID,SIS Login ID,Section,Notes,Warm-up (76),Backpropagation (77),Final Score\r\n"
    ",,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,5.00,20.00,(read only)\r\n"
    '"Doe, Jane",501,jdoe,"A, B",=keep,5,,\r\n'
    '"Roe, John",502,jroe,A,,N/A,12.5,\r\n'
    '"Poe, Ann",503,apoe,A,,4,EX,\r\n'
    '"Student, Test",900,x,A,,,,\r\n'
)
MOODLE = (
    "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 11,"Jane Doe",007,j@x.org,Submitted,,20.00,Yes,"Monday, 2 June 2025, 9:00 AM",-,\n'
    'Participant 12,"John Roe",008,r@x.org,Submitted,3.00,20.00,No,-,"Monday, 2 June 2025","<p>old,\nkept</p>"\n'
    'Participant 13,"Ann Poe",009,p@x.org,"No submission",,20.00,Yes,-,-,\n\n'
)


def opened(folder: Path, text: str | bytes, assignment: str | None = None) -> Gradebook:
    """A gradebook with this text."""
    path = folder / "export.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_gradebook(path, assignment=assignment)


def refusal(folder: Path, text: str, assignment: str | None = None) -> str:
    """Why a gradebook is refused: one line, which begins with the name of the file."""
    with pytest.raises(InputError) as error:
        opened(folder, text, assignment)
    message = str(error.value)
    assert message.isprintable()
    assert message.startswith(str(folder / "export.csv"))
    return message.removeprefix(str(folder / "export.csv"))


def test_canvas_is_filled(tmp_path: Path) -> None:
    """Only the assignment's cells of graded students change; who is excused keeps that, and is named."""
    gradebook = opened(tmp_path, CANVAS, "Backpropagation")
    assert [student.name for student in gradebook.students] == ["Jane Doe", "John Roe", "Ann Poe"]
    assert gradebook.platform == "Canvas"
    assert gradebook.assignment == "Backpropagation (77)"
    assert gradebook.points_possible == 20
    assert dict(gradebook.locked) == {"503": "Ann Poe (503) is excused from it in Canvas"}
    filled = gradebook.filled({"501": Grade(17.25, "not for Canvas"), "503": Grade(1)})
    assert filled.decode() == CANVAS.replace("=keep,5,,", "=keep,5,17.25,")


@pytest.mark.parametrize("assignment", ["76", "warm-UP", "Warm-up (76)", " Warm-up "])
def test_canvas_assignment_is_chosen(tmp_path: Path, assignment: str) -> None:
    """By name, number or whole heading; who is not assigned it is left alone."""
    gradebook = opened(tmp_path, CANVAS, assignment)
    assert gradebook.points_possible == 5
    assert list(gradebook.locked) == ["502"]


def test_canvas_assignment_must_be_clear(tmp_path: Path) -> None:
    """Several assignments, none of that name, and two of one name are said, with what there is to choose."""
    assert "choose one with --column, by its name or number: Warm-up (76); Backpropagation (77)" in refusal(
        tmp_path, CANVAS
    )
    assert "no assignment is called Other; choose one of: Warm-up (76)" in refusal(tmp_path, CANVAS, "Other")
    twice = CANVAS.replace("Warm-up", "Backpropagation")
    assert "by its number: Backpropagation (76); Backpropagation (77)" in refusal(tmp_path, twice, "backpropagation")
    assert opened(tmp_path, twice, "77").points_possible == 20
    number = CANVAS.replace("Warm-up", "77")
    assert opened(tmp_path, number, "77").points_possible == 20
    assert opened(tmp_path, number, "77 (76)").points_possible == 5
    same = CANVAS.replace("Warm-up (76)", "Backpropagation (77)")
    assert "2 columns are called Backpropagation (77); export" in refusal(tmp_path, same, "77")


def test_canvas_read_only_columns_are_never_filled(tmp_path: Path) -> None:
    """Totals and columns that Canvas says are read only are no assignments, whatever they are called."""
    text = CANVAS.replace("Warm-up (76)", "Sync (76)").replace("5.00,20.00", "(nur lesen),20.00")
    assert opened(tmp_path, text.replace("Final Score", "Final Score (2024)")).assignment == "Backpropagation (77)"
    assert "no assignment column" in refusal(tmp_path, text.replace("20.00", "(read only)"))
    term = "Student,ID,SIS Login ID,Section,Work (77),Final Score (2024)\nDoe,501,jdoe,A,,\n"
    assert opened(tmp_path, term).assignment == "Work (77)"


def test_canvas_with_decimal_commas(tmp_path: Path) -> None:
    """Grades follow the numbers that are there."""
    text = CANVAS.replace(",", ";").replace("12.5", "12,5").replace("Doe;", "Doe,").replace("A; B", "A, B")
    gradebook = opened(tmp_path, "\ufeff" + text, "77")
    assert gradebook.filled({"501": Grade(17.25)}).decode() == "\ufeff" + text.replace("keep;5;;", 'keep;5;"17,25";')
    assert gradebook.filled({"501": Grade(17)}).decode() == "\ufeff" + text.replace("keep;5;;", "keep;5;17;")
    thousands = opened(tmp_path, CANVAS.replace("12.5", '"1,000"'), "77")
    assert b"=keep,5,17.25," in thousands.filled({"501": Grade(17.25)})


def test_canvas_export_that_changed(tmp_path: Path) -> None:
    """What is missing is said, and what to do."""
    assert ", line 1: the column ID is missing" in refusal(tmp_path, CANVAS.replace(",ID,", ",Number,"))
    assert "the column Student is missing" in refusal(tmp_path, CANVAS.replace("Student,", "Pupil,", 1))
    assert "its first columns" in refusal(tmp_path, "SIS Login ID,Student,ID,Section,H (1)\nx,y,1,A,\n")
    assert ", line 5: the ID 501 stands in line 4 too" in refusal(tmp_path, CANVAS.replace("502", "501"), "77")


def test_moodle_is_filled(tmp_path: Path) -> None:
    """Grade and comment of graded students change; a grade that Moodle has locked is left, and named."""
    gradebook = opened(tmp_path, MOODLE)
    assert gradebook.platform == "Moodle"
    assert [student.platform_id for student in gradebook.students] == ["11", "12", "13"]
    assert gradebook.points_possible == 20
    assert dict(gradebook.locked) == {"008": "John Roe (008) has a grade that cannot be changed in Moodle"}
    filled = gradebook.filled({"007": Grade(17.5, 'Right, "well" done'), "008": Grade(1, "lost")})
    assert filled.decode() == MOODLE.replace("Submitted,,20.00,Yes", "Submitted,17.5,20.00,Yes").replace(
        'AM",-,\n', 'AM",-,"Right, ""well"" done"\n'
    )
    assert gradebook.filled({}) == MOODLE.encode()
    quoted = MOODLE.replace("Submitted,,", 'Submitted,"",')
    filled = opened(tmp_path, quoted).filled({"007": Grade(17)})
    assert filled.decode() == quoted.replace('Submitted,"",', 'Submitted,"17",')


def test_moodle_in_other_languages(tmp_path: Path) -> None:
    """A German worksheet, with decimal commas, in Windows' encoding: what that lacks is written as HTML does."""
    text = (
        'ID,"Vollständiger Name",Status,Bewertung,Bestwertung,"Bewertung kann geändert werden",'
        '"Zuletzt geändert (Bewertung)","Feedback als Kommentar"\n'
        'Teilnehmer/in7,"Jürgen Groß",-,,"10,00",Ja,-,\nTeilnehmer/in8,"Eva Ost",-,,"10,00",Nein,-,\n'
    )
    gradebook = opened(tmp_path, text.encode("cp1252"))
    assert gradebook.points_possible == 10
    assert list(gradebook.locked) == ["8"]
    filled = gradebook.filled({"7": Grade(7.5, "∂E falsch")}).decode("cp1252")
    assert filled == text.replace(',,"10,00",Ja,-,', ',"7,5","10,00",Ja,-,"&#8706;E falsch"')


def test_moodle_blind_marking(tmp_path: Path) -> None:
    """A worksheet without names is filled by the numbers of the participants."""
    text = (
        "Identifier,Status,Grade,Maximum Grade,Grade can be changed,Last modified (grade)\nParticipant 5,,,10,Yes,-\n"
    )
    gradebook = opened(tmp_path, text)
    assert gradebook.students == [Student("5", "Participant 5", "", "", "5")]
    assert gradebook.comment_column is None
    assert gradebook.filled({"5": Grade(9, "unseen")}).decode() == text.replace("5,,,10", "5,,9,10")


def test_moodle_worksheet_that_changed(tmp_path: Path) -> None:
    """What is missing is said, and what to do."""
    assert ", line 1: the column Grade is missing" in refusal(tmp_path, MOODLE.replace(",Grade,", ",Mark,"))
    assert "the column Identifier is missing" in refusal(tmp_path, MOODLE.replace("Identifier", "Who"))
    assert "the column Last modified (grade) is missing" in refusal(tmp_path, MOODLE.replace("(grade)", "(mark)"))
    assert ", line 3: another Maximum Grade than in line 2" in refusal(tmp_path, MOODLE.replace("3.00,20", "3.00,25"))
    assert "graded by a scale" in refusal(tmp_path, MOODLE.replace("Maximum Grade", "Scale"))


def test_what_is_no_gradebook(tmp_path: Path) -> None:
    """Gradescope takes no grades from a file; any other table is refused with its headings."""
    assert "use the results.json" in refusal(tmp_path, "Name,SID,Email,Role\nJane,7,j@x.org,Student\n")
    assert "use the results.json" in refusal(tmp_path, "Name,SID,Email,Total Score,Max Points\nJane,7,j@x.org,3,5\n")
    assert "the headings are name, id" in refusal(tmp_path, "name,id\nJane,7\n")


def test_points_must_agree(tmp_path: Path) -> None:
    """Another number of points than the rubric's is refused, with both and where they stand."""
    canvas = opened(tmp_path, CANVAS, "77")
    check_points(canvas, 20)
    with pytest.raises(InputError) as error:
        check_points(canvas, 100, rubric_at="sums.toml, line 8")
    assert str(error.value).startswith(
        f"{tmp_path / 'export.csv'}, line 3, Points Possible of Backpropagation (77): 20 "
    )
    assert "100 (sums.toml, line 8); change" in str(error.value)
    with pytest.raises(InputError, match="line 2, Maximum Grade: 20 points"):
        check_points(opened(tmp_path, MOODLE), 19.5)
    check_points(opened(tmp_path, CANVAS.replace("20.00", ""), "77"), 100)


def test_grades_of_others_are_refused(tmp_path: Path) -> None:
    """A grade for someone who is not in the gradebook is not dropped."""
    with pytest.raises(InputError, match="no student with the ID 7, 8; export it anew"):
        opened(tmp_path, MOODLE).filled({"007": Grade(1), "7": Grade(1), "8": Grade(1)})


def test_rows_that_end_early_are_completed(tmp_path: Path) -> None:
    """A row whose last cells were left out gets those that it needs."""
    text = MOODLE.replace('AM",-,\n', 'AM"\n')
    filled = opened(tmp_path, text).filled({"007": Grade(2, "good")}).decode()
    assert 'Submitted,2,20.00,Yes,"Monday, 2 June 2025, 9:00 AM",,good\n' in filled


@given(text=st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20), score=st.floats(-9, 1e6))
def test_no_comment_becomes_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str, score: float) -> None:
    """Whatever a comment begins with, the cell is a text on one line, and other cells are as they were."""
    before = Export(MOODLE.encode(), "x")
    gradebook = opened(tmp_path_factory.getbasetemp(), MOODLE)
    after = Export(gradebook.filled({"007": Grade(score, text)}), "x")
    written = after.rows[0].cells[10]
    number = written.lstrip("-").replace(".", "", 1).replace(",", "", 1)
    assert number.isdecimal() or not written.lstrip(" ").startswith(FORMULA_STARTS)
    assert not set(written) & set("\r\n\t")
    assert float(after.rows[0].cells[5]) == pytest.approx(score, abs=0.005)
    assert after.rows[0].cells[:5] + after.rows[0].cells[6:10] == before.rows[0].cells[:5] + before.rows[0].cells[6:10]
    assert [row.cells for row in after.rows[1:]] == [row.cells for row in before.rows[1:]]


def submission(*findings: Finding) -> Submission:
    """A judged workbook."""
    line = ScoreLine("sum", "Sums", 12.5, 20, "some are wrong")
    return Submission("x.xlsx", Status.WRONG if findings else Status.RIGHT, (), findings, (line,))


def test_comment() -> None:
    """Score, status and findings, the gravest first, on one line, in HTML that shows what students wrote."""
    note = Finding(Code.ROUNDED, Severity.NOTE, "rounds")
    error = Finding(Code.WRONG_SIGN, Severity.ERROR, "a < b & <script>\nx", sheet="=S<1>", cells="A1")
    assert comment(submission()) == "Right, 12.5 of 20."
    assert comment(submission(note, error)) == (
        "Wrong, 12.5 of 20. '=S&lt;1&gt;'!A1: a &lt; b &amp; &lt;script&gt;\\nx. rounds."
    )


def test_comments_are_short() -> None:
    """However much was found, the comment is one short cell that says how much it left out."""
    error = Finding(Code.WRONG_SIGN, Severity.ERROR, "<" * 5000)
    many = comment(submission(*[Finding(Code.WRONG_SIGN, Severity.ERROR, f"{n}" + "x" * 200) for n in range(50)]))
    assert len(many) <= LENGTH
    assert many.endswith("46 more findings: see the feedback file.")
    assert len(comment(submission(error, error))) <= LENGTH


def report(folder: Path, *slugs: str) -> Path:
    """A report folder with feedback for these submissions."""
    for slug in slugs:
        own = folder / "submissions" / slug
        own.mkdir(parents=True)
        (own / "feedback.html").write_text(f"page of {slug}")
        (own / "feedback.xlsx").write_bytes(b"PK book of " + slug.encode())
        (own / "results.json").write_text("{}")
    return folder


JANE = Student("007", "Jané_D/oe", "", "", "11")
JOHN = Student("008", "", "", "", "12")


def test_feedback_zip(tmp_path: Path) -> None:
    """Each student's feedback is in a folder by which Moodle knows them; two workbooks of one do not collide."""
    folder = report(tmp_path / "report", "a", "b", "c")
    path = tmp_path / "feedback.zip"
    assert write_feedback_zip(path, folder, [(JANE, "a"), (JOHN, "b"), (JANE, "c")]) == 6
    with zipfile.ZipFile(path) as archive:
        jane, john = "Jané D oe_11_assignsubmission_file_", "Participant_12_assignsubmission_file_"
        assert archive.namelist() == [
            f"{jane}/feedback-2.html",
            f"{jane}/feedback-2.xlsx",
            f"{jane}/feedback.html",
            f"{jane}/feedback.xlsx",
            f"{john}/feedback.html",
            f"{john}/feedback.xlsx",
        ]
        assert archive.read(f"{jane}/feedback-2.xlsx") == b"PK book of c"
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    first = path.read_bytes()
    with pytest.raises(InputError, match="use --force"):
        write_feedback_zip(path, folder, [(JANE, "a")])
    write_feedback_zip(path, folder, [(JANE, "a"), (JOHN, "b"), (JANE, "c")], force=True)
    assert path.read_bytes() == first


def test_feedback_zip_is_whole_or_not_there(tmp_path: Path) -> None:
    """Without a participant number or without feedback there is no zip, and one line says why."""
    folder = report(tmp_path / "report", "a")
    path = tmp_path / "feedback.zip"
    for feedback, says in (
        ([(JANE, "a"), (Student("1", "No Number"), "a")], "No Number"),
        ([(JANE, "none")], "no feedback for"),
        ([], "no feedback to pack"),
    ):
        with pytest.raises(InputError, match=says):
            write_feedback_zip(path, folder, feedback)
        assert not path.exists()


def test_grades_that_are_there_are_kept_and_listed(tmp_path: Path) -> None:
    """Unless they are to be replaced; one that is the same is not worth a word."""
    gradebook = opened(tmp_path, CANVAS, "Backpropagation")
    grades = {"501": Grade(17.25), "502": Grade(9)}
    assert gradebook.filled(grades).decode() == CANVAS.replace("=keep,5,,", "=keep,5,17.25,")
    assert [str(each) for each in gradebook.kept(grades)] == [
        "John Roe (502) has the grade 12.5 already, where 9 is due"
    ]
    assert not gradebook.kept({"502": Grade(12.5)})
    replaced = gradebook.filled(grades, replace=True).decode()
    assert replaced == CANVAS.replace("=keep,5,,", "=keep,5,17.25,").replace("N/A,12.5,", "N/A,9,")


def test_comments_that_are_there_are_kept_and_listed(tmp_path: Path) -> None:
    """A grade goes in beside a comment that stays."""
    text = MOODLE.replace('9:00 AM",-,', '9:00 AM",-,see me')
    gradebook = opened(tmp_path, text)
    grades = {"007": Grade(12, "machine's")}
    assert gradebook.filled(grades).decode() == text.replace("Submitted,,", "Submitted,12,")
    assert [str(each) for each in gradebook.kept(grades)] == ["Jane Doe (007) has a comment already"]
    assert "machine's" in gradebook.filled(grades, replace=True).decode()


@pytest.mark.parametrize(
    "text",
    [
        MOODLE.replace("20.00", "Good"),
        MOODLE.replace("Maximum Grade", "Scale"),
        MOODLE.replace("20.00", "3. Unsatisfactory").replace("Maximum Grade", "Bestwertung"),
    ],
)
def test_moodles_scales_are_refused(tmp_path: Path, text: str) -> None:
    """Words are no points, in whichever column they stand."""
    assert "graded by a scale, not in points" in refusal(tmp_path, text)


def test_canvas_posting_in_another_language(tmp_path: Path) -> None:
    """What stands above the row of the points is about the assignments."""
    text = CANVAS.replace("Manual Posting", "Manuelle Veröffentlichung")
    filled = opened(tmp_path, text, "Backpropagation").filled({"501": Grade(3)})
    assert filled.decode() == text.replace("=keep,5,,", "=keep,5,3,")
