"""The reports of a validation: what people and programs read in them, and that hostile texts stay texts.

Whole outputs are compared with the files in ``tests/golden``. After a change that is meant, write them anew with
``SHEETPROP_REGENERATE=1 pytest tests/test_reports.py`` and look at what git says has changed.
"""

import csv
import io
import json
import os
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest
from rich.cells import cell_len

from sheetprop.errors import InputError
from sheetprop.report import gradebook
from sheetprop.report.gradebook import FINDINGS, FIRST_ROW, GRADES, HEADER_ROW, MISTAKES, STATISTICS, write_gradebook
from sheetprop.report.gradescope import results
from sheetprop.report.page import compare, page
from sheetprop.report.statistics import Statistics
from sheetprop.report.table import safe, write_csv
from sheetprop.report.terminal import findings_text, summary
from sheetprop.report.wording import harmless
from sheetprop.submission.findings import (
    Code,
    Finding,
    FoundTable,
    LearningRate,
    ScoreLine,
    Severity,
    Status,
    Submission,
)
from tests.libreoffice import needs_libreoffice, recalculate

GOLDEN = Path(__file__).parent / "golden"
# openpyxl does not know data bars as they have been since Excel 2010.
pytestmark = pytest.mark.filterwarnings("ignore:.*extension is not supported")
REGENERATE = os.environ.get("SHEETPROP_REGENERATE") == "1"

FOUND = "=((R33-A33)*R33*(1-R33)*M33+(T33-B33)*T33*(1-T33)*O33)*J33*(1-J33)*C33"
EXPECTED = "=((R33-A33)*R33*(1-R33)*M33+(T33-B33)*T33*(1-T33)*O33)*L33*(1-L33)*C33"
TABLE = FoundTable("Sheet1", 32, 33, 100, {"t1": "A", "t2": "B"}, LearningRate("B30", 0.5), live=True, iterations=68)
HANDOUT = Finding(
    Code.HANDOUT_MISTAKE,
    Severity.ERROR,
    "∂E/∂w3 uses a_h1 (J33) where a_h2 (L33) belongs, in all 68 rows",
    "∂E/∂w3",
    "Sheet1",
    "Z33:Z100",
    FOUND,
    EXPECTED,
)
SCRIPT = "</p><script>alert('message')</script><img src=x onerror=alert(2)>"
# XlsxWriter writes a text between these tags as XML: this one would add a cell with a formula.
BREAKING_OUT = '<r></is></c><c r="XA9"><f>HYPERLINK("http://x")</f></c><c r="XB9" t="inlineStr"><is><t>x</t></r>'


def score_lines(formulas: float, sweep: float = 20, chart: float = 10) -> tuple[ScoreLine, ...]:
    """A rubric of 100 points."""
    return (
        ScoreLine("formulas", "Right formulas", formulas, 70, "2 of 31 quantities are wrong"),
        ScoreLine("sweep", "Learning rates covered", sweep, 20, "all 6 rates are there" if sweep else "no rate"),
        ScoreLine("chart", "Error chart", chart, 10, "a chart of E_total" if chart else "no chart was found"),
    )


