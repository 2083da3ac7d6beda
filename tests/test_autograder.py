"""``sheetprop autograder``: what Gradescope is given, and what it says of hand-ins in a folder made like its own."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import sheetprop
from sheetprop.assigned import Entry, read_assigned, write_assigned, write_key
from sheetprop.autograder import judge_hand_in, write_autograder
from sheetprop.template import load_assignment
from tests.student import ASKED, Student

Call = Callable[..., subprocess.CompletedProcess[str]]
TEMPLATE = """# My class
title = "Homework 1"
targets = [0.01, 0.99]
learning_rates = [0.5]
iterations = 12
"""
ROOT = Path(sheetprop.__file__).parents[1]
ADA = dict(ASKED.given) | {"i1": 0.3, "i2": 0.7, "w1": 0.11, "w2": -0.22, "w5": 0.33, "w6": 0.44, "w7": -0.55}
MAKES_ENVIRONMENT = 'mkdir -p "$3/bin"; cp "$MADE/made" "$3/bin/python"'
BOB = dict(ASKED.given) | {"i1": 0.9, "i2": 0.2, "w1": 0.61, "w2": 0.72, "w5": -0.83, "w6": 0.14, "w7": 0.25}


def class_list(folder: Path) -> Path:
    """A list of two students as assign writes it."""
    entries = [
        Entry("s1", "Ada", "ada@example.org", "handouts/ada.xlsx", "keys/ada.xlsx", ADA),
        Entry("=2", "Bob", "bob@example.org", "handouts/bob.xlsx", "keys/bob.xlsx", BOB),
    ]
    write_assigned(folder / "assigned.csv", entries)
    return folder


def written(folder: Path, **options: Any) -> Path:
    """The archive of an autograder for TEMPLATE."""
    (folder / "homework.toml").write_text(TEMPLATE, encoding="utf-8")
    return write_autograder(path=folder / "hw1", template=folder / "homework.toml", **options).archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of an autograder without numbers of students."""
    return written(tmp_path_factory.mktemp("autograder"))


@pytest.fixture(scope="module")
def archive_with_numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of an autograder with the numbers of two students."""
    folder = tmp_path_factory.mktemp("autograder")
    return written(folder, assigned=class_list(folder))


def test_the_key_of_the_hand_outs_goes_along(tmp_path: Path) -> None:
    """Without it a forged line would not be known from one that assign wrote."""
    write_key(class_list(tmp_path), bytes(range(32)))
    with zipfile.ZipFile(written(tmp_path, assigned=tmp_path)) as packed:
        packed.extract("assigned.key", tmp_path / "there")
        packed.extract("assigned.csv", tmp_path / "there")
    assert read_assigned(tmp_path / "there").key == bytes(range(32))


class Gradescope:
    """A folder as Gradescope makes it: the unpacked archive, the script, what is known of the students, the hand-in."""

    def __init__(self, root: Path, archive: Path, *users: Mapping[str, object], **files: bytes) -> None:
        self.root = root
        for name in ("source", "submission", "results"):
            (root / name).mkdir(parents=True)
        with zipfile.ZipFile(archive) as package:
            package.extractall(root / "source")
        shutil.copy(root / "source" / "run_autograder", root)
        known = {"id": 123456, "assignment": {"title": "Homework 1"}, "users": users, "previous_submissions": []}
        (root / "submission_metadata.json").write_text(json.dumps(known))
        for name, data in files.items():
            (root / "submission" / name.replace("_", ".")).write_bytes(data)

    def run(self) -> subprocess.CompletedProcess[str]:
        """Run the script in a process of its own, as Gradescope does, with the Python of the tests."""
        return subprocess.run(
            [sys.executable, "run_autograder"], cwd=self.root, capture_output=True, text=True, check=False
        )

    @property
    def results(self) -> Any:
        """What was written for Gradescope."""
        return json.loads((self.root / "results" / "results.json").read_text(encoding="utf-8"))

    def judged(self) -> Any:
        """What is written when the hand-in is judged in this process."""
        judge_hand_in(self.root)
        return self.results


def points(results: Any) -> tuple[float, float]:
    """The score, and the most that the tests can come to."""
    return results["score"], sum(test["max_score"] for test in results["tests"])


def user(sid: str | None, email: str) -> dict[str, object]:
    """A student as Gradescope's metadata has them; the sid is not in all courses."""
    return {"email": email, "id": 1234, "name": "Someone"} | ({} if sid is None else {"sid": sid})


