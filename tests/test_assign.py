"""``sheetprop assign``: personal hand-outs and answer keys, and who has which numbers."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from sheetprop import verify
from sheetprop.assigned import Assigned, Entry, read_assigned
from sheetprop.assignment import Tolerances
from sheetprop.handout import HandoutRecord
from sheetprop.template import load_assignment
from tests.conftest import Call

TEMPLATE = "iterations = 12\nlearning_rates = [0.5]\n"
ROSTER = """Name,Student ID,E-mail
Ada Lovelace,0042,ada@example.org
"O'Connor/Brandt, ""Bo"" C.",b-7,bo@example.org
=cmd|' /C calc'!A0,x3,
محمد الخوارزمي,1004,m@example.org
"""


@pytest.fixture
def made(call_sheetprop: Call) -> Path:
    """The folder of a class of four with difficult names."""
    Path("roster.csv").write_text(ROSTER)
    Path("homework.toml").write_text(TEMPLATE)
    done = call_sheetprop("assign", "roster.csv", "--output", "homework", "-t", "homework.toml", "--workers", "1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 students" in done.stdout
    return Path("homework").absolute()


def test_each_student_gets_a_hand_out_and_a_key(made: Path) -> None:
    """Two files per student, named after them as far as every system allows, apart from each other, and a list."""
    entries = read_assigned(made).entries
    assert [(entry.id, entry.name, entry.email) for entry in entries] == [
        ("0042", "Ada Lovelace", "ada@example.org"),
        ("b-7", 'O\'Connor/Brandt, "Bo" C.', "bo@example.org"),
        ("x3", "=cmd|' /C calc'!A0", ""),
        ("1004", "محمد الخوارزمي", "m@example.org"),
    ]
    files = sorted(path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file())
    lists = ["assigned.csv", "assigned.key"]
    assert files == sorted([*lists, *(name for entry in entries for name in (entry.handout, entry.answer_key))])
    assert entries[0].handout == "handouts/Ada-Lovelace-0042.xlsx"
    assert entries[0].answer_key == "keys/Ada-Lovelace-0042-key.xlsx"


def test_hand_out_and_key_have_the_listed_numbers(made: Path) -> None:
    """The key's numbers hold for the listed ones, the hand-out says whose it is and asks for the same."""
    for entry in read_assigned(made).entries:
        own = load_assignment("homework.toml").with_given(entry.given)
        assert verify(path=made / entry.answer_key, assignment=own).passed
        sheets = openpyxl.load_workbook(made / entry.handout).worksheets
        rows = [row for sheet in sheets for row in sheet.iter_rows(values_only=True)]
        texts = [cell for row in rows for cell in row if isinstance(cell, str)]
        (record,) = filter(None, map(HandoutRecord.from_text, texts))
        assert (record.student_id, record.weights, record.inputs) == (entry.id, own.weights, own.inputs)
        assert record.is_signed_with(bytes.fromhex((made / "assigned.key").read_text()))
        assert any(entry.name in text and entry.id in text for text in texts if not text.startswith("sheetprop"))


def test_no_cell_of_the_list_is_a_formula(made: Path) -> None:
    """A name that begins like a formula is text in the list, and is read back as it was."""
    line = next(line for line in (made / "assigned.csv").read_text("utf-8-sig").splitlines() if line.startswith("x3"))
    assert line.startswith("x3,'=cmd")