ANNA = Submission(
    "week3/anna.xlsx",
    Status.WRONG,
    (TABLE, replace(TABLE, sheet="Rate 2", learning_rate=LearningRate(None, 2.0), live=False)),
    (
        Finding(Code.OTHER_CONVENTION, Severity.NOTE, "Errors are o − t where the class has t − o, consistently"),
        HANDOUT,
        replace(
            HANDOUT,
            message=HANDOUT.message.replace("w3", "w4"),
            quantity="∂E/∂w4",
            cells="AA33:AA100",
            found=FOUND.replace("C33", "D33"),
            expected=EXPECTED.replace("C33", "D33"),
        ),
        Finding(
            Code.CHART_SHORT,
            Severity.WARNING,
            "The chart of E_total shows rows 33 to 60 of 33 to 100",
            "E_total",
            "Sheet1",
            found="=Sheet1!$X$33:$X$60",
            expected="=Sheet1!$X$33:$X$100",
        ),
        Finding(
            Code.WRONG_CONSTANT,
            Severity.WARNING,
            "i1 is 0.5, not 0.05",
            "i1",
            "Sheet1",
            "C33,C40:C44",
            "0.5",
            "0.05",
        ),
    ),
    score_lines(62.5, chart=0),
)
RIGHT = Submission('=HYPERLINK("http://x","y").xlsx', Status.RIGHT, (TABLE,), (), score_lines(70))
MARKUP = Submission(
    "<script>alert(1)</script>.xlsx",
    Status.INCOMPLETE,
    (FoundTable("<b>Ma'x</b>", 2, 3, 54, {"t1": "4"}, None, live=True, transposed=True, iterations=52),),
    (
        Finding(
            Code.MISSING_COLUMN, Severity.ERROR, SCRIPT, '<i onclick="x">', "<b>Ma'x</b>", "A1", SCRIPT, f"{SCRIPT}<b>"
        ),
        Finding(Code.CHART_MISSING, Severity.WARNING, "=cmd|'/c calc'!A1 is no chart", found="@SUM(A1)"),
    ),
    score_lines(35.25, sweep=0, chart=0),
)
CONTROLS = Submission(
    "two\nlines\x1b[31m red\x1b[0m \x9b2J \u202excod.xlsx",
    Status.UNREADABLE,
    (),
    (Finding(Code.UNREADABLE, Severity.ERROR, "It is no\x07 workbook:\r\n\tPK\x00"),),
    score_lines(0, 0, 0),
)
EMOJI = Submission(
    "👩‍🎓 Émilie/Übung 你好.xlsx",
    Status.WRONG,
    (replace(TABLE, learning_rate=LearningRate("B1", None)),),
    (HANDOUT, Finding(Code.NOT_LIVE, Severity.WARNING, "你好" * 60, sheet="表", cells="A1:B2")),
    score_lines(65),
)
LONG = Submission(
    "a folder with a rather long name/" + "very-" * 60 + "long.xlsx",
    Status.INCOMPLETE,
    (TABLE,),
    (Finding(Code.NO_TABLE, Severity.ERROR, "+1 table", found="+" + "1" * 300, expected="=" + "A1+" * 100 + "1"),),
    score_lines(10),
)
RICH = Submission(BREAKING_OUT, Status.RIGHT, (TABLE,), (replace(HANDOUT, found=BREAKING_OUT),), score_lines(70))
UNDECODED = Submission("M\udcfcller\uffff.xlsx", Status.UNREADABLE, (), (), ())
ALL = (ANNA, RIGHT, MARKUP, CONTROLS, EMOJI, LONG, RICH, UNDECODED)


def check_golden(name: str, text: str) -> None:
    """Compare with a golden file, or write it anew where that is asked for."""
    path = GOLDEN / name
    if REGENERATE:
        path.write_text(text, encoding="utf-8", newline="")
    assert path.read_bytes().decode("utf-8") == text


def written_book(folder: Path, submissions: Any = ALL) -> Path:
    """A gradebook of these submissions."""
    path = folder / "gradebook.xlsx"
    write_gradebook(path, submissions)
    return path


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gradebook of all submissions."""
    return written_book(tmp_path_factory.mktemp("gradebook"))


def cells(path: Path, values: bool = False) -> dict[tuple[str, str], Any]:
    """What every cell of a workbook says, by sheet and address: formulas, or their stored values."""
    opened = openpyxl.load_workbook(path, data_only=values)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in opened
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    }


def formulas(path: Path) -> dict[tuple[str, str], str]:
    """Every formula of a workbook, as openpyxl sees it, by sheet and address."""
    opened = openpyxl.load_workbook(path)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in opened
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


def column(path: Path, heading: str, sheet: str = GRADES, values: bool = True) -> list[Any]:
    """The values below a heading."""
    opened = openpyxl.load_workbook(path, data_only=values)[sheet]
    header = HEADER_ROW + 1 if sheet == GRADES else gradebook.LIST_TOP + 1
    place = [cell.value for cell in opened[header]].index(heading) + 1
    return [opened.cell(row, place).value for row in range(header + 1, opened.max_row + 1)]


class Tags(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.open: list[str] = []
        self.text: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Note that an element ends, which must be the one that was begun last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note a text by the element it stands in."""
        if self.open:
            self.text[self.open[-1]] = self.text.get(self.open[-1], "") + data + "\n"


