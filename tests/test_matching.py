"""Whose a submission is: found by the names that platforms and people give to files, and never guessed."""

import zipfile
from pathlib import Path

import pytest

from sheetprop.school.matching import Match, Matcher
from sheetprop.school.student import Student
from sheetprop.school.submitters import Submitter, parse_submitters, read_submitters

JANE = Student("A1001", "Jane Doe", "jane@x.org", "jdoe", "501")
ANA = Student("A1002", "Ana María de la Cruz", "ana@x.org", "", "502")
MARIA = Student("A1003", "María de la Cruz", "", "", "503")
LEE1, LEE2 = Student("A1004", "Kim Lee", platform_id="504"), Student("A1005", "Kim Lee", platform_id="505")
CLASS = (JANE, ANA, MARIA, LEE1, LEE2)
PLAIN = tuple(Student(student.id, student.name, student.email, student.login) for student in CLASS)
META = """---
submission_11:
  :submitters:
  - :name: Jane D.
    :sid: 'A1001'
    :email: other@x.org
  :created_at: 2024-01-01 00:00:00.000000000 Z
  :results:
    :tests:
    - :name: decoy
      :sid: A1002
submission_12:
  :submitters:
  - :name: "M\\u00e1ria"
    :sid:
    :email: ANA@x.org
submission_13:
  :submitters:
  - :name: Jane
    :sid: A1001
  - :name: Ana
    :sid: A1002
submission_14:
  :submitters:
  - :name: Mixed
    :sid: A1001
    :email: ana@x.org
"""


def reason(match: Match) -> str:
    """Why a submission is no student's: one printable line."""
    assert match.student is None
    assert match.how.isprintable()
    return match.how


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("doejane_501_9001_homework.xlsx", JANE),
        ("doejane_LATE_501_9001_home_work_2024-1.xlsx", JANE),
        ("subs.zip/delacruzanamaría_502_9002_x.xlsx", ANA),
        ("doejane_501_9001_x.zip/deep/A1002.xlsx", JANE),
        ("groupseven_504_1_x.xlsx", None),
        ("hw_505_1_x.xlsx", None),
        ("leekim_505_1_x.xlsx", LEE2),
        ("doejane_999_9001_x.xlsx", None),
        ("export_2024_11_15/doejane_501_9001_x.xlsx", JANE),
        ("export_2024_11_15/A1001.xlsx", JANE),
        ("anon_aB3dE_9001_x.xlsx", None),
        ("LATE_anon_aB3dE_9001_x.xlsx", None),
    ],
)
def test_canvas_downloads(name: str, student: Student | None) -> None:
    """Canvas's user ID decides, which stands before the number of the file, if the name before it agrees."""
    assert Matcher(CLASS).match(name).student == student


def test_canvas_downloads_with_another_roster() -> None:
    """Where the roster has no Canvas IDs, the name at the beginning does, if it is one student's."""
    matcher = Matcher(PLAIN)
    assert matcher.match("doejane_501_9001_x.xlsx").student == PLAIN[0]
    assert matcher.match("hw_3_1_A1001.xlsx").student == PLAIN[0]
    ana = Match(PLAIN[1], "by the name in Canvas's file name")
    assert matcher.match("delacruzanamaría_LATE_502_9001_x.xlsx") == ana
    assert "Kim Lee (A1004) or Kim Lee (A1005)" in reason(matcher.match("leekim_504_9001_x.xlsx"))
    assert "Canvas hid" in reason(matcher.match("anon_aB3dE_9001_x.xlsx"))
    nameless = Student("501", "501", platform_id="501")
    assert Matcher([nameless]).match("doejane_501_9001_x.xlsx").student == nameless
    for number in ("77777", "9001"):
        reason(Matcher([Student(number, "Ana Cruz")]).match("roejohn_77777_9001_x.xlsx"))


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("Jane Doe_501_assignsubmission_file_/book.xlsx", JANE),
        ("Jane Doe_501_assignsubmission_file/book.xlsx", JANE),
        ("subs.zip/Jane Doe_501_assignsubmission_file_/deep/er/A1002.xlsx", JANE),
        ("Jane Doe_501_assignsubmission_file_book_1_2_x.xlsx", JANE),
        ("Kim Lee_505_assignsubmission_file_/x.xlsx", LEE2),
        ("Participant_502_assignsubmission_file_/x.xlsx", ANA),
        ("Jane Doe_501_assignsubmission_file_/leekim_504_9_x.xlsx", JANE),
        ("Group A_501_assignsubmission_file_/x.xlsx", None),
        ("Jane Doe_999_assignsubmission_file_/leekim_504_9_x.xlsx", None),
        ("Jane Doe_999_assignsubmission_file_/x.xlsx", None),
    ],
)
def test_moodle_downloads(name: str, student: Student | None) -> None:
    """The participant's number decides, if the name does not say that it is a group's."""
    assert Matcher(CLASS, given=["subs.zip"]).match(name).student == student