def test_the_script_judges_with_the_package_of_the_archive(tmp_path: Path, archive: Path) -> None:
    """A right workbook gets all points, from the sheetprop and the template that were written, without the metadata."""
    gradescope = Gradescope(tmp_path / "autograder", archive, homework_xlsx=Student().book.saved())
    (gradescope.root / "submission_metadata.json").unlink()
    here = gradescope.root / "source" / "sheetprop"
    rubric = here / "rubric.py"
    rubric.write_text(rubric.read_text(encoding="utf-8").replace("Forward pass", "From the copy"), encoding="utf-8")
    done = gradescope.run()
    assert (done.returncode, done.stderr) == (0, "")
    results = gradescope.results
    assert points(results) == (100, 100)
    assert results["output"].startswith("homework.xlsx: right, 100 of 100")
    assert results["tests"][0]["name"] == "From the copy"
    assert all(test["status"] == "passed" for test in results["tests"])
    assert [path.name for path in (gradescope.root / "results").iterdir()] == ["results.json"]


def test_a_mistake_costs_points_and_is_named(tmp_path: Path, archive: Path) -> None:
    """A wrong gradient is told with its cells, and its criterion is the only test that fails."""
    student = Student()
    student.replace("dE_dw3", "a_h2", "a_h1")
    results = Gradescope(tmp_path / "autograder", archive, homework_xlsx=student.book.saved()).judged()
    score, most = points(results)
    assert (0 < score < 100, most) == (True, 100)
    assert f"{student.cells('dE_dw3')}  ∂E/∂w3 uses a_h1" in results["output"]
    assert [test["name"] for test in results["tests"] if test["status"] == "failed"] == ["Gradients"]


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"homework_xlsx": b"not a workbook"}, "homework.xlsx: "),
        ({}, "No workbook was found in what you handed in: no submissions in this folder; they end in .xlsx, or "),
        ({"homework_pdf": b"%PDF"}, "No workbook was found in what you handed in: "),
    ],
    ids=["unreadable", "nothing", "something else"],
)
def test_what_cannot_be_judged_is_a_result(tmp_path: Path, archive: Path, files: dict[str, bytes], says: str) -> None:
    """The student is told in words, with 0 of all points; no place in Gradescope's machine is named."""
    results = Gradescope(tmp_path / "autograder", archive, **files).judged()
    assert points(results) == (0, 100)
    assert results["output"].startswith(says)
    assert str(tmp_path) not in json.dumps(results)
    assert all(test["status"] == "failed" for test in results["tests"])


@pytest.mark.parametrize("defect", ["template", "judging"])
def test_a_defect_fails_visibly(tmp_path: Path, archive: Path, defect: str) -> None:
    """What is not the student's fault ends the script with an error, and the results tell the student that it is so."""
    gradescope = Gradescope(tmp_path / "autograder", archive, homework_xlsx=Student().book.saved())
    source = gradescope.root / "source"
    (gradescope.root / "results" / "results.json").write_text("{}")
    if defect == "template":
        (source / "template.toml").write_text("iteration = 3\n")
    else:
        with (source / "sheetprop" / "submission" / "find" / "joining.py").open("a", encoding="utf-8") as file:
            file.write("\n\ndef find_tables(book):\n    raise KeyError('a defect')\n")
    done = gradescope.run()
    assert done.returncode == 1
    assert ("unknown key 'iteration'" if defect == "template" else "KeyError: 'a defect'") in done.stderr
    assert_not_judged(gradescope)


def assert_not_judged(gradescope: Gradescope) -> None:
    """The student reads that the autograder failed, and no place in Gradescope's machine."""
    assert gradescope.results["score"] == 0
    assert gradescope.results["output"].startswith("Your workbook was not judged, because the autograder failed")
    assert str(gradescope.root) not in json.dumps(gradescope.results)


