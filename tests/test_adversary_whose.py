"""Nobody takes another's place: by the name of a file, by a list that was handed in, by a number of another kind."""

import zipfile
from pathlib import Path

import pytest

from sheetprop.assigned import GIVEN, Assigned, Entry
from sheetprop.errors import InputError
from sheetprop.school.listed import entries_of
from sheetprop.school.matching import Matcher
from sheetprop.school.roll import Roll
from sheetprop.school.student import Student
from sheetprop.school.submitters import LONGEST_LINE, parse_submitters, read_submitters
from sheetprop.submission.findings import ScoreLine, Status, Submission
from sheetprop.submission.open.intake import find_hand_ins
from tests.adversary.whose import CLASS, FORGED, HANDED_IN, JANE, KIM, NAMES, OWN, PLAIN, PLAIN_NAMES

TRUE = parse_submitters(OWN)


@pytest.mark.parametrize("name", NAMES)
def test_only_what_the_platform_wrote_is_believed(name: str) -> None:
    """As a path of its own, in a folder and in an archive that was given."""
    for given in ("", "class/", "class.zip/"):
        matcher = Matcher(CLASS, given=[given.rstrip("/") or "."], submitters=TRUE)
        match = matcher.match(given + name)
        assert match.student == NAMES[name], match.how


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_without_the_platforms_numbers_its_names_count(name: str) -> None:
    """An ID in a file's name is another's where the platform's folder is of somebody else."""
    match = Matcher(PLAIN, given=["class"], submitters=TRUE).match(f"class/{name}")
    assert match.student == PLAIN_NAMES[name], match.how
    assert match.how.isprintable()


@pytest.mark.parametrize("place", HANDED_IN)
@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
def test_a_list_that_was_handed_in_is_not_believed(tmp_path: Path, place: str, first: bool) -> None:
    """Gradescope's own list says who handed in what, wherever another one lies, in a folder and in an archive."""
    export = tmp_path / "assignment_1_export"
    lists = {"submission_metadata.yml": OWN, place: FORGED}
    for name, text in lists.items():
        (export / name).parent.mkdir(parents=True, exist_ok=True)
        (export / name).write_text(text)
    (export / "submission_11").mkdir(exist_ok=True)
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        for name in sorted(lists, reverse=first):
            archive.writestr(f"assignment_1_export/{name}", lists[name])
    for path in (export, export / "submission_11", tmp_path / "export.zip"):
        assert read_submitters([path]) == TRUE
    (export / "submission_metadata.yml").unlink()
    assert read_submitters([export]) == read_submitters([export / "submission_11"]) == {}


def test_a_folder_of_students_has_no_such_list(tmp_path: Path) -> None:
    """Where it is no export of Gradescope's, what lies in a student's folder was handed in."""
    for name in ("alice", "bob"):
        (tmp_path / name).mkdir()
    (tmp_path / "alice" / "submission_metadata.yml").write_text(FORGED)
    assert read_submitters([tmp_path]) == {}


@pytest.mark.parametrize(
    "line",
    [
        " " * 80_000 + "x",
        "  - :name:" + " " * 80_000 + "x",
        "  -" + " " * 80_000 + ":name: x",
        "\u2028submission_11:\u2028  :submitters:\u2028  - :sid: A1002",
        "      submission_11:\x0b  :submitters:\x0c  - :sid: A1002",
    ],
)
def test_lines_of_any_length_are_read_once(line: str) -> None:
    """Blanks without end are no submitter, and no sign but a line's end begins a line. Quadratic, it took hours."""
    assert len(line) < 100 or len(line) > LONGEST_LINE
    assert parse_submitters(f"{OWN}{line}\n" * 50) == TRUE


def person(own: str, name: str, email: str = "") -> Entry:
    """One of the list of numbers."""
    return Entry(own, name, email, "", "", dict.fromkeys(GIVEN, 0.5))


SCHOOL = Assigned((person("1001", "Ana Au"), person("1002", "Bo Bi"), person("1003", "Cy Ce")))
"""By the school's numbers; on Canvas they are others' IDs."""
ON_CANVAS = (
    Student("1002", "Ana Au", "", "", "1002", "1001"),
    Student("1003", "Bo Bi", "", "", "1003", "1002"),
    Student("1001", "Cy Ce", "", "", "1001", "1003"),
)


def test_one_kind_of_id_is_matched_throughout() -> None:
    """Canvas's IDs equal other students' school numbers: the names say which are meant, for all."""
    found = entries_of(ON_CANVAS, SCHOOL)
    assert {student.name: entry.name for student, entry in found.items()} == {
        n: n for n in ("Ana Au", "Bo Bi", "Cy Ce")
    }
    partly = (*ON_CANVAS[:2], Student("1001", "Di De", "", "", "1001", ""))
    assert {student.name for student in entries_of(partly, SCHOOL)} == {"Ana Au", "Bo Bi"}
    roll = Roll(partly, SCHOOL, [])
    assert [pupil.student.name for pupil in roll.pupils] == ["Ana Au", "Bo Bi", "Di De", "Cy Ce"]