def test_moodle_downloads_with_another_roster() -> None:
    """Where the roster has no participants' numbers, the name does, if it is one student's."""
    matcher = Matcher(PLAIN, given=["d"])
    assert matcher.match("d/Jane Doe_1_assignsubmission_file_/x.xlsx").student == PLAIN[0]
    assert matcher.match("d/Participant_1_assignsubmission_file_/x-A1002.xlsx").student == PLAIN[1]
    reason(matcher.match("d/Kim Lee_504_assignsubmission_file_/x.xlsx"))
    numbers = Matcher([Student("77777", "Ana Cruz")])
    reason(numbers.match("John Roe_77777_assignsubmission_file_/x.xlsx"))


def test_gradescope_exports(tmp_path: Path) -> None:
    """The submitters beside the folders decide, by SID or e-mail; a group and a doubt are said."""
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "submission_metadata.yml").write_text(META)
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("assignment_1_export/submission_metadata.yml", META)
        archive.writestr("__MACOSX/assignment_1_export/submission_metadata.yml", "submission_11:\n")
    for path in (tmp_path, tmp_path / "export", tmp_path / "export" / "submission_11", tmp_path / "export.zip"):
        if path.name == "submission_11":
            path.mkdir()
        assert read_submitters([path]) == parse_submitters(META), path
    matcher = Matcher(CLASS, submitters=read_submitters([tmp_path / "export.zip", tmp_path / "none"]))
    assert matcher.match("export.zip/e/submission_11/A1003.xlsx") == Match(JANE, "by Gradescope's list of submitters")
    assert matcher.match("submission_12/x.xlsx").student == ANA
    assert "handed in by a group (Jane, Ana)" in reason(matcher.match("submission_13/x.xlsx"))
    assert "Jane Doe (A1001) or Ana" in reason(matcher.match("submission_14/x.xlsx"))
    assert "submission_metadata.yml" in reason(matcher.match("submission_15/x.xlsx"))


def test_submitters_are_read_line_by_line() -> None:
    """Quoted and empty values are read; the tests' output, which looks alike, is not."""
    assert parse_submitters(META)["submission_11"] == (Submitter("Jane D.", "A1001", "other@x.org"),)
    assert parse_submitters(META)["submission_12"] == (Submitter("Mária", "", "ANA@x.org"),)
    assert parse_submitters("submission_1:\n  :submitters: []\n") == {"submission_1": ()}
    assert parse_submitters('submission_1:\n  :submitters:\n  - :name: "cut\n    :sid: 7\n') == {
        "submission_1": (Submitter("", "7"),)
    }
    assert parse_submitters("not: yaml\n- :name: x") == {}


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("A1001.xlsx", JANE),
        ("hw1-a1001 (2).xlsx", JANE),
        ("A1001_final/book.xlsx", JANE),
        ("Jane-Doe-A1001.xlsx", JANE),
        ("Kim-Lee-A1005.xlsx", LEE2),
        ("jdoe.xlsx", JANE),
        ("ana@x.org.xlsx", ANA),
        ("Doe, Jane - homework.xlsx", JANE),
        ("janedoe hw.xlsx", JANE),
        ("Jané DOE/homework.xlsx", JANE),
        ("de la Cruz Ana Maria.xlsx", ANA),
        ("Ana María de la Cruz.xlsx", ANA),
        ("María de la Cruz.xlsx", MARIA),
        ("xA1001.xlsx", None),
        ("A10011.xlsx", None),
        ("homework.xlsx", None),
        ("Jane.xlsx", None),
        ("Kim Lee.xlsx", None),
        ("A1001 and A1002.xlsx", None),
        ("A1001 Ana María de la Cruz.xlsx", None),
        ("A1001/A1002.xlsx", None),
        ("Jane Doe/Kim Lee A1004.xlsx", None),
    ],
)
def test_plain_names(name: str, student: Student | None) -> None:
    """An ID as a whole word, or a full name in any order, of exactly one student."""
    match = Matcher(CLASS).match(name)
    assert match.student == student
    assert match.how.isprintable()


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("homework 7.xlsx", None),
        ("7.xlsx", "7"),
        ("7/homework.xlsx", "7"),
        ("Ana Cruz-7.xlsx", "7"),
        ("homework 2024.xlsx", None),
        ("2024.xlsx", "2024"),
        ("Bo-Li-2024.xlsx", "2024"),
        ("00042.xlsx", "00042"),
        ("42.xlsx", None),
        ("J-D 5.xlsx", "j/d=5"),
        ("cy homework.xlsx", None),
        ("Cy.xlsx", "00042"),
        ("שרה homework.xlsx", "sarah"),
    ],
)
def test_short_ids_and_years_are_no_proof(name: str, number: str | None) -> None:
    """A small number or a year counts only as the whole name, or beside the student's name."""
    students = [
        Student("7", "Ana Cruz"),
        Student("8", "Ana Cruz"),
        Student("2024", "Bo Li"),
        Student("00042", "Cy"),
        Student("j/d=5", "Di"),
    ]
    students.append(Student("sarah", "שרה"))
    found = Matcher(students).match(name).student
    assert (found and found.id) == number


