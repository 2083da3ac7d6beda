"""The command on files that are broken, or made to do harm: one plain sentence for each, and no harm done."""

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import pytest
import xlsxwriter

import sheetprop
from sheetprop.submission.findings import Status
from tests.conftest import HEEDING

ROWS = 20
FIRST = 3
"""The row of iteration 0, in the file's own count."""
FORWARD = "t1 t2 i1 i2 w1 w2 w3 w4 h1 a_h1 h2 a_h2 w5 w6 w7 w8 o1 a_o1 o2 a_o2 E1 E2 E_total"
HEADINGS = [*FORWARD.split(), *(f"∂E/∂w{n}" for n in range(1, 9))]
GIVEN = [0.5, 0.5, 0.05, 0.1]
WEIGHTS = dict(zip("EFGHMNOP", [0.15, 0.2, 0.25, 0.3, 0.4, 0.45, 0.5, 0.55], strict=True))
GRADIENTS = dict(zip("EFGHMNOP", ["X", "Y", "Z", "AA", "AB", "AC", "AD", "AE"], strict=True))
BACK = "((R{r}-A{r})*R{r}*(1-R{r})*%s{r}+(T{r}-B{r})*T{r}*(1-T{r})*%s{r})*%s{r}*(1-%s{r})*%s{r}"
FORMULAS = {
    "I": "E{r}*C{r}+F{r}*D{r}",
    "J": "1/(1+EXP(-I{r}))",
    "K": "G{r}*C{r}+H{r}*D{r}",
    "L": "1/(1+EXP(-K{r}))",
    "Q": "M{r}*J{r}+N{r}*L{r}",
    "R": "1/(1+EXP(-Q{r}))",
    "S": "O{r}*J{r}+P{r}*L{r}",
    "T": "1/(1+EXP(-S{r}))",
    "U": "(A{r}-R{r})^2/2",
    "V": "(B{r}-T{r})^2/2",
    "W": "U{r}+V{r}",
    "X": BACK % ("M", "O", "J", "J", "C"),
    "Y": BACK % ("M", "O", "J", "J", "D"),
    "Z": BACK % ("N", "P", "L", "L", "C"),
    "AA": BACK % ("N", "P", "L", "L", "D"),
    "AB": "(R{r}-A{r})*R{r}*(1-R{r})*J{r}",
    "AC": "(R{r}-A{r})*R{r}*(1-R{r})*L{r}",
    "AD": "(T{r}-B{r})*T{r}*(1-T{r})*J{r}",
    "AE": "(T{r}-B{r})*T{r}*(1-T{r})*L{r}",
}