def tags(html: str) -> Tags:
    """Parse a page."""
    parser = Tags()
    parser.feed(html)
    parser.close()
    assert not parser.open
    return parser


# -- statistics ---------------------------------------------------------------------------------------------------


def test_statistics_count_submissions_and_findings() -> None:
    """A mistake's submissions are counted once each however often it was found in them; notes are no mistakes."""
    statistics = Statistics.of(ALL)
    assert statistics.by_status == {
        Status.RIGHT: 2, Status.WRONG: 2, Status.INCOMPLETE: 2, Status.UNREADABLE: 2
    }  # fmt: skip
    most = statistics.most_common
    assert most is not None
    assert (most.code, most.submissions, most.findings) == (Code.HANDOUT_MISTAKE, 3, 3)
    assert most.quantities == {"∂E/∂w3": 3, "∂E/∂w4": 1}
    assert statistics.mistakes[-1].code is Code.OTHER_CONVENTION


def test_a_note_is_never_the_most_common_mistake() -> None:
    """What costs nothing is not called a mistake, however common it is."""
    remarked = replace(RIGHT, findings=[ANNA.findings[0]])
    assert Statistics.of([remarked] * 5).most_common is None
    assert "most common" not in str(Statistics.of([remarked] * 5))
    most = Statistics.of([remarked] * 5 + [EMOJI]).most_common
    assert most is not None
    assert most.code is Code.HANDOUT_MISTAKE


def test_histogram_puts_every_score_in_one_bin() -> None:
    """Scores on a bound count above it, all points have a bin of their own, and negative ones are in the lowest."""
    points = (-5, 0, 9.99, 10, 30, 60, 70, 99.9, 100, 120)
    one = ScoreLine("all", "All", 0, 100, "")
    submissions = [replace(RIGHT, score_lines=[replace(one, points=value)]) for value in points]
    assert Statistics.of([*submissions, UNDECODED]).histogram() == [3, 1, 0, 1, 0, 0, 1, 1, 0, 1, 2]


# -- harmless texts -----------------------------------------------------------------------------------------------


def test_harmless_shows_what_would_act() -> None:
    """Escapes, line breaks, turned writing and half surrogates are spelled out; letters and emoji stay."""
    assert harmless("a\x1b[31m\n\u202e\udcff\x9b\uffff") == r"a\x1b[31m\n\u202e\udcff\x9b\uffff"
    assert harmless("👩‍🎓 Émilie 你好 ∂E/∂w3") == "👩‍🎓 Émilie 你好 ∂E/∂w3"


@pytest.mark.parametrize("submission", ALL, ids=lambda submission: ascii(submission.path[:20]))
def test_no_output_has_control_characters(submission: Submission, tmp_path: Path) -> None:
    """No report hands a control character of a submission on, and all can be written as UTF-8."""
    table = tmp_path / "grades.csv"
    write_csv(table, [submission])
    texts = [page(submission), summary([submission]), summary([submission, ANNA]), table.read_text(encoding="utf-8")]
    texts.append(json.dumps(results([submission, ANNA]), ensure_ascii=False))
    for text in texts:
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff\uffff]", text)


# -- page ---------------------------------------------------------------------------------------------------------


def test_page_is_the_golden_one() -> None:
    """The page is, to the byte, the one that was looked at."""
    check_golden("page.html", page(ANNA))