def test_only_what_was_given_is_looked_at() -> None:
    """Folders above do not tell, nor does an archive's name where one in it does; a given folder's own name may."""
    above = Matcher(CLASS, given=["/home/A1001/subs", "/home/A1001/a1002.zip", "/home/A1001/Ana A1002"])
    reason(above.match("/home/A1001/subs/homework.xlsx"))
    assert above.match("/home/A1001/a1002.zip/A1003.xlsx").student == MARIA
    assert above.match("/home/A1001/Ana A1002/homework.xlsx").student == ANA
    reason(Matcher(CLASS).match("A1001/subs/homework.xlsx"))
    assert Matcher(CLASS, given=["./x/A1001.xlsx"]).match("x/A1001.xlsx").student == JANE


def test_every_answer_says_how() -> None:
    """Who reads the report sees by what a student was found, or why not and what to do."""
    matcher = Matcher(CLASS)
    assert matcher.match("doejane_501_9001_x.xlsx").how == "by Canvas's user ID"
    assert matcher.match("A1001.xlsx").how == "by the ID in its name"
    assert matcher.match("Jane Doe.xlsx").how == "by the student's name"
    assert reason(matcher.match("x\u202e\n.xlsx")).startswith("no student's ID or full name in x\\u202e\\n.xlsx; put")
    assert "Kim Lee (A1004) or Kim Lee (A1005); put the right ID" in reason(matcher.match("Kim Lee.xlsx"))


def test_an_empty_class_matches_nobody() -> None:
    """Without students every submission is unmatched, with a reason."""
    reason(Matcher([]).match("x.xlsx"))


@pytest.mark.parametrize(
    ("own", "file"),
    [
        ("Đorđe Łukasz", "Dorde Lukasz"),
        ("Jørgen Strauß", "Jorgen Strauss"),
        ("Ægir Þórsson", "AEgir Thorsson"),
        ("Işıl Œuvre", "Isil Oeuvre"),
        ("Nguyễn Đức", "Nguyen Duc"),
    ],
)
def test_letters_with_strokes_match_in_both_directions(own: str, file: str) -> None:
    """Whether the class list or the file's name has them."""
    for name, label in ((own, file), (file, own), (own, own)):
        student = Student("77001", name)
        assert Matcher([student, JANE]).match(f"{label.replace(' ', '_')}.xlsx").student == student


def test_the_schools_number_and_the_login_tell_as_well() -> None:
    """Canvas knows a student by its own number, the school by another, and files may have either."""
    student = Student("501", "Jane Doe", "", "jdoe77", "501", "S20250017")
    for label in ("S20250017", "jdoe77", "homework_S20250017", "jdoe77 homework"):
        assert Matcher([student, ANA]).match(f"{label}.xlsx").student == student