def workbook(
    changes: dict[str, str] | None = None, finish: Callable[[Any, Any], object] | None = None, rate: float | str = 0.5
) -> bytes:
    """A right workbook without stored results; ``changes`` are other formulas for columns, ``finish`` adds to it."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet("Sheet1")
        sheet.write("A1", "η")
        sheet.write("B1", rate)
        sheet.write_row(FIRST - 2, 0, HEADINGS)
        for row in range(FIRST, FIRST + ROWS):
            sheet.write_row(row - 1, 0, GIVEN)
            for column, weight in WEIGHTS.items():
                update = f"={column}{row - 1}-$B$1*{GRADIENTS[column]}{row - 1}"
                sheet.write(f"{column}{row}", weight if row == FIRST else update)
            for column, formula in (FORMULAS | (changes or {})).items():
                sheet.write_formula(f"{column}{row}", "=" + formula.format(r=row))
        if finish:
            finish(book, sheet)
    return buffer.getvalue()


def changed(parts: dict[str, bytes | Callable[[bytes], bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A right workbook with parts replaced, added or changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(buffer, "w", method) as new:
        for name in {**dict.fromkeys(old.namelist()), **parts}:
            part = parts.get(name)
            data = old.read(name) if part is None or callable(part) else part
            new.writestr(name, part(data) if callable(part) else data)
    return buffer.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip archive of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET = "xl/worksheets/sheet1.xml"
LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


def declared(declaration: str, text: str) -> bytes:
    """A worksheet with declarations of entities, and a text."""
    cell = f'<c r="A1" t="inlineStr"><is><t>{text}</t></is></c>'
    return f"<!DOCTYPE w [{declaration}]><worksheet><sheetData><row>{cell}</row></sheetData></worksheet>".encode()


def with_rows(rows: str) -> bytes:
    """A right workbook with more rows on its sheet."""
    return changed({SHEET: lambda xml: xml.replace(b"</sheetData>", f"{rows}</sheetData>".encode())})


def names(book: Any, _sheet: Any) -> None:
    """Three thousand defined names."""
    for n in range(3000):
        book.define_name(f"name_{n}", f"=Sheet1!$B${n + 1}")


def macros() -> bytes:
    """A workbook with macros, which are junk."""
    content = b'<Override PartName="/xl/vbaProject.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    return changed(
        {
            "xl/vbaProject.bin": b"junk" * 1000,
            "[Content_Types].xml": lambda xml: xml.replace(b"</Types>", content),
            "xl/_rels/workbook.xml.rels": lambda xml: with_relation(xml, "vbaProject", "vbaProject.bin"),
        }
    )


def linked() -> bytes:
    """A workbook whose learning rate comes from another workbook, which nothing here may go and fetch."""
    link = f'<externalLink xmlns="{MAIN}"><externalBook xmlns:r="{OFFICE}" r:id="rId1"/></externalLink>'.encode()
    there = f'Id="rId1" Type="{OFFICE}/externalLinkPath" Target="file:///etc/passwd" TargetMode="External"'
    relations = f'<Relationships xmlns="{RELATIONS}"><Relationship {there}/></Relationships>'.encode()
    cell = b'<c r="B1"><f>[1]Sheet1!$A$1</f><v>0.5</v></c>'
    return changed(
        {
            SHEET: lambda xml: xml.replace(b'<c r="B1"><v>0.5</v></c>', cell),
            "xl/externalLinks/externalLink1.xml": link,
            "xl/externalLinks/_rels/externalLink1.xml.rels": relations,
            "xl/_rels/workbook.xml.rels": lambda xml: with_relation(
                xml, "externalLink", "externalLinks/externalLink1.xml"
            ),
        }
    )


def with_relation(xml: bytes, kind: str, target: str) -> bytes:
    """Relationships with one more."""
    one = f'<Relationship Id="more" Type="{OFFICE}/{kind}" Target="{target}"/></Relationships>'
    return xml.replace(b"</Relationships>", one.encode())


def no_table() -> bytes:
    """A workbook with a greeting in it."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet().write("A1", "hello")
    return buffer.getvalue()


class Case(NamedTuple):
    """A file of the batch: how it is made, what it comes to, and words of a finding that tells why."""

    make: Callable[[], bytes]
    status: Status
    words: str = ""


