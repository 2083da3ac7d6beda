"""The command: what it says, where it says it, its exit codes, and what it leaves on disk."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
import typer

import sheetprop
from sheetprop.cli import app
from tests.conftest import HEEDING

SMALL = ["--iterations", "5", "--lr", "0.5"]
QUICK = [*SMALL, "--no-verify"]
OVERFLOWING = ["--inputs", "300,300", "--lr", "1000000", "--iterations", "5"]
Result = subprocess.CompletedProcess[str]
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run ``sheetprop`` as a process of its own in the test's folder."""

    def ran(*arguments: str, folder: Path = tmp_path, **environment: str) -> Result:
        return subprocess.run(
            [sys.executable, "-m", "sheetprop", *arguments],
            cwd=folder,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )

    return ran


@pytest.fixture
def call(call_sheetprop: Run) -> Run:
    """Run ``sheetprop`` in the test's folder without the wait for another Python."""
    return call_sheetprop


def files(folder: Path) -> dict[str, bytes | None]:
    """Everything in a folder by name: the bytes of files, None for folders."""
    return {path.name: None if path.is_dir() else path.read_bytes() for path in folder.rglob("*")}


def commands() -> dict[str, Any]:
    """The commands by the words that call them, with the command of the words alone."""
    tree: Any = typer.main.get_command(app)
    return {"": tree} | dict(tree.commands)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["new.xlsx", "--iterations", "0"], "iterations: 0 is not possible; the least is 1"),
        (["new.xlsx", "--iterations", "-1"], "iterations: -1 is not possible; the least is 1"),
        (["new.xlsx", "--iterations", "2000000"], "iterations: 2,000,000 do not fit on a sheet; at most 1,000,000"),
        (["new.xlsx", "--iterations", "2.5"], "--iterations: 2.5 is not a whole number"),
        (["new.xlsx", "--iterations", "abc"], "--iterations: abc is not a whole number"),
        (["new.xlsx", "--iterations"], "--iterations: its value is missing"),
        (["new.xlsx", "--lr", "0.5", "--lr", "0.50"], "--lr: 0.5 is given twice"),
        (["new.xlsx", "--lr", "nan"], "--lr: nan is not possible"),
        (["new.xlsx", "--lr", "inf"], "--lr: inf is not possible"),
        (["new.xlsx", "--lr", "0"], "--lr: 0.0 is not possible"),
        (["new.xlsx", "--lr", "-0.5"], "--lr: -0.5 is not possible"),
        (["new.xlsx", "--weights", "1,2,3,4,5,6,7"], "weights: expected 8 numbers (w1 … w8), got 7"),
        (["new.xlsx", "--weights", "1,2,3,4,5,6,7,nan"], "weights: w8 is nan"),
        (["new.xlsx", "--weights", "1,2,three"], "--weights: 1,2,three is not a list of numbers"),
        (["new.xlsx", "--inputs", "0.5"], "inputs: expected 2 numbers (i1 … i2), got 1"),
        (["new.xlsx", "--seed", "1", "--weights", "1,2,3,4,5,6,7,8"], "weights: given twice"),
        (["new.xlsx", "--seed", "-1"], "seed: -1 is negative"),
        (["new.xlsx", "--layout", "wide"], "--layout: wide is not a layout; write full or classic"),
        (["new.xlsx", "--template", "nope"], "one of course, course-targets-01-99, signed-weights"),
        (["new.xlsx", "--template", "wrong.toml"], "wrong.toml, line 2: unknown key 'iteration'"),
        (
            ["new.xlsx", "--template", "broken.toml"],
            "broken.toml, line 1: not a TOML file: “iterations: 3”: write a key, = and a value",
        ),
        (["new.xlsx", "--template", "binary.toml"], "binary.toml: not a TOML file: "),
        (["new.xlsx", "--template", "folder.xlsx"], "template: 'folder.xlsx' is neither a file nor a template's name"),
        (["there.xlsx"], "there.xlsx: exists already; use --force"),
        (["missing/new.xlsx"], "missing/new.xlsx: the folder missing does not exist; create it first"),
        (["new.docx"], "new.docx: a workbook's name must end in .xlsx"),
        (["folder.xlsx"], "folder.xlsx: is a folder"),
        (["folder.xlsx", "--force"], "folder.xlsx: is a folder"),
        (["n" * 300 + ".xlsx"], "n.xlsx: "),
        (["new.xlsx", "other.xlsx"], "other.xlsx: too much for sheetprop generate"),
        (["new.xlsx", "--iteration", "5"], "--iteration"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value)[:40],
)
def test_what_cannot_be_done_is_said_in_one_line(call: Run, tmp_path: Path, arguments: list[str], says: str) -> None:
    """Exit code 2, one line on stderr, nothing on stdout, no traceback, and the folder as it was."""
    check_refusal(call, tmp_path, ["generate", *arguments], says)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["generate", "new.xlsx", "--iterations", "abc"], "--iterations: abc is not a whole number"),
        (["generate", "new.xlsx", "--lr", "nan"], "--lr: nan is not possible"),
        (["generate", "new.xlsx", "--template", "binary.toml"], "binary.toml: not a TOML file: "),
        (["generate", "there.xlsx"], "there.xlsx: exists already; use --force"),
        (["generat"], "generat"),
        (["--nope"], "--nope"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value),
)
def test_a_shell_sees_the_same(run: Run, tmp_path: Path, arguments: list[str], says: str) -> None:
    """As a process of its own the command refuses in the same way, whatever Python and its libraries print."""
    check_refusal(run, tmp_path, arguments, says)