@pytest.mark.parametrize("submission", ALL, ids=lambda submission: ascii(submission.path[:20]))
def test_page_is_well_formed_and_has_no_markup_of_others(submission: Submission) -> None:
    """Whatever a submission is called and says, the page has the elements and attributes of sheetprop alone."""
    ours = tags(page(ANNA))
    theirs = tags(page(submission))
    assert set(theirs.tags) <= set(ours.tags) | {"del", "ins"}
    assert theirs.attributes <= ours.attributes
    assert not set(theirs.tags) & {"script", "img", "a", "link", "iframe", "b", "i"}


def test_page_shows_hostile_texts_as_they_are() -> None:
    """A name and a message that look like markup are read as they were written."""
    text = tags(page(MARKUP)).text
    assert "<script>alert(1)</script>.xlsx" not in page(MARKUP)
    assert "script>.xlsx" in text["h1"]
    assert SCRIPT in text["p"]


def test_page_loads_nothing() -> None:
    """The page needs no network: it names no address and forbids loading."""
    assert "default-src 'none'" in page(ANNA)
    assert not re.search(r"https?:|url\(|@import|src=|href=", page(ANNA))


def test_page_praises_a_submission_without_findings() -> None:
    """A student without mistakes reads so, with all points."""
    text = page(RIGHT)
    assert "Nothing to remark: every check passed. Well done!" in text
    assert "100 of 100 points" in text


def test_page_never_praises_what_is_not_right() -> None:
    """Without findings, but not right either: no student is told that every check passed."""
    assert "Well done" not in page(UNDECODED)
    assert "Nothing to remark" not in page(replace(ANNA, findings=()))


def test_page_tells_rows_of_transposed_tables_as_columns() -> None:
    """In a table that runs along a row, a student reads the letters of its columns."""
    assert "columns C to BB" in page(MARKUP)
    assert "rows 33 to 100" in page(ANNA)


def test_page_marks_exactly_the_parts_that_differ() -> None:
    """The two references to the wrong activation are marked, once as found and once as expected, and nothing else."""
    text = page(replace(ANNA, findings=[HANDOUT]))
    assert re.findall("<del>(.*?)</del>", text) == ["J33", "J33"]
    assert re.findall("<ins>(.*?)</ins>", text) == ["L33", "L33"]


def test_page_aligns_the_formulas() -> None:
    """Equal parts of found and expected stand below each other, also where a part is missing in one of them."""
    missing = replace(HANDOUT, found="=(R33-A33)*R33*M33", expected="=(R33-A33)*R33*(1-R33)*M33")
    cells_of = re.findall("<td>(=|<ins>.*?|=.*?)</td>", page(replace(ANNA, findings=[missing])))
    lines = [re.sub("<[^>]*>", "", cell) for cell in cells_of]
    assert lines == ["=(R33-A33)*R33*        M33", "=(R33-A33)*R33*(1-R33)*M33"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [(FOUND, EXPECTED), ("=A1", ""), ("", ""), ("0.5", "0.05"), ("=" + "(" * 4000, "=" + "()" * 2000), (SCRIPT, "=A1")],
)
def test_compared_formulas_are_those_that_were_given(found: str, expected: str) -> None:
    """However formulas are taken apart for the marks, no character of either is lost; hostile ones take no time."""
    changes = compare(found, expected)
    if changes:
        assert "".join(old for _, old, _ in changes) == found
        assert "".join(new for _, _, new in changes) == expected
        assert all(old == new for same, old, new in changes if same)


# -- terminal -----------------------------------------------------------------------------------------------------


def test_summary_is_the_golden_one() -> None:
    """The terminal says, to the byte, what was looked at."""
    check_golden("summary.txt", summary(ALL) + "\n")


@pytest.mark.parametrize("width", [72, 100, 140])
def test_summary_keeps_its_width(width: int) -> None:
    """No line is wider than asked, counted in terminal cells, of which emoji and Chinese take two."""
    assert max(map(cell_len, summary(ALL, width).splitlines())) <= width


