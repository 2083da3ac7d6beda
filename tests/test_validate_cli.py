"""The command ``validate``: what it says, where it says it, its exit codes, and what it leaves on disk."""

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sheetprop.report.claim import LOCK
from sheetprop.submission.open.intake import REPORT_MARK

SAMPLES = Path(__file__).parents[1] / "workbooks"
RIGHT, WRONG = "right.xlsx", "wrong.xlsx"
ASKED = "iterations = 20\nlearning_rates = [0.5]\n"
"""What the student whose workbook is wrong was asked."""
KEYS = ["path", "status", "score", "max_score", "points", "tables", "findings"]
Result = subprocess.CompletedProcess[str]
Call = Callable[..., Result]


@pytest.fixture
def call(call_sheetprop: Call) -> Call:
    """Run ``sheetprop validate`` in a folder with a right workbook, a wrong one, and what was asked (asked.toml)."""
    shutil.copyfile(SAMPLES / "backpropagation.xlsx", RIGHT)
    shutil.copyfile(SAMPLES / "handout-mistake.xlsx", WRONG)
    Path("asked.toml").write_text(ASKED, encoding="utf-8")
    return partial(call_sheetprop, "validate")


def document(result: Result) -> list[dict]:
    """The submissions in what ``--json`` printed."""
    return json.loads(result.stdout)["submissions"]


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder by its path there."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize(
    ("option", "about"),
    [
        ("PATH...", "zip archives"),
        ("-t, --template", "The assignment: a template"),
        ("-r, --report DIR", "annotated"),
        ("-w, --workers", "one per"),
        ("--dask SCHEDULER", "same folders"),
        ("--resume", "not judged again"),
        ("-f, --force", "Replace"),
        ("-q, --quiet", "exit code"),
        ("-b, --brief", "A class on one screen"),
        ("--json", "one JSON document"),
        ("--debug", "traceback"),
        ("-h, --help", "Show this message"),
    ],
)
def test_help_explains_every_option(call: Call, option: str, about: str) -> None:
    """The help has a line on each option and on the paths, and names the exit codes."""
    result = call("--help")
    assert (result.returncode, result.stderr) == (0, "")
    text = " ".join(result.stdout.split())
    _, found, explained = text.partition(f" {option} ")
    assert found
    assert about in explained[:150]
    assert re.search(r"Exit codes: 0 .+; 1 .+; 2 .+", text)


def test_help_waits_for_nothing_heavy() -> None:
    """The help of the command loads no library for workbooks, numbers or tables."""
    code = f"""if True:
        import sys
        from sheetprop.cli import main
        sys.argv = ["sheetprop", "validate", "--help"]
        try:
            main()
        except SystemExit as end:
            heavy = { ({"numpy", "pandas", "torch", "formualizer", "xlsxwriter", "openpyxl", "lxml"})!r}
            print(end.code or 0, sorted(heavy & set(sys.modules)), file=sys.stderr)
    """
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stderr.split() == [b"0", b"[]"]


def test_judging_loads_no_pandas() -> None:
    """The command judges and prints JSON without the wait for pandas or torch."""
    code = f"""if True:
        import sys
        from sheetprop.cli import main
        sys.argv = ["sheetprop", "validate", {str(SAMPLES / "handout-mistake.xlsx")!r}, "--json"]
        try:
            main()
        except SystemExit as end:
            print(end.code, sorted({{"pandas", "torch"}} & set(sys.modules)), file=sys.stderr)
    """
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stderr.split() == [b"1", b"[]"]