def test_results_are_there_even_if_the_script_is_killed(tmp_path: Path, archive: Path) -> None:
    """For want of memory, say: what the student reads was written before."""
    gradescope = Gradescope(tmp_path / "autograder", archive, homework_xlsx=Student().book.saved())
    with (gradescope.root / "source" / "sheetprop" / "submission" / "find" / "joining.py").open("a") as file:
        file.write("\n\ndef find_tables(book):\n    import os\n    os.kill(os.getpid(), 9)\n")
    assert gradescope.run().returncode == -9
    assert_not_judged(gradescope)


def test_an_id_and_an_address_of_two_students_are_no_owner(tmp_path: Path, archive_with_numbers: Path) -> None:
    """Who is known by one's id and another's address is judged by the numbers of neither."""
    data = Student(given=ADA).book.saved()
    both = user("s1", "bob@example.org")
    gradescope = Gradescope(tmp_path / "autograder", archive_with_numbers, both, homework_xlsx=data)
    with pytest.raises(sheetprop.InputError, match=r"s1 and bob@example\.org are of one student on Gradescope, of"):
        gradescope.judged()
    assert_not_judged(gradescope)


def test_a_link_is_not_followed(tmp_path: Path, archive: Path) -> None:
    """Not to the key beside the submission, nor to anything else in Gradescope's machine."""
    gradescope = Gradescope(tmp_path / "autograder", archive)
    (gradescope.root / "key.xlsx").write_bytes(Student().book.saved())
    (gradescope.root / "submission" / "homework.xlsx").symlink_to(gradescope.root / "key.xlsx")
    results = gradescope.judged()
    assert points(results) == (0, 100)
    assert "This is a link to another file" in results["output"]


@pytest.mark.parametrize(
    "users",
    [
        [user("s1", "someone@example.org")],
        [user(None, "ADA@example.org")],
        [user("", "ada@example.org")],
        [user("=2", "bob@example.org"), user("s1", "ada@example.org")],
    ],
    ids=["by id", "by address", "by address, id empty", "in a group"],
)
def test_students_are_judged_by_their_own_numbers(
    tmp_path: Path, archive_with_numbers: Path, users: list[dict[str, object]]
) -> None:
    """Who handed in is known from Gradescope, by id or address; a group may use the numbers of any of its members."""
    data = Student(given=ADA).book.saved()
    results = Gradescope(tmp_path / "autograder", archive_with_numbers, *users, homework_xlsx=data).judged()
    assert points(results) == (100, 100)
    assert results["output"].startswith("homework.xlsx: right, 100 of 100")


def test_numbers_of_another_student_are_told(tmp_path: Path, archive_with_numbers: Path) -> None:
    """Bob, handing in what has Ada's numbers, loses the points for initial values, and reads no name."""
    data = Student(given=ADA).book.saved()
    bob = user("=2", "bob@example.org")
    results = Gradescope(tmp_path / "autograder", archive_with_numbers, bob, homework_xlsx=data).judged()
    assert points(results)[0] < 100
    assert "those of another student's hand-out" in " ".join(results["output"].split())
    assert not {"Ada", "s1", "ada@example.org"} & set(json.dumps(results).replace('"', " ").split())


def test_a_student_without_numbers_is_told(tmp_path: Path, archive_with_numbers: Path) -> None:
    """Whom the list lacks is judged nevertheless, and the first line says what could not be checked."""
    data = Student(given=ADA).book.saved()
    late = user("s9", "late@example.org")
    results = Gradescope(tmp_path / "autograder", archive_with_numbers, late, homework_xlsx=data).judged()
    first, _, rest = results["output"].partition("\n\n")
    assert first.startswith("No numbers were assigned to s9, late@example.org: ")
    assert rest.startswith("homework.xlsx: right, 100 of 100")


@pytest.mark.parametrize("users", [[], [{"id": 1, "name": "Someone"}]], ids=["nobody", "without marks"])
def test_nobody_is_judged_by_numbers_of_nobody(
    tmp_path: Path, archive_with_numbers: Path, users: list[dict[str, object]]
) -> None:
    """Where Gradescope tells nothing of the student, personal numbers cannot be judged: that is no result."""
    data = Student(given=ADA).book.saved()
    gradescope = Gradescope(tmp_path / "autograder", archive_with_numbers, *users, homework_xlsx=data)
    with pytest.raises(sheetprop.InputError, match="neither a student id nor an e-mail address"):
        gradescope.judged()
    assert_not_judged(gradescope)