def test_summary_loses_nothing_by_wrapping() -> None:
    """A formula that is cut at the margin is whole again once its lines are joined."""
    joined = re.sub(r"\n *", "", findings_text(LONG, 60))
    assert str(LONG.findings[0].found) in joined
    assert str(LONG.findings[0].expected) in joined


def test_summary_of_one_submission_is_its_findings() -> None:
    """A student who checks one workbook reads no table and no statistics."""
    assert summary([ANNA]) == findings_text(ANNA)
    assert summary([ANNA]).startswith("week3/anna.xlsx: wrong, 82.5 of 100\n  error    'Sheet1'!Z33:Z100  ∂E/∂w3 uses")


def test_summary_ends_with_the_totals() -> None:
    """The last line sums everything up."""
    last = summary(ALL, width=1000).splitlines()[-1]
    assert last == (
        "8 submissions: 2 right, 2 wrong, 2 incomplete, 2 unreadable; most common mistake: "
        "A mistake that stood in the hand-out (3 submissions)"
    )
    assert summary([]) == "0 submissions: 0 right, 0 wrong, 0 incomplete, 0 unreadable"


# -- CSV ----------------------------------------------------------------------------------------------------------


def test_csv_is_the_golden_one(tmp_path: Path) -> None:
    """The file is, to the byte, the one that was looked at; it begins with the mark by which Excel knows UTF-8."""
    path = tmp_path / "grades.csv"
    write_csv(path, ALL)
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    check_golden("grades.csv", path.read_bytes().decode("utf-8"))


def test_csv_is_read_as_a_table(tmp_path: Path) -> None:
    """Any program reads one row per submission, points as numbers, and no points where a criterion was not judged."""
    path = tmp_path / "grades.csv"
    write_csv(path, ALL)
    table = pd.read_csv(path)
    assert list(table) == ["submission", "status", "score", "max_score", "formulas", "sweep", "chart", "errors",
                           "warnings", "notes", "codes"]  # fmt: skip
    assert table["score"].tolist() == [82.5, 100, 35.25, 0, 95, 40, 100, 0]
    assert table["formulas"].isna().tolist() == [False] * 7 + [True]
    assert table["codes"][0] == "handout-mistake wrong-constant chart-short other-convention"


def test_no_cell_of_the_csv_begins_like_a_formula(tmp_path: Path) -> None:
    """However the columns are parted, no cell begins with what Excel computes."""
    path = tmp_path / "grades.csv"
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "a;=1", "a,=1", 'a",=1', "a\n=1"]
    lines = [replace(line, criterion=f"={line.criterion}") for line in score_lines(1)]
    write_csv(path, [replace(RIGHT, path=name, score_lines=lines) for name in hostile])
    text = path.read_text(encoding="utf-8-sig")
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(text), delimiter=delimiter):
            assert not [cell for cell in row if cell.lstrip(' "').startswith(("=", "+", "-", "@", "＝"))]
    assert safe("=1+1") == "'=1+1"
    assert safe("week-3/anna.xlsx") == "week-3/anna.xlsx"


# -- Gradescope ---------------------------------------------------------------------------------------------------


def test_gradescope_results_are_the_golden_ones() -> None:
    """The results of one and of several workbooks are, to the byte, those that were looked at."""
    both = {"one": results([ANNA]), "several": results(ALL)}
    check_golden("results.json", json.dumps(both, ensure_ascii=False, indent=2) + "\n")


def test_gradescope_tests_add_up_to_the_score() -> None:
    """Of one workbook each criterion is a test with its reason, and their points are the score that students see."""
    result = results([ANNA])
    assert result["score"] == sum(test["score"] for test in result["tests"]) == 82.5
    assert [test["status"] for test in result["tests"]] == ["failed", "passed", "failed"]
    assert result["tests"][2]["output"] == "no chart was found"
    assert "∂E/∂w3 uses a_h1" in result["output"]