@pytest.mark.parametrize(
    ("paths", "code"),
    [([RIGHT], 0), ([WRONG], 1), ([RIGHT, WRONG], 1), (["."], 1), (["text.xlsx"], 1), ([RIGHT, "text.xlsx"], 1)],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
@pytest.mark.parametrize("form", [[], ["--json"], ["--quiet"]], ids=["text", "json", "quiet"])
def test_exit_codes(call: Call, paths: list[str], code: int, form: list[str]) -> None:
    """0 where all are right, 1 where one is wrong or cannot be read, whatever is printed; nothing goes to stderr."""
    Path("text.xlsx").write_text("no workbook", encoding="utf-8")
    result = call(*paths, *form)
    assert (result.returncode, result.stderr) == (code, "")


def test_what_is_missing_is_no_success(call: Call) -> None:
    """Exit code 1 too where nothing is wrong but something is missing, which one line names."""
    Path("more.toml").write_text("learning_rates = [0.1, 0.3]\niterations = 120\n[rubric]\n", encoding="utf-8")
    result = call(RIGHT, "--template", "more.toml")
    assert result.returncode == 1
    assert result.stdout.startswith(f"{RIGHT}: incomplete, ")
    line = result.stdout.splitlines()[1]
    assert line == "  missing  Iterations: 100 of 120 (in 6 of 6 tables); Learning rates: 1 of 2 covered; not 0.3"


def test_a_workbook_with_too_little_in_it_is_no_success(call: Call) -> None:
    """A workbook without an iteration table is incomplete, and that is exit code 1."""
    openpyxl = pytest.importorskip("openpyxl")
    openpyxl.Workbook().save("empty.xlsx")
    result = call("empty.xlsx")
    assert result.returncode == 1
    assert result.stdout.startswith("empty.xlsx: incomplete, 0 of 100\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "PATH"),
        (["missing.xlsx"], "missing.xlsx: no such file or folder"),
        ([RIGHT, "missing.xlsx"], "missing.xlsx: no such file or folder"),
        (["nothing"], "nothing: no submissions in this folder"),
        ([RIGHT, "--template", "nope"], "one of course, course-targets-01-99, signed-weights"),
        ([RIGHT, "--template", "wrong.toml"], "wrong.toml, line 3: rubric: unknown criterion 'chat'"),
        ([RIGHT, "--workers", "0"], "workers: 0 is not possible"),
        ([RIGHT, "--workers", "two"], "--workers: two is not a whole number"),
        ([RIGHT, "--report", WRONG], f"{WRONG}: is a file; name a folder"),
        ([RIGHT, "--report", "missing/report"], "the folder missing does not exist; create it first"),
        ([RIGHT, "--report", "there"], "there: holds a report already; use --force"),
        ([RIGHT, "--reports", "there"], "--report"),
        ([RIGHT, "--resume"], "--resume: completes a report; name its folder with --report"),
        ([RIGHT, "--report", "there", "--resume", "--force"], "--resume: keeps what --force replaces"),
        ([RIGHT, "--report", "there", "--force", "--dask", "somewhere"], "somewhere: is neither the address nor"),
        (
            [RIGHT, "--report", "there", "--force", "--dask", "no.json"],
            "no.json: cannot be read: there is no such",
        ),
        ([RIGHT, "--dask", "tcp://127.0.0.1:1", "--workers", "2"], "workers: 2 does not go with a Dask cluster"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value),
)
@pytest.mark.parametrize("form", [[], ["--json"], ["--quiet"]], ids=["text", "json", "quiet"])
def test_what_cannot_be_done_is_said_in_one_line(
    call: Call, tmp_path: Path, arguments: list[str], says: str, form: list[str]
) -> None:
    """Exit code 2, one line on stderr even with --quiet, nothing on stdout, no traceback, and the folder as it was."""
    Path("nothing").mkdir()
    Path("there").mkdir()
    Path("there", "gradebook.xlsx").write_bytes(b"precious")
    Path("wrong.toml").write_text("iterations = 20\n[rubric]\nchat = 5\n", encoding="utf-8")
    before = files(tmp_path)
    result = call(*arguments, *form)
    assert (result.returncode, result.stdout) == (2, "")
    assert re.fullmatch(r"sheetprop: \S[^\n]*\n", result.stderr)
    assert says in result.stderr
    assert "unexpected failure" not in result.stderr
    assert files(tmp_path) == before


def test_text_says_what_is_wrong_where_and_what_belongs_there(call: Call) -> None:
    """The mistake is told once, with the formula found and the one expected, and both its columns are named."""
    result = call(WRONG, "--template", "asked.toml")
    assert result.stdout.startswith(f"{WRONG}: wrong, 96.88 of 100\n")
    assert re.search(r"^  error +'Sheet1'!Z4:Z23  ∂E/∂w3 uses a_h1 \(J4\)", result.stdout, re.MULTILINE)
    assert len(re.findall(r"^ +found +=.+\*J4\*\(1-J4\)\*C4$", result.stdout, re.MULTILINE)) == 1
    assert len(re.findall(r"^ +expected +=.+\*L4\*\(1-L4\)\*C4$", result.stdout, re.MULTILINE)) == 1
    assert re.search(r"^ +also in +'Sheet1'!AA4:AA23 \(∂E/∂w4\)$", result.stdout, re.MULTILINE)


def test_several_are_listed_and_summed_up(call: Call) -> None:
    """Of several workbooks there is a table, in the order given, and a last line with the totals."""
    result = call(WRONG, RIGHT)
    heading, first, second = result.stdout.splitlines()[:3]
    assert heading.split()[:3] == ["submission", "status", "score"]
    assert (first.split()[:2], second.split()[:2]) == ([WRONG, "wrong"], [RIGHT, "right"])
    assert "2 submissions: 1 right, 1 wrong" in result.stdout


@pytest.mark.parametrize("report", [[], ["--report", "report"]], ids=["", "with a report"])
def test_json_is_one_document_and_nothing_else(call: Call, report: list[str]) -> None:
    """With --json stdout is one JSON document as the contract has it, also beside a report."""
    result = call(WRONG, RIGHT, "--json", *report)
    assert (result.returncode, result.stderr) == (1, "")
    assert list(json.loads(result.stdout)) == ["submissions"]
    wrong, right = document(result)
    assert list(wrong) == list(right) == KEYS
    assert (wrong["path"], wrong["status"]) == (WRONG, "wrong")
    assert (right["path"], right["status"]) == (RIGHT, "right")
    assert wrong["tables"][0]["columns"]["dE_dw3"] == "Z"
    assert wrong["tables"][0]["learning_rate"] == {"cell": "B1", "value": 0.5}
    finding = wrong["findings"][0]
    assert list(finding) == [
        "code", "severity", "quantity", "sheet", "cells", "places", "message", "found", "expected"
    ]  # fmt: skip
    assert (finding["code"], finding["sheet"], finding["cells"]) == ("handout-mistake", "Sheet1", "Z4:Z23")
    assert finding["places"] == [
        {"sheet": "Sheet1", "quantity": "dE_dw3", "cells": "Z4:Z23"},
        {"sheet": "Sheet1", "quantity": "dE_dw4", "cells": "AA4:AA23"},
    ]
    assert wrong["tables"][0]["network"] == "2-2-2, sigmoid, half squared error"
    assert list(wrong["points"][0]) == ["criterion", "points", "max", "reason"]
    assert sum(line["points"] for line in wrong["points"]) == pytest.approx(wrong["score"])
    assert sum(line["max"] for line in wrong["points"]) == wrong["max_score"]


def test_brief_is_a_class_on_one_screen(call: Call) -> None:
    """With --brief there are the grades, the totals and how many made which mistake, and no finding."""
    result = call(WRONG, RIGHT, "--brief")
    table, totals, common = result.stdout.rstrip("\n").split("\n\n")
    assert [line.split()[0] for line in table.splitlines()] == ["submission", WRONG, RIGHT]
    assert totals == "2 submissions: 1 right, 1 wrong, 0 incomplete, 0 unreadable"
    assert re.search(r"^  1  error +A mistake that stood in the hand-out$", common, re.MULTILINE)
    assert "expected" not in result.stdout


def test_the_page_is_headed_by_the_assignment_and_the_student(call: Call) -> None:
    """A student's page says of which assignment it is, and whose: by name where that is known, else by the file."""
    Path("titled.toml").write_text(f'title = "Week 3 & 4"\n{ASKED}', encoding="utf-8")
    call(WRONG, "--template", "titled.toml", "--report", "report")
    (page,) = Path("report", "submissions").glob("*/feedback.html")
    assert "<title>Week 3 &amp; 4: wrong.xlsx</title>" in page.read_text(encoding="utf-8")
    assert "<h1>Week 3 &amp; 4</h1>" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("report", [[], ["--report", "report"]], ids=["", "with a report"])
def test_quiet_prints_nothing(call: Call, report: list[str]) -> None:
    """With --quiet neither stdout nor stderr has a character, and the exit code tells; a report is still written."""
    result = call(WRONG, "--quiet", *report)
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "")
    assert Path("report", "gradebook.xlsx").exists() == bool(report)