def check_refusal(run: Run, folder: Path, arguments: list[str], says: str) -> None:
    """Run the command beside files of every kind, and check all that a refusal promises."""
    (folder / "there.xlsx").write_bytes(b"precious")
    (folder / "folder.xlsx").mkdir()
    (folder / "wrong.toml").write_text("# mine\niteration = 3\n")
    (folder / "broken.toml").write_text("iterations: 3\n")
    (folder / "binary.toml").write_bytes(b"\xff\xfe\x00")
    before = files(folder)
    result = run(*arguments)
    assert result.returncode == 2
    assert result.stdout == ""
    assert re.fullmatch(r"sheetprop: \S[^\n]*\n", result.stderr)
    assert says in result.stderr
    assert "unexpected failure" not in result.stderr
    assert files(folder) == before


def test_debug_shows_the_traceback(call: Run) -> None:
    """With --debug the traceback stands before the one line."""
    result = call("generate", "new.docx", "--debug")
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert result.stderr.splitlines()[-1].startswith("sheetprop: new.docx: ")


def test_a_defect_of_ours_is_said_in_one_line(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even an unforeseen failure shows no traceback, and tells how to see it."""

    def fails(**_: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("sheetprop.generation.generate", fails)
    result = call("generate", "new.xlsx")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "sheetprop: unexpected failure: RuntimeError: two lines (run again with --debug for the traceback)\n"
    )


def test_without_options_the_course_is_generated(call: Run, tmp_path: Path) -> None:
    """``sheetprop generate`` writes backpropagation.xlsx and says on stdout what it wrote."""
    result = call("generate", "--no-verify")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Wrote backpropagation.xlsx: 11 sheets, ")
    assert "100 iterations at learning rates 0.1, 0.2, 0.5, 0.8, 1.0, 2.0." in result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["backpropagation.xlsx"]


def test_json_is_one_document_as_the_contract_has_it(call: Run) -> None:
    """With --json stdout is one JSON document with exactly the contract's keys, and stderr is empty."""
    result = call("generate", "new.xlsx", "--iterations", "5", "--lr", "0.5", "--lr", "2", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    document = json.loads(result.stdout)
    assert list(document) == ["path", "formulas", "sheets", "iterations", "learning_rates", "verification"]
    assert (document["path"], document["iterations"]) == ("new.xlsx", 5)
    assert document["learning_rates"] == [0.5, 2.0]
    names = ["Network", "Equations", "lr 0.5", "lr 2.0", "Learning rates", "Gradient check", "Checks"]
    assert document["sheets"] == names
    verification = document["verification"]
    errors = ["max_abs_error_vs_numpy", "max_abs_error_cached", "max_abs_error_vs_autograd"]
    assert list(verification) == ["engine", "cells", "mismatches", *errors]
    assert verification["engine"].startswith("formualizer ")
    assert verification["mismatches"] == 0
    assert verification["cells"] >= document["formulas"] > 2 * 5 * 47
    for error in errors[:2]:
        assert 0 <= verification[error] < 1e-12
    assert verification["max_abs_error_vs_autograd"] is None or 0 <= verification["max_abs_error_vs_autograd"] < 1e-12


@pytest.mark.parametrize("layout", ["full", "classic"])
def test_overflow_is_no_failure_and_names_its_first_cell(call: Run, tmp_path: Path, layout: str) -> None:
    """Where numbers overflow, exit code 0 and the first cell, row by row, that says #NUM!."""
    openpyxl = pytest.importorskip("openpyxl")
    result = call("generate", "new.xlsx", *OVERFLOWING, "--layout", layout, "--no-verify")
    assert (result.returncode, result.stderr) == (0, "")
    named = re.search(r"first cell to say #NUM! is '([^']+)'!([A-Z]+\d+) \((\S+) at iteration (\d+)\)", result.stdout)
    assert named is not None
    sheet = openpyxl.load_workbook(tmp_path / "new.xlsx", data_only=True)[named[1]]
    cell = sheet[named[2]]
    assert cell.value == "#NUM!"
    assert sheet.cell(6, cell.column).value == named[3]
    assert int(named[4]) == cell.row - 7
    assert next(c for row in sheet.iter_rows(min_row=7) for c in row if c.value == "#NUM!").coordinate == named[2]


def test_overflow_leaves_json_alone(call: Run) -> None:
    """With --json the remark on overflow goes to stderr, and the document holds neither NaN nor Infinity."""
    result = call("generate", "new.xlsx", *OVERFLOWING, "--json")
    assert result.returncode == 0

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    assert json.loads(result.stdout, parse_constant=refuse)["verification"]["mismatches"] == 0
    assert len(result.stderr.splitlines()) == 1
    assert "#NUM!" in result.stderr


@pytest.mark.parametrize("as_json", [False, True])
def test_a_number_that_is_not_confirmed_is_exit_code_1(
    call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_json: bool
) -> None:
    """A file that does not hold what was asked for is named cell by cell, with exit code 1."""

    def verified_for_other_targets(*, assignment: sheetprop.Assignment, **others: Any) -> sheetprop.Verification:
        return sheetprop.verify(assignment=replace(assignment, targets=(0.5, 0.6)), autograd=False, **others)

    monkeypatch.setattr("sheetprop.generation.verify", verified_for_other_targets)
    result = call("generate", "new.xlsx", *SMALL, *["--json"] * as_json)
    assert result.returncode == 1
    complaint = re.compile(r"^'lr 0\.5'![A-Z]+7: t2 at iteration 0: found 0\.5, expected 0\.6$", re.MULTILINE)
    if as_json:
        assert json.loads(result.stdout)["verification"]["mismatches"] > 10
        assert complaint.search(result.stderr)
    else:
        assert "MISMATCHES" in result.stdout
        assert complaint.search(result.stdout)
    assert (tmp_path / "new.xlsx").exists()


def test_force_replaces_a_file(call: Run, tmp_path: Path) -> None:
    """With --force the new workbook stands in the place of the old file, and nothing else beside it."""
    (tmp_path / "there.xlsx").write_bytes(b"old")
    result = call("generate", "there.xlsx", *QUICK, "--force")
    assert (result.returncode, result.stderr) == (0, "")
    assert list(files(tmp_path)) == ["there.xlsx"]
    assert (tmp_path / "there.xlsx").read_bytes().startswith(b"PK")


def test_options_reach_the_workbook(call: Run, tmp_path: Path) -> None:
    """Inputs, targets, weights, rates and layout stand in the file as they were asked for."""
    openpyxl = pytest.importorskip("openpyxl")
    (tmp_path / "mine.toml").write_text('title = "Mine"\niterations = 6\n')
    numbers = {"--inputs": "-1, 2e-1", "--targets": "0.01 0.99", "--weights": "1,2,3,4,-5,6,7,8"}
    asked = [part for pair in numbers.items() for part in pair]
    result = call(
        *["generate", "new.xlsx", "-t", "mine.toml", "--layout", "classic", "--learning-rate", "3", *asked],
        "--no-verify",
    )
    assert (result.returncode, result.stderr) == (0, "")
    book = openpyxl.load_workbook(tmp_path / "new.xlsx", data_only=True)
    assert book.properties.title == "Mine"
    header, *rows = list(book["lr 3.0"].values)[5:]
    first = dict(zip(header, rows[0], strict=True))
    expected = [0.01, 0.99, -1, 0.2, 1, 2, 3, 4, -5, 6, 7, 8]
    assert [first[key] for key in sheetprop.load_assignment().given] == expected
    assert header[0] == "t1"
    assert len([row for row in rows if row[0] is not None]) == 6


def test_the_same_input_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    """Two runs, in other folders, time zones and with other hash seeds, write the same file."""
    written = []
    for name, environment in (
        ("a", {"PYTHONHASHSEED": "1", "TZ": "UTC"}),
        ("b", {"PYTHONHASHSEED": "2", "TZ": "JST-9"}),
    ):
        (tmp_path / name).mkdir()
        result = run("generate", "new.xlsx", *QUICK, "--seed", "3", folder=tmp_path / name, **environment)
        assert result.returncode == 0
        written.append((tmp_path / name / "new.xlsx").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize("command", commands())
def test_every_command_and_option_has_help(command: str, call: Run) -> None:
    """--help exits 0, prints to stdout only, and says something about the command and each of its options."""
    result = call(*command.split(), "--help")
    assert (result.returncode, result.stderr) == (0, "")
    found = commands()[command]
    assert found.help
    assert found.params
    for parameter in found.params:
        assert parameter.help, parameter.name
        shown = parameter.opts[-1] if parameter.param_type_name == "option" else parameter.metavar.strip("[]")
        assert shown in result.stdout


def test_usage_is_that_of_the_readme(call: Run) -> None:
    """The usage line has the output's name in one pair of brackets: it can be left out."""
    said = call("generate", "--help").stdout
    assert re.search(r"^Usage: .* generate (\[OPTIONS\] )?\[OUTPUT\.xlsx\]$", said, re.MULTILINE)


def test_sheetprop_alone_prints_help(call: Run) -> None:
    """Without a command the help says which there are."""
    result = call()
    assert (result.returncode, result.stderr) == (0, "")
    assert "generate" in result.stdout


def test_version_is_printed(call: Run) -> None:
    """--version prints the package's version."""
    assert call("--version").stdout == f"sheetprop {metadata.version('sheetprop')}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["generate", "--help"]], ids=" ".join)
def test_help_waits_for_nothing_heavy(arguments: list[str]) -> None:
    """Help imports neither NumPy nor pandas nor torch, nor what reads and writes workbooks."""
    code = f"""if True:
        import sys
        from sheetprop.cli import main
        sys.argv = ["sheetprop", *{arguments!r}]
        try:
            main()
        except SystemExit as end:
            heavy = {{"numpy", "pandas", "torch", "formualizer", "xlsxwriter"}}
            print(end.code or 0, sorted(heavy & set(sys.modules)), file=sys.stderr)
    """
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stderr.split() == [b"0", b"[]"]


@pytest.mark.parametrize("arguments", [["generate", "--help"], ["generate", "π.xlsx", *QUICK]], ids=["help", "path"])
def test_any_console_can_show_what_is_said(run: Run, arguments: list[str]) -> None:
    """A console or pipe that lacks a character, as Windows' code page 1252, is no reason to fail."""
    result = run(*arguments, PYTHONIOENCODING="cp1252")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_leaves_nothing_half_written(tmp_path: Path, number: signal.Signals) -> None:
    """Stopped while it writes, the command exits as its signal asks and leaves neither file nor folder."""
    big = ["--iterations", "10000", "--lr", "0.5", "--no-verify"]
    with subprocess.Popen(
        [sys.executable, "-c", HEEDING, "generate", "new.xlsx", *big],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not list(tmp_path.glob(".*/*")):
            assert process.poll() is None, "it ended before it wrote anything"
            time.sleep(0.005)
        process.send_signal(number)
        said, complaint = process.communicate()
    assert process.returncode == 128 + number
    assert said == ""
    assert "Traceback" not in complaint
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_is_said(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with exit code 130 and one line that says that nothing is half written."""

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sheetprop.generation.generate", interrupted)
    result = call("generate", "new.xlsx")
    assert (result.returncode, result.stdout) == (130, "")
    assert result.stderr == "sheetprop: interrupted; nothing was left half written\n"


@pytest.mark.skipif(os.name != "posix", reason="the streams are those of POSIX")
@pytest.mark.parametrize(
    ("streams", "code", "says"),
    [
        ("| true", 1, ""),
        (">&-", 1, ""),
        ("2>&-", 1, ""),
        ("2>/dev/full", 1, ""),
        (">/dev/full", 2, "sheetprop: what is printed cannot be written: the disk is full\n"),
    ],
)
def test_who_does_not_read_what_is_printed_changes_no_exit_code(
    tmp_path: Path, streams: str, code: int, says: str
) -> None:
    """A pipe that is closed at once, as that of head is in the end, a closed stream; a full disk is told in a line."""
    (tmp_path / "work.xlsx").write_bytes(b"no workbook")
    line = f"{sys.executable} -c '{HEEDING}' validate work.xlsx --json"
    line = f"({line}; echo $? >code) {streams}" if "|" in streams else f"{line} {streams}; echo $? >code"
    if "/dev/full" in streams and not Path("/dev/full").exists():
        pytest.skip("no full device on this system")
    done = subprocess.run(["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert int((tmp_path / "code").read_text()) == code
    assert done.stderr == says