def test_gradescope_score_of_several_workbooks_stays_out_of_the_same_maximum() -> None:
    """Whoever hands in two workbooks gets their mean, not their sum; whoever hands in none gets 0."""
    result = results([ANNA, RIGHT])
    assert result["score"] == 91.25
    assert [(test["name"], test["score"], test["max_score"]) for test in result["tests"]] == [
        ("week3/anna.xlsx", 82.5, 100.0),
        (RIGHT.path, 100.0, 100.0),
    ]
    assert results([])["score"] == 0


def test_gradescope_results_follow_its_specification() -> None:
    """Nothing but the fields that Gradescope knows, with the values that it knows."""
    for submissions in ([], [ANNA], [UNDECODED], ALL):
        result = json.loads(json.dumps(results(submissions), allow_nan=False))
        assert set(result) == {"score", "output", "output_format", "tests", "extra_data"}
        assert isinstance(result["score"], int | float)
        for test in result["tests"]:
            assert set(test) == {"name", "score", "max_score", "status", "output", "output_format", "visibility"}
            assert test["status"] in ("passed", "failed")
            assert test["output_format"] == "text"
            assert test["visibility"] == "visible"


# -- gradebook ----------------------------------------------------------------------------------------------------


def test_gradebook_is_the_golden_one(book: Path) -> None:
    """Every cell says what was looked at, and every formula stores the value that was."""
    stored = cells(book, values=True)
    lines = []
    for place, value in cells(book).items():
        computed = f"  → {stored.get(place)!r}" if stored.get(place) != value else ""
        lines.append(f"{place[0]}!{place[1]}  {value!r}{computed}")
    check_golden("gradebook.txt", "\n".join(lines) + "\n")


def test_gradebook_has_no_formula_and_no_link_of_others(book: Path) -> None:
    """Formulas stand only where sheetprop computes, and links lead only to the first sheet."""
    found = formulas(book)
    assert {sheet for sheet, _ in found} == {GRADES, MISTAKES, STATISTICS}
    for (sheet, _), formula in found.items():
        assert re.fullmatch(r"=[A-Z0-9$:(),.<>=/+&\"!' Grades]*", formula), (sheet, formula)
        assert "HYPERLINK" not in formula
    with zipfile.ZipFile(book) as package:
        for name in package.namelist():
            assert not name.startswith("xl/externalLinks")
            text = package.read(name).decode("utf-8")
            assert 'TargetMode="External"' not in text
            assert set(re.findall("<hyperlink [^>]*>", text)) <= {
                """<hyperlink ref="A2" location="'Grades'!A1" display="← Grades"/>"""
            }


def test_gradebook_texts_are_those_of_the_submissions(book: Path) -> None:
    """Names and formulas are read as they were handed in, also one that tries to leave its cell."""
    assert column(book, "submission") == [f"{' ' if s is RICH else ''}{harmless(s.path)}" for s in ALL]
    assert FOUND in column(book, "found", FINDINGS)
    assert ("Grades", "XA9") not in cells(book)


def test_gradebook_is_well_formed(book: Path) -> None:
    """Every part of the file is XML that programs can read."""
    with zipfile.ZipFile(book) as package:
        for name in package.namelist():
            ElementTree.fromstring(package.read(name))


def test_gradebook_says_what_students_got(book: Path) -> None:
    """The scores, percentages and points per criterion are those of the submissions."""
    assert column(book, "status") == [submission.status.value for submission in ALL]
    graded = [submission.status is not Status.UNREADABLE for submission in ALL]
    assert column(book, "score") == [one.score if own else None for one, own in zip(ALL, graded, strict=True)]
    assert column(book, "percent") == [0.825, 1, 0.3525, None, 0.95, 0.4, 1, None]
    assert column(book, "Right formulas") == [62.5, 70, 35.25, None, 65, 10, 70, None]
    assert column(book, "errors") == [1, 0, 1, 1, 1, 1, 1, 0]
    assert column(book, "first finding, or what is missing")[0] == f"'Sheet1'!Z33:Z100 {HANDOUT.message}"