def test_running_it_again_gives_the_same_files(made: Path, call_sheetprop: Call) -> None:
    """With --force byte for byte the same; without it nothing is touched."""
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    refused = call_sheetprop("assign", "roster.csv", "--output", "homework", "-t", "homework.toml")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "homework: holds hand-outs with their list already; use --force" in refused.stderr
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before
    again = call_sheetprop("assign", "roster.csv", "--output", "homework", "-t", "homework.toml", "--force")
    assert again.returncode == 0
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_hand_outs_are_signed_with_a_key_that_only_the_teacher_has(made: Path, call_sheetprop: Call) -> None:
    """Each folder has its own, which its owner alone may read; a damaged one is refused and nothing is touched."""
    key = made / "assigned.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    (made.parent / "other").mkdir()
    assert call_sheetprop("assign", "roster.csv", "-o", "other", "-t", "homework.toml").returncode == 0
    assert Path("other/assigned.key").read_text() != key.read_text()
    assert Path("other/assigned.csv").read_bytes() == (made / "assigned.csv").read_bytes()
    key.write_text("0f")
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file()}
    refused = call_sheetprop("assign", "roster.csv", "-o", "homework", "-t", "homework.toml", "--force")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "assigned.key: not a key as assign wrote it" in refused.stderr
    assert {path: path.read_bytes() for path in made.rglob("*") if path.is_file()} == before


def test_a_student_who_left_leaves_no_files(made: Path, call_sheetprop: Call) -> None:
    """After --force with another roster only its students' files are there; other files stay."""
    (made / "handouts" / "mine.txt").write_text("a note")
    Path("roster.csv").write_text("Name,ID\nAda Lovelace,0042\n")
    assert call_sheetprop("assign", "roster.csv", "-o", "homework", "-t", "homework.toml", "--force").returncode == 0
    names = sorted(path.name for path in made.rglob("*") if path.is_file())
    lists = ["assigned.csv", "assigned.key"]
    assert names == ["Ada-Lovelace-0042-key.xlsx", "Ada-Lovelace-0042.xlsx", *lists, "mine.txt"]


def test_json_lists_every_student_with_numbers_and_files(call_sheetprop: Call) -> None:
    """One document; the numbers are those of the list, another seed gives others; --verify confirms the keys."""
    Path("roster.csv").write_text("id,name\n7,Emmy Noether\n8,Alan Turing\n")
    Path("homework.toml").write_text(TEMPLATE)
    done = call_sheetprop(
        "assign", "roster.csv", "-o", "hw", "-t", "homework.toml", "--seed", "3", "--verify", "--json"
    )
    document = json.loads(done.stdout)
    assert (done.returncode, document["seed"], document["confirmed"], document["mismatches"]) == (0, 3, True, 0)
    listed = read_assigned("hw").by_id
    for student in document["students"]:
        numbers = [*student["targets"], *student["inputs"], *student["weights"]]
        given = listed[student["id"]].given
        assert numbers == [given[key] for key in ("t1", "t2", "i1", "i2", *(f"w{n}" for n in range(1, 9)))]
        assert Path("hw", student["handout"]).is_file()
        assert Path("hw", student["answer_key"]).is_file()
    other = call_sheetprop("assign", "roster.csv", "-o", "hw2", "-t", "homework.toml", "--json")
    assert json.loads(other.stdout)["students"][0]["weights"] != document["students"][0]["weights"]