@pytest.mark.parametrize(
    ("rubric", "score", "most"),
    [
        ("", 96.88, 100),
        ("gradients = 45", 114.38, 120),
        ("gradients = 45\nper = 'column'", 108.75, 120),
        ("gradients = 0", 75, 75),
        ("gradients = 0\nchart = 0.5", 70.5, 70.5),
    ],
)
def test_the_rubric_of_a_template_gives_the_points(call: Call, rubric: str, score: float, most: float) -> None:
    """A criterion's points are as the template says, those left out as in the course; with 0 it does not count."""
    Path("mine.toml").write_text(f"{ASKED}[rubric]\n{rubric}\n", encoding="utf-8")
    (submission,) = document(call(WRONG, "--template", "mine.toml", "--json"))
    assert (submission["score"], submission["max_score"]) == (score, most)


def test_a_template_says_what_was_asked(call: Call) -> None:
    """Fewer iterations and rates than asked are warnings; with a template that asks for no more there are none."""
    asked_more, asked = (document(call(WRONG, *options, "--json"))[0] for options in ([], ["-t", "asked.toml"]))
    assert {"too-few-iterations", "rate-not-covered"} <= {finding["code"] for finding in asked_more["findings"]}
    # Nor does that template say that the mistake stood in the hand-out.
    assert {finding["code"] for finding in asked_more["findings"]} >= {"handout-mistake"}
    assert {finding["code"] for finding in asked["findings"]} == {"wrong-quantity"}