def test_gradebook_names_the_most_common_mistake_first(book: Path) -> None:
    """Common mistakes come by how many submissions have them, with where they most often are."""
    assert column(book, "mistake", MISTAKES)[0] == Code.HANDOUT_MISTAKE.title
    assert column(book, "submissions", MISTAKES)[0] == 3
    assert column(book, "share", MISTAKES)[0] == 3 / 8
    assert column(book, "most often in", MISTAKES)[0] == "∂E/∂w3 (3), ∂E/∂w4 (1)"


@needs_libreoffice
def test_gradebook_stores_what_libreoffice_computes(book: Path, tmp_path: Path) -> None:
    """Every live formula, the totals first of all, stores the value that another program computes from it."""
    stored, recalculated = cells(book, values=True), cells(recalculate(book, tmp_path / "recalculated"), values=True)
    live = formulas(book)
    assert len(live) > 60
    for place in live:
        mine, theirs = stored.get(place), recalculated.get(place)
        assert (theirs or "") == (pytest.approx(mine) if isinstance(mine, int | float) else mine or "") or (
            mine == theirs == 0
        ), (place, live[place], mine, theirs)


@needs_libreoffice
def test_gradebook_follows_an_overridden_grade(tmp_path: Path) -> None:
    """An instructor who changes the points of a criterion sees the score, the percentage and the mean change."""
    path = written_book(tmp_path, [ANNA, RIGHT])
    opened = openpyxl.load_workbook(path)
    opened[GRADES].cell(FIRST_ROW + 1, gradebook.FIRST_CRITERION + 1).value = 70
    opened.save(tmp_path / "changed.xlsx")
    changed = recalculate(tmp_path / "changed.xlsx", tmp_path / "recalculated")
    assert column(changed, "score")[:2] == [90, 100]
    assert column(changed, "percent")[:2] == [0.9, 1]
    assert cells(changed, values=True)[GRADES, f"C{gradebook.TOTALS_ROW + 1}"] == 95


@needs_libreoffice
def test_gradebook_without_submissions_opens(tmp_path: Path) -> None:
    """A validation that found no workbook writes a gradebook without a #DIV/0!."""
    path = written_book(tmp_path, [])
    values = cells(recalculate(path, tmp_path / "recalculated"), values=True)
    assert not [value for value in values.values() if str(value).startswith("#")]


def test_gradebook_counts_findings_that_it_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a sheet has no room for all findings, it says how many are not in it."""
    monkeypatch.setattr(gradebook, "MOST_FINDINGS", 3)
    last = column(written_book(tmp_path), "submission", FINDINGS)[-1]
    assert last == "… and 8 more findings, which stand in the pages of their submissions"


def test_gradebook_takes_thousands_without_keeping_them(tmp_path: Path) -> None:
    """Of thousands of submissions, made one by one, only their grades are in memory."""

    def many() -> Iterator[Submission]:
        for n in range(1000):
            findings = [replace(HANDOUT, found=f"={n}+" + "A1+" * 2000 + "1", cells=f"A{m}") for m in range(2)]
            yield replace(ANNA, path=f"{n}.xlsx", findings=findings)

    tracemalloc.start()
    path = written_book(tmp_path, many())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4e6  # their findings' formulas alone are 12 MB
    assert len(column(path, "submission")) == 1000


def test_gradebook_that_cannot_be_written_is_an_input_error(tmp_path: Path) -> None:
    """Where the folder is missing, the user reads which file could not be written."""
    with pytest.raises(InputError, match=r"missing/gradebook\.xlsx: cannot be written"):
        write_gradebook(tmp_path / "missing" / "gradebook.xlsx", ALL)


def test_same_submissions_make_the_same_bytes(book: Path, tmp_path: Path) -> None:
    """Reports can be compared and cached: the same submissions write the same files."""
    assert written_book(tmp_path, iter(ALL)).read_bytes() == book.read_bytes()
    for name in ("a.csv", "b.csv"):
        write_csv(tmp_path / name, ALL)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