def test_archive_is_as_gradescope_takes_it(archive: Path) -> None:
    """The two scripts are at its root and executable, with Unix line ends; the rest is plain and as in the folder."""
    folder = archive.with_suffix("")
    with zipfile.ZipFile(archive) as package:
        members = {info.filename: info for info in package.infolist()}
        assert {"run_autograder", "setup.sh", "template.toml", "requirements.txt"} < set(members)
        assert "assigned.csv" not in members
        executable = [name for name, info in members.items() if info.external_attr >> 16 & stat.S_IXUSR]
        assert sorted(executable) == ["run_autograder", "setup.sh"]
        assert all(stat.S_ISREG(info.external_attr >> 16) for info in members.values())
        assert {info.date_time for info in members.values()} == {(1980, 1, 1, 0, 0, 0)}
        for name in executable:
            assert package.read(name).startswith(b"#!")
            assert b"\r" not in package.read(name)
        on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        assert on_disk == set(members)
        assert all((folder / name).read_bytes() == package.read(name) for name in members)
    assert not any("__pycache__" in name for name in members)


def test_it_holds_template_package_and_what_that_needs(tmp_path: Path) -> None:
    """The template is there with its comments, the package with its templates, and pyproject's dependencies."""
    folder = written(tmp_path).with_suffix("")
    assert (folder / "template.toml").read_text(encoding="utf-8") == TEMPLATE
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (folder / "requirements.txt").read_text(encoding="utf-8").splitlines() == project["dependencies"]
    for path in (ROOT / "sheetprop").rglob("*.py"):
        assert (folder / path.relative_to(ROOT)).read_bytes() == path.read_bytes()
    for path in (ROOT / "templates").rglob("*.*"):
        assert (folder / "sheetprop" / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


def test_setup_asks_for_the_python_that_the_package_needs() -> None:
    """setup.sh looks for the very Python that pyproject.toml asks for, and makes the one that the other script runs."""
    script = ROOT / "templates" / "autograder" / "setup.sh"
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["requires-python"]
    major, minor = needed.removeprefix(">=").split(".")
    text = script.read_text(encoding="utf-8")
    assert f"sys.version_info < ({major}, {minor})" in text
    assert f"python=python{major}.{minor}\n" in text
    assert "root=${1:-/autograder}\n" in text
    assert (
        (script.with_name("run_autograder")).read_text(encoding="utf-8").startswith("#!/autograder/venv/bin/python\n")
    )


@pytest.mark.skipif(not shutil.which("bash"), reason="setup.sh needs bash")
@pytest.mark.parametrize(("version", "python"), [("3.10", "python3.11"), ("3.12", "python3")])
@pytest.mark.parametrize("failing", [None, "pip", "generate", "validate"])
def test_setup_makes_a_python_and_tries_it(tmp_path: Path, version: str, python: str, failing: str | None) -> None:
    """A Python that is new enough is installed beside that of the system; what judges nothing right fails the build."""
    root, said = tmp_path / "autograder", tmp_path / "said"
    (tmp_path / "bin").mkdir()
    root.mkdir()
    for name, body in {
        "apt-get": "",
        "made": f"case $* in *{failing}*) exit 1;; esac",
        "python3": f"[ $1 != -c ] || exit {int(version < '3.11')}; {MAKES_ENVIRONMENT}",
        "python3.11": MAKES_ENVIRONMENT,
    }.items():
        stub = tmp_path / "bin" / name
        stub.write_text(f'#!/bin/sh\necho "${{0##*/}} $*" >> {said}\n{body}\n')
        stub.chmod(0o755)
    done = subprocess.run(
        ["bash", ROOT / "templates" / "autograder" / "setup.sh", root],
        env=os.environ | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "MADE": str(tmp_path / "bin")},
        check=False,
    )
    assert done.returncode == (1 if failing else 0)
    lines = said.read_text().splitlines()
    assert lines[0].startswith("python3 -c ")
    assert lines[1:4] == [
        "apt-get update",
        f"apt-get install --yes --no-install-recommends {python} {python}-venv",
        f"{python} -m venv {root}/venv",
    ]
    assert lines[4].startswith("python -m pip install ")
    assert lines[4].endswith(f" {root}/source/requirements.txt")
    steps = [line.split()[3] for line in lines[4:]]
    assert steps == ["install", "generate", "validate"][: {"pip": 1, "generate": 2}.get(failing or "", 3)]