def test_report_has_every_file(call: Call) -> None:
    """A report holds the documented files, the grades in the order given, and no unfinished file beside them."""
    result = call(WRONG, RIGHT, "--report", "report")
    assert (result.returncode, result.stderr) == (1, "Report: report\n")
    own = ["feedback.html", "feedback.xlsx", "judgement.json", "results.json"]
    each = [f"submissions/{name}/{file}" for name in ("right", "wrong") for file in own]
    assert sorted(files(Path("report"))) == sorted(
        [REPORT_MARK, LOCK, "gradebook.xlsx", "grades.csv", "results.json", *each]
    )
    with Path("report", "grades.csv").open(encoding="utf-8-sig", newline="") as lines:
        grades = list(csv.DictReader(lines))
    assert [(row["submission"], row["status"]) for row in grades] == [(WRONG, "wrong"), (RIGHT, "right")]
    results = json.loads(Path("report", "submissions", "wrong", "results.json").read_text(encoding="utf-8"))
    assert results["score"] == float(grades[0]["score"])
    with zipfile.ZipFile(Path("report", "submissions", "wrong", "feedback.xlsx")) as package:
        assert package.testzip() is None


def test_force_replaces_a_report(call: Call) -> None:
    """Without --force a report stays as it is; with it, its files are those that a fresh folder would get."""
    call(RIGHT, "--report", "report", "--quiet")
    before = files(Path("report"))
    assert call(WRONG, "--report", "report").returncode == 2
    assert files(Path("report")) == before
    assert call(WRONG, "--report", "report", "--force", "--seed", "7").returncode == 1
    call(WRONG, "--report", "fresh", "--quiet", "--seed", "7")
    fresh = files(Path("fresh"))
    assert {name: data for name, data in files(Path("report")).items() if name in fresh} == fresh


def test_submissions_stay_as_they_are(call: Call, tmp_path: Path) -> None:
    """Judging and reporting change no byte of what was handed in."""
    before = files(tmp_path)
    call(".", "--report", "report", "--quiet")
    assert {name: data for name, data in files(tmp_path).items() if not name.startswith("report/")} == before


@pytest.mark.parametrize("workers", ["1", "2", "5"])
def test_any_number_of_workers_gives_the_same(call: Call, workers: str) -> None:
    """However many processes judge, the document is the same, in the order given."""
    assert call(WRONG, RIGHT, "--json", "--workers", workers).stdout == call(WRONG, RIGHT, "--json").stdout


def test_an_archive_is_judged_like_its_files(call: Call) -> None:
    """Workbooks in a zip archive get the same judgement under their names in it, and nothing is unpacked."""
    with zipfile.ZipFile("class.zip", "w") as archive:
        archive.write(WRONG, "Ann/homework.xlsx")
        archive.write(RIGHT, "Bob/homework.xlsx")
    before = set(Path().rglob("*"))
    inside, outside = document(call("class.zip", "--json")), document(call(WRONG, RIGHT, "--json"))
    assert [submission.pop("path") for submission in inside] == [f"class.zip/{n}/homework.xlsx" for n in ("Ann", "Bob")]
    assert [{key: s[key] for key in KEYS[1:]} for s in outside] == inside
    assert set(Path().rglob("*")) == before


def test_a_defect_of_ours_is_said_in_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even an unforeseen failure shows no traceback, and tells how to see it."""

    def fails(**_: object) -> None:
        raise RuntimeError("two\nlines")

    monkeypatch.setattr("sheetprop.validation.validate", fails)
    result = call(RIGHT)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "sheetprop: unexpected failure: RuntimeError: two lines (run again with --debug for the traceback)\n"
    )


def test_an_interrupt_is_said(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with exit code 130 and one line."""

    def interrupted(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sheetprop.validation.validate", interrupted)
    result = call(RIGHT)
    assert (result.returncode, result.stdout) == (130, "")
    assert result.stderr == "sheetprop: interrupted; nothing was left half written\n"