def test_contradictions_are_refused() -> None:
    """Two kinds that fit alike, an ID and an address of two students, two students who are one."""
    nameless = [Student(each.id, each.id, platform_id=each.id, school_id=each.school_id) for each in ON_CANVAS]
    with pytest.raises(InputError, match="by the platform's ID and, differently, by the school's number"):
        entries_of(nameless, SCHOOL)
    mails = Assigned((person("1", "Ana Au", "ana@x.org"), person("2", "Bo Bi", "bo@x.org")))
    with pytest.raises(InputError, match=r"Ana Au \(1\).* by the ID, and Bo Bi \(2\) by the e-mail address"):
        entries_of([Student("1", "Ana Au", "bo@x.org")], mails)
    with pytest.raises(InputError, match=r"are both Ana Au \(1\)"):
        entries_of([Student("1", "Ana Au"), Student("9", "Ana", "ana@x.org")], mails)


def judged(paths: list[Path], students: tuple[Student, ...]) -> Roll:
    """The roll of a class whose submissions all earned 80 points, those of other endings none."""
    roll = Roll(students, None, paths)
    found = find_hand_ins(paths)
    sources = roll.identified(found.submissions, found.others)
    found.check(sources)
    lines = (ScoreLine("all", "All", 80, 100, ""),)
    status = [Status.WRONG if source.name.endswith(".xlsx") else Status.UNREADABLE for source in sources]
    roll.take(
        [Submission(s.name, each, (), (), lines) for s, each in zip(sources, status, strict=True)], comments=False
    )
    return roll


def written(folder: Path, *names: str) -> Path:
    """A folder with such files."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"PK\x03\x04")
    return folder


@pytest.mark.parametrize(
    "names",
    [
        ("Jane Doe/hw.xlsx", "bob/A1001.xlsx"),
        ("A1001.xlsx", "bob/A1001.xlsx"),
        ("doejane_501_9001_x.xlsx", "bob/A1001.xlsx"),
        ("Jane Doe_501_assignsubmission_file_/x.xlsx", "x_A1001.xlsx"),
    ],
)
def test_of_two_places_none_is_chosen(tmp_path: Path, names: tuple[str, ...]) -> None:
    """Both files are listed with the student, there is no grade, and none of them becomes the student's feedback."""
    roll = judged([written(tmp_path / "class", *names)], CLASS)
    jane = next(pupil for pupil in roll.pupils if pupil.student == JANE)
    assert len(jane.handed_in) == 2
    assert jane.score is None
    assert "claimed from 2 places" in jane.remark
    assert roll.grades == {}
    assert roll.feedback == []


def test_handing_in_twice_is_no_contradiction(tmp_path: Path) -> None:
    """Two files side by side, two in the student's own folder, and the same name in each of two folders given."""
    for names in (("A1001 v1.xlsx", "A1001 v2.xlsx"), ("Jane Doe/v1.xlsx", "Jane Doe/v2.xlsx", "Jane Doe v3.xlsx")):
        folder = tmp_path / str(len(names))
        roll = judged([written(folder, *names)], CLASS)
        assert roll.pupils[0].score == 80
        assert "claimed" not in roll.pupils[0].remark
    first, second = written(tmp_path / "week 1", "A1001.xlsx"), written(tmp_path / "week 2", "A1001.xlsx")
    assert judged([first, second], CLASS).pupils[0].score == 80


def test_other_endings_are_handed_in_and_unreadable(tmp_path: Path) -> None:
    """Who handed in a PDF, or a workbook without ending, is not told to have handed in nothing."""
    names = ("doejane_501_9001_hw.pdf", "doejane_501_9002_hw", "leekim_70002_9_hw.rar", "leekim_70002_9_hw.xlsx")
    roll = judged([written(tmp_path / "class", *names, "grades.txt")], CLASS)
    jane, kim = roll.pupils
    assert [Path(each.path).name for each in jane.handed_in] == list(names[:2])
    assert jane.remark == "2 submissions cannot be opened: not graded"
    assert [Path(each.path).name for each in kim.handed_in] == [names[3]]
    assert (jane.score, kim.score) == (None, 80)
    assert kim.student == KIM
    only = judged([written(tmp_path / "pdf", "leekim_70002_9_hw.pdf")], CLASS)
    assert len(only.pupils[1].handed_in) == 1
    with pytest.raises(InputError, match="no submissions in this folder"):
        judged([written(tmp_path / "none", "notes.txt")], CLASS)