@pytest.mark.parametrize(
    ("roster", "options", "says"),
    [
        ("Name,Email\nAda,a@x.org\n", [], "no column with the students' IDs among the headings"),
        ("Name,ID\nAda,1\nBo,1\n", [], "roster.csv, line 3: the ID 1 stands in line 2 too"),
        ("Name,ID\nAda,\n", [], "roster.csv, line 2: nothing in the column ID"),
        ("Name,ID\n", [], "no students below the headings"),
        ("Name,ID\nAda,1\n", ["--workers", "0"], "workers: 0 is not possible"),
        ("Name,ID\nAda,1\n", ["--template", "nope"], "template: 'nope' is neither a file nor a template's name"),
        ("Name,ID\nAda,1\n", ["--output", "no/such"], "the folder no does not exist; create it first"),
        ("Name,ID\nAda,1\n", ["--output", "roster.csv"], "roster.csv: is a file; name a folder for hand-outs"),
        ("Name,ID\nAda,1\n", ["--template", "same.toml"], "personal: the template has no range to draw from"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_written(
    call_sheetprop: Call, roster: str, options: list[str], says: str
) -> None:
    """One line, exit code 2, and no folder."""
    Path("roster.csv").write_text(roster)
    Path("same.toml").write_text("[personal]\ninputs = 'same'\ntargets = 'same'\nweights = 'same'\n")
    done = call_sheetprop("assign", "roster.csv", *([] if "--output" in options else ["-o", "hw"]), *options)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert says in done.stderr
    assert sorted(path.name for path in Path().iterdir()) == ["roster.csv", "same.toml"]


def entry(id_: str, first: float) -> Entry:
    """A student whose weights begin with a number."""
    given = dict(zip(load_assignment().given, (0.2, 0.9, 0.3, 0.7, *(first + n / 10 for n in range(8))), strict=True))
    return Entry(id_, "", f"{id_}@example.org", "", "", given)


Look = Callable[..., str | None]


@pytest.fixture
def owner() -> Look:
    """Looks up whose numbers these are, in a class of three."""
    listed = Assigned(tuple(entry(id_, first) for id_, first in (("a", 0.05), ("b", -0.9), ("c", 0.12))))

    def look(of: str, changed: dict[str, float] | None = None, student: str | None = None) -> str | None:
        found = listed.owner(listed.by_id[of].given | (changed or {}), Tolerances(), student)
        return found and found.id

    return look


def test_numbers_are_known_to_be_whose_they_are(owner: Look) -> None:
    """All twelve tell; one that was mistyped does not hide them; numbers that nobody has are nobody's."""
    assert [owner(of) for of in "abc"] == ["a", "b", "c"]
    assert owner("b", {"w3": 77.0}) == "b"
    assert owner("b", {f"w{n}": 77.0 + n for n in range(1, 9)}) is None


def test_slips_in_own_numbers_are_not_taken_for_anothers(owner: Look) -> None:
    """Of a known student some wrong numbers are slips; all numbers of another are another's, whoever handed in."""
    assert owner("a", {f"w{n}": 77.0 + n for n in range(1, 6)}, student="a") == "a"
    assert owner("b", student="a") == "b"
    assert owner("b", {"w8": 77.0}, student="a") == "b"


def test_all_of_anothers_numbers_are_anothers_also_where_half_are_the_own() -> None:
    """Two students with seven numbers in common are told apart by the others."""
    one = entry("a", 0.05)
    two = Entry("b", "", "", "", "", one.given | {f"w{n}": 0.9 + n for n in range(1, 6)})
    assert Assigned((one, two)).owner(two.given, Tolerances(), "a") is two


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "line 1: not the headings of a list that assign wrote"),
        (None, "cannot be read: there is no such file or folder; give the folder that assign wrote"),
    ],
)
def test_another_file_is_no_list(call_sheetprop: Call, text: str | None, says: str) -> None:
    """What is no list of assigned numbers is refused on one line that says what to give."""
    if text is not None:
        Path("assigned.csv").write_text(text)
    done = call_sheetprop("validate", "x.xlsx", "--assigned", "assigned.csv")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert says in done.stderr


def test_force_removes_no_file_elsewhere(made: Path, call_sheetprop: Call) -> None:
    """A list that was changed by hand leads --force to no file outside of the two folders."""
    precious = made.parent / "precious.xlsx"
    precious.write_bytes(b"mine")
    listed = made / "assigned.csv"
    text = listed.read_text("utf-8-sig").replace("handouts/Ada-Lovelace-0042.xlsx", "../precious.xlsx")
    listed.write_text(text.replace("keys/Ada-Lovelace-0042-key.xlsx", "handouts/../../precious.xlsx"), "utf-8-sig")
    Path("roster.csv").write_text("Name,ID\nSomeone,1\n")
    assert call_sheetprop("assign", "roster.csv", "-o", "homework", "-t", "homework.toml", "--force").returncode == 0
    assert precious.read_bytes() == b"mine"