CASES = {
    "good.xlsx": Case(workbook, Status.INCOMPLETE),
    "empty.xlsx": Case(lambda: b"", Status.UNREADABLE, "empty (0 bytes)"),
    "cut.xlsx": Case(lambda: workbook()[:5000], Status.UNREADABLE, "cut off or damaged"),
    "old.xlsx": Case(
        lambda: bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + "Workbook".encode("utf-16-le"),
        Status.UNREADABLE,
        "an old Excel workbook (.xls), whatever its name says",
    ),
    "bomb.xlsx": Case(lambda: changed({SHEET: bytes(100_000_000)}), Status.UNREADABLE, "zip bomb"),
    "laughs.xlsx": Case(
        lambda: changed({SHEET: declared(f'<!ENTITY l0 "ha">{LAUGHS}', "&l9;")}), Status.UNREADABLE, "document type"
    ),
    "entity.xlsx": Case(
        lambda: changed({SHEET: declared('<!ENTITY e SYSTEM "file:///etc/passwd">', "&e;")}),
        Status.UNREADABLE,
        "document type",
    ),
    "table.csv": Case(lambda: b"t1,t2,i1\n.5,.5,.05\n", Status.UNREADABLE, "a text file (CSV)"),
    "text.xlsx": Case(lambda: b"I did it, really.", Status.UNREADABLE, "a text file, not a workbook"),
    "sheet.ods": Case(
        lambda: zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<office/>"}),
        Status.UNREADABLE,
        "an OpenDocument spreadsheet",
    ),
    "notes.xlsx": Case(no_table, Status.INCOMPLETE, "No iteration table was found"),
    "wide range.xlsx": Case(
        lambda: with_rows('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        Status.INCOMPLETE,
    ),
    "large.xlsx": Case(lambda: large(50_000_000), Status.INCOMPLETE),
    "circle.xlsx": Case(lambda: workbook({"I": "-LN(1/J{r}-1)"}), Status.WRONG, "computed from each other"),
    "links.xlsx": Case(linked, Status.INCOMPLETE),
    "macros.xlsm": Case(macros, Status.INCOMPLETE),
    "deep.xlsx": Case(
        lambda: workbook({"J": f"1/(1+EXP(-{'(' * 1000}I{{r}}{')' * 1000}))"}), Status.WRONG, "deeper nested than Excel"
    ),
    "long.xlsx": Case(lambda: workbook({"J": f"1/(1+EXP(-I{{r}})){'+0' * 5000}"}), Status.WRONG, "longer or deeper"),
    "doubling.xlsx": Case(lambda: workbook({"I": "E{r}*C{r}+F{r}*D{r}+0*BI60"}, doubling), Status.INCOMPLETE),
    "names.xlsx": Case(lambda: workbook(finish=names), Status.INCOMPLETE),
    "archive.zip/../../evil.xlsx": Case(workbook, Status.INCOMPLETE),
    f"archive.zip/{os.sep}evil.xlsx": Case(workbook, Status.INCOMPLETE),
    "archive.zip/inner.zip/inside.xlsx": Case(workbook, Status.INCOMPLETE),
    "archive.zip/inner.zip/deeper.zip": Case(
        lambda: zipped({"x.xlsx": b""}), Status.UNREADABLE, "an archive in an archive in an archive"
    ),
}
"""Files by their names as the command shows them."""


def large(size: int) -> bytes:
    """A right workbook with so many bytes of text below its table, packed tightly but not as tightly as a bomb."""
    pick = random.Random(1)
    words = [f"{pick.random():.16f}" * 10 for _ in range(2000)]
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>{"".join(pick.choices(words, k=100))}</t></is></c></row>'
        for row in range(100, 100 + size // 18_000)
    )
    return with_rows(cells)


def doubling(_book: Any, sheet: Any) -> None:
    """Sixty helper cells, each the double of the one above: written out they would be 2^60 terms."""
    sheet.write_formula("BI1", "=E3")
    for row in range(2, 61):
        sheet.write_formula(f"BI{row}", f"=BI{row - 1}+BI{row - 1}")


def written(folder: Path) -> Path:
    """The folder, with all cases in it."""
    inner: dict[str, bytes] = {}
    archive: dict[str, bytes] = {}
    folder.mkdir()
    for name, case in CASES.items():
        if name.startswith("archive.zip/inner.zip/"):
            inner[name.removeprefix("archive.zip/inner.zip/")] = case.make()
        elif name.startswith("archive.zip/"):
            archive[name.removeprefix("archive.zip/")] = case.make()
        else:
            (folder / name).write_bytes(case.make())
    (folder / "archive.zip").write_bytes(zipped({**archive, "inner.zip": zipped(inner)}))
    return folder


def command(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """What ``sheetprop validate`` comes to, in a process of its own."""
    line = [sys.executable, "-m", "sheetprop", "validate", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, timeout=120, **options)


def strict(text: str) -> dict[str, Any]:
    """A JSON document, without NaN and Infinity, which are none."""

    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is not JSON")

    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


class Batch(NamedTuple):
    """What the command came to for all cases together."""

    folder: Path
    before: set[Path]
    after: set[Path]
    run: subprocess.CompletedProcess[str]
    seconds: float

    @property
    def found(self) -> dict[str, dict[str, Any]]:
        """The submissions by their names below the folder."""
        submissions = strict(self.run.stdout)["submissions"]
        return {submission["path"].removeprefix(f"{self.folder}/in/"): submission for submission in submissions}


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """All cases judged by the command, with a report, from a folder of its own."""
    folder = tmp_path_factory.mktemp("hostile")
    written(folder / "in")
    (folder / "here").mkdir()
    (folder / "temporary").mkdir()
    before = set(folder.rglob("*"))
    start = time.monotonic()
    run = command(
        folder / "in",
        "--report",
        folder / "report",
        "--json",
        "--workers",
        "2",
        cwd=folder / "here",
        env={**os.environ, "TMPDIR": str(folder / "temporary"), "PYTHONPATH": str(Path(__file__).parents[1])},
    )
    return Batch(folder, before, set(folder.rglob("*")), run, time.monotonic() - start)


def test_the_batch_comes_to_its_end(batch: Batch) -> None:
    """A folder of hostile files is judged in seconds, with exit code 1, nothing on stderr, and valid JSON."""
    assert (batch.run.returncode, batch.run.stderr) == (1, "")
    assert sorted(batch.found) == sorted(CASES)
    assert batch.seconds < 60


@pytest.mark.parametrize("name", CASES)
def test_each_file_gets_its_answer(batch: Batch, name: str) -> None:
    """A file that cannot be read, has no table or is wrong is told so plainly; others lack what was asked."""
    case, found = CASES[name], batch.found[name]
    errors = [finding["message"] for finding in found["findings"] if finding["severity"] == "error"]
    assert (found["status"], bool(errors)) == (case.status.value, case.status is not Status.INCOMPLETE)
    assert not errors or case.words in errors[0]
    for message in errors:
        assert message.endswith(".")
        assert message.isprintable()
        assert "Traceback" not in message
        assert len(message) < 400


def test_nothing_is_written_elsewhere(batch: Batch) -> None:
    """Whatever names and links the files hold: the report folder is all that is new, and no temporary file is left."""
    report = batch.folder / "report"
    assert not [path for path in batch.after - batch.before if not path.is_relative_to(report)]
    assert batch.before <= batch.after


def test_every_file_has_a_whole_report(batch: Batch) -> None:
    """Each submission has its page and results; each that could be opened, and only those, an annotated copy."""
    folders = list((batch.folder / "report" / "submissions").iterdir())
    assert len(folders) == len(CASES)
    for folder in folders:
        (submission,) = [strict((folder / "results.json").read_text(encoding="utf-8"))]
        assert submission["tests"]
    pages = [(folder / "feedback.html").read_text(encoding="utf-8") for folder in folders]
    assert all(page.rstrip().endswith("</html>") for page in pages)
    copies = [
        path for folder in folders for path in folder.iterdir() if path.stem == "feedback" and "xls" in path.suffix
    ]
    assert len(copies) == sum(case.status is not Status.UNREADABLE for case in CASES.values())
    assert all(zipfile.ZipFile(path).testzip() is None for path in copies)
    assert [path.parent.name for path in copies if path.suffix == ".xlsm"] == ["macros"]


def test_nothing_is_fetched(batch: Batch) -> None:
    """What entities and links to other files name is nowhere in what was found or written."""
    secret = (
        Path("/etc/passwd").read_text(encoding="utf-8").splitlines()[0] if Path("/etc/passwd").exists() else "root:"
    )
    assert secret not in batch.run.stdout
    pages = (batch.folder / "report").rglob("*.html")
    assert not [page for page in pages if secret in page.read_text(encoding="utf-8")]


def test_the_function_says_the_same(batch: Batch) -> None:
    """``sheetprop.validate`` in one process finds what the command found in two."""
    names = ["good.xlsx", "cut.xlsx", "laughs.xlsx", "notes.xlsx", "deep.xlsx", "archive.zip"]
    result = sheetprop.validate(paths=[batch.folder / "in" / name for name in names], workers=1)
    assert not result.passed
    found = {f"{batch.folder}/in/{name}": submission for name, submission in batch.found.items()}
    assert len(result.submissions) == len(names) + 3
    assert all(submission.to_dict() == found[submission.path] for submission in result.submissions)


BAD_SHEETS = {
    "not a number": lambda xml: xml.replace(b'<c r="A3"><v>0.5</v>', b'<c r="A3"><v>NaN</v>'),
    "infinite rate": lambda xml: xml.replace(b'<c r="B1"><v>0.5</v>', b'<c r="B1"><v>1e999</v>'),
    "weight that is none": lambda xml: xml.replace(b'<c r="E3"><v>0.15</v>', b'<c r="E3"><v>NaN</v>'),
    "no decimal number": lambda xml: xml.replace(b'<c r="E3"><v>0.15</v>', b'<c r="E3"><v>0x5</v>'),
    "formula in the last cell": lambda xml: xml.replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><f>1+1</f></c></row></sheetData>'
    ),
}


def limited() -> None:
    """Less memory than a workbook could ask for, so that the machine bears it."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (4 * 1024**3, 4 * 1024**3))


@pytest.mark.skipif(os.name != "posix", reason="there is no limit for memory to be set on this system")
@pytest.mark.parametrize("kind", BAD_SHEETS)
def test_one_bad_file_does_not_end_the_batch(tmp_path: Path, kind: str) -> None:
    """A workbook with a number that is none, or with a lonely formula far away, is judged, and the next one as well."""
    (tmp_path / "bad.xlsx").write_bytes(changed({SHEET: BAD_SHEETS[kind]}))
    (tmp_path / "good.xlsx").write_bytes(workbook())
    run = command(tmp_path, "--json", preexec_fn=limited)
    bad, good = strict(run.stdout)["submissions"]
    assert (good["status"], good["findings"][0]["severity"]) == ("incomplete", "warning")
    assert "time" not in bad["findings"][0]["message"]
    assert "memory" not in bad["findings"][0]["message"]


@pytest.mark.parametrize("formula", ["I{r}", "-LN(1/J{r}-1)"])
def test_a_circle_is_reported_where_it_is_made(tmp_path: Path, formula: str) -> None:
    """h1 that is computed from itself, at once or by way of a_h1, is wrong in h1, and h1 = i1·w1 + i2·w2 belongs."""
    path = tmp_path / "circle.xlsx"
    path.write_bytes(workbook({"I": formula}))
    (submission,) = sheetprop.validate(paths=[path], workers=1).submissions
    (finding,) = [finding for finding in submission.findings if finding.severity == "error"]
    assert (finding.code.value, finding.quantity, finding.cells) == ("circular-reference", "h1", "I3:I22")
    assert finding.expected == "=E3*C3+F3*D3"


def test_refusals_of_damaged_sheets_are_plain(batch: Batch) -> None:
    """Every refusal begins with "This" and ends in what to hand in instead."""
    refusals = [found["findings"][0]["message"] for found in batch.found.values() if found["status"] == "unreadable"]
    assert not [refusal for refusal in refusals if not refusal.startswith("This ") or "hand in" not in refusal]


@pytest.mark.skipif(os.name != "posix", reason="no signals on this system")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_batch_leaves_whole_files(tmp_path: Path, sign: signal.Signals) -> None:
    """Stopped in the middle: it stops soon, with whole files and no gradebook; run again it needs no --force."""
    folder, report = tmp_path / "in", tmp_path / "report"
    folder.mkdir()
    for n in range(30):
        (folder / f"{n}.xlsx").write_bytes(workbook())
    line = [sys.executable, "-c", HEEDING, "validate", str(folder), "--report", str(report), "--workers", "2"]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 30
    while len(list(report.rglob("feedback.html"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(sign)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (128 + sign, "")
    assert "Traceback" not in errors
    done = [path for path in report.rglob("*") if path.is_file()]
    assert not [path for path in done if "unfinished" in path.name or path.name == "gradebook.xlsx"]
    for path in done:
        if path.suffix == ".xlsx":
            assert zipfile.ZipFile(path).testzip() is None
        elif path.suffix == ".json":
            strict(path.read_text(encoding="utf-8"))
        elif path.suffix == ".html":
            assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert len(list(report.rglob("feedback.html"))) < 20
    again = command(folder, "--report", report, "--quiet")
    assert (again.returncode, again.stdout, again.stderr) == (1, "", "")
    assert len(list(report.rglob("feedback.html"))) == 30
    assert (report / "gradebook.xlsx").is_file()


def test_a_report_is_replaced_only_with_force(tmp_path: Path) -> None:
    """A second report into the same folder is refused in one line, and made with --force."""
    (tmp_path / "good.xlsx").write_bytes(workbook())
    arguments: list[str | Path] = [tmp_path / "good.xlsx", "--report", tmp_path / "report", "--quiet"]
    assert command(*arguments).returncode == 1
    before = (tmp_path / "report" / "gradebook.xlsx").read_bytes()
    second = command(*arguments)
    assert (second.returncode, second.stdout, second.stderr.count("\n")) == (2, "", 1)
    assert "use --force" in second.stderr
    assert (tmp_path / "report" / "gradebook.xlsx").read_bytes() == before
    assert command(*arguments, "--force").returncode == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.xlsx"], "nowhere.xlsx: no such file or folder"),
        (["{folder}", "--workers", "0"], "workers: 0 is not possible"),
        (["{folder}", "--workers", "many"], "--workers: many is not a whole number"),
        (["{folder}", "--report", "{folder}/no/report"], "does not exist; create it first"),
    ],
)
def test_what_cannot_be_done_is_one_line(tmp_path: Path, arguments: list[str], words: str) -> None:
    """A path that is not there, or an option that makes no sense, ends with exit code 2 and one line."""
    (tmp_path / "good.xlsx").write_bytes(workbook())
    run = command(*[argument.format(folder=tmp_path) for argument in arguments])
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (2, "", 1)
    assert words in run.stderr