def test_a_package_without_checkout_writes_one_too(tmp_path: Path, archive: Path) -> None:
    """An installed package, whose templates are in it, writes the same; what it needs is what it was installed with."""
    done = subprocess.run(
        [sys.executable, "-m", "sheetprop", "autograder", str(tmp_path / "hw1"), "--template", "course"],
        cwd=archive.with_suffix(""),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    needed = (tmp_path / "hw1" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("formualizer") for line in needed)
    assert not any("extra" in line for line in needed)
    own = archive.with_suffix("") / "sheetprop"
    for path in own.rglob("*.*"):
        if "__pycache__" not in path.parts and path.is_file():
            assert (tmp_path / "hw1" / path.relative_to(own.parent)).read_bytes() == path.read_bytes()


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    """Written again, elsewhere, the archive is the same."""
    (tmp_path / "elsewhere").mkdir()
    assert written(tmp_path).read_bytes() == written(tmp_path / "elsewhere").read_bytes()


def test_the_command_tells_what_to_do(call_sheetprop: Call, tmp_path: Path) -> None:
    """It says what it wrote and how many points Gradescope must be told; --json has the same."""
    class_list(tmp_path)
    said = call_sheetprop("autograder", "hw1", "--assigned", ".")
    assert (said.returncode, said.stderr) == (0, "")
    title = load_assignment().title
    assert said.stdout.startswith(f"Wrote hw1.zip: an autograder for “{title}”, with the numbers of 2 students.\n")
    assert "a programming assignment of 100 points" in said.stdout
    assert call_sheetprop("autograder", "hw1").returncode == 2
    (tmp_path / "hw1" / "old").write_text("left by an earlier version")
    said = call_sheetprop("autograder", "hw1", "--force", "--json")
    expected = {"folder": "hw1", "archive": "hw1.zip", "title": title, "points": 100, "students": None}
    assert json.loads(said.stdout) == expected
    assert not {"old", "assigned.csv"} & {path.name for path in (tmp_path / "hw1").iterdir()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["assigned.csv", "hw1", "hw1.zip"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["new", "--template", "nope"], "--template: 'nope' is neither a file nor a template's name"),
        (["new", "--assigned", "nope"], "nope: cannot be read: "),
        (["new", "--assigned", "class.csv"], "class.csv, line 1: not the headings of a list that assign wrote"),
        (["there"], "there: holds an autograder already; use --force to replace it, or another folder"),
        (["other"], "other: holds other files; name a folder of its own"),
        (["other", "--force"], "other: holds other files; name a folder of its own"),
        (["zipped"], "zipped.zip: exists already; use --force"),
        (["class.csv", "--force"], "class.csv: is a file; name a folder for an autograder"),
        (["no/new"], "no/new: the folder no does not exist; create it first"),
        ([".", "--force"], ".: name a folder of its own"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_refusals(call_sheetprop: Call, tmp_path: Path, arguments: list[str], says: str) -> None:
    """What cannot be done is said in one line, with exit code 2, and everything is as it was."""
    for name in ("there/run_autograder", "other/thesis.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("precious")
    (tmp_path / "class.csv").write_text("id,name\n1,Ada\n")
    (tmp_path / "zipped.zip").write_text("precious")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    said = call_sheetprop("autograder", *arguments)
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith(f"sheetprop: {says}")
    assert said.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the new folder cannot take the old one's place, folder and archive stay as they were."""
    archive = written(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    rename = Path.rename

    def fails(self: Path, target: Path) -> Path:
        if self.name == "folder":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails)
    with pytest.raises(sheetprop.InputError, match=r"hw1\.zip: cannot be written: the disk is full"):
        written(tmp_path, force=True, assigned=class_list(tmp_path))
    (tmp_path / "assigned.csv").unlink()
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert archive.exists()
