"""Hand-outs: blank where students work, the rest as in the answer key, nothing given away, their numbers known."""

import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pytest

from sheetprop import InputError, generate, generation, load_assignment, validate
from sheetprop.assignment import Assignment
from sheetprop.descent import compute
from sheetprop.engine import Spreadsheet
from sheetprop.handout import LONGEST, HandoutRecord
from sheetprop.network import ITERATION, Role
from sheetprop.stored import read_stored
from sheetprop.verification import Mismatch, Verification
from sheetprop.workbook import handout_contents, write_handout, write_workbook
from sheetprop.workbook.contents import FIRST_ROW, LEARNING_RATES, NETWORK, Contents
from sheetprop.workbook.handout_record import NAME as RECORD
from sheetprop.workbook.instructions import plain
from tests.libreoffice import needs_libreoffice, recalculate_all

TEMPLATE = """
title = "Homework 3"
inputs = [0.15, 0.85]
targets = [0.05, 0.95]
weights = [0.31, -0.52, 0.73, 0.14, -0.65, 0.86, 0.27, -0.98]
learning_rates = [0.5, 2.0]
iterations = 12
layout = "{layout}"
[handout]
fill = {fill}
"""
FILLS = {
    "full": ("full", ("weights", "forward", "error", "steps", "gradients")),
    "classic": ("classic", ("weights", "forward", "error", "steps", "gradients")),
    "gradients": ("full", ("gradients",)),
    "dE_dw3": ("classic", ("dE_dw3",)),
    "weights and error": ("full", ("weights", "error")),
}
"""Layouts and what is left to students."""
SOMEBODY = SimpleNamespace(id="s4711", name="Zoë Müller")
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


class Pair(NamedTuple):
    """A hand-out, and the workbook without blanks, of an assignment whose template is a file."""

    template: Path
    blank: Path
    key: Path
    filled: Path
    contents: Contents

    @property
    def assignment(self) -> Assignment:
        """What was asked."""
        return self.contents.assignment


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pair]:
    """Hand-outs and their keys by what is left to students; the filled one has the key's formulas in its blanks."""
    folder, made = tmp_path_factory.mktemp("pairs"), {}
    for name, (layout, fill) in FILLS.items():
        template, blank, key, filled = (
            folder / f"{name} {kind}" for kind in ("template.toml", "blank.xlsx", "key.xlsx", "filled.xlsx")
        )
        template.write_text(TEMPLATE.format(layout=layout, fill=list(fill)), encoding="utf-8")
        assignment = load_assignment(template)
        contents = Contents(assignment, compute(assignment))
        write_workbook(contents, key)
        write_handout(contents, blank, SOMEBODY)
        fill_in(blank, key, filled)
        made[name] = Pair(template, blank, key, filled, contents)
    return made


@pytest.fixture(params=FILLS)
def pair(request: pytest.FixtureRequest, pairs: dict[str, Pair]) -> Pair:
    """Each of them in turn."""
    return pairs[request.param]


def fill_in(blank: Path, key: Path, filled: Path) -> None:
    """Do what a student does: write the right formulas into the cells that are blank and unlocked."""
    handed, right = openpyxl.load_workbook(blank), openpyxl.load_workbook(key)
    for cell in cells(handed):
        if cell.parent.title.startswith("lr ") and not cell.protection.locked:
            cell.value = right[cell.parent.title][cell.coordinate].value
    handed.save(filled)


def cells(book: openpyxl.Workbook) -> Iterator[openpyxl.cell.Cell]:
    """Every cell of every sheet."""
    return (cell for sheet in book for row in sheet.iter_rows() for cell in row)


def parts(path: Path) -> dict[str, str]:
    """Every part of the file by name."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


def chart_points(path: Path) -> list[list[float]]:
    """What each line of each chart stores of E_total, in the order of the parts."""
    lines = []
    for name, text in sorted(parts(path).items()):
        if "charts/chart" in name and name.endswith(".xml"):
            for series in ElementTree.fromstring(text).iter(f"{CHART}yVal"):
                values = (point.find(f"{CHART}v") for point in series.iter(f"{CHART}pt"))
                lines.append([float(v.text) for v in values if v is not None and v.text and v.text != "NaN"])
    return lines


def record_of(path: Path) -> HandoutRecord | None:
    """The record that a hand-out carries."""
    found = (HandoutRecord.from_text(str(c.value)) for c in cells(openpyxl.load_workbook(path)) if c.value)
    return next((record for record in found if record), None)


def is_left(pair: Pair, column: int, row: int) -> bool:
    """Whether a cell of a table, counted from 0 and from iteration 0, is left to students."""
    key = pair.contents.columns[column]
    weight = key != ITERATION and pair.assignment.network[key].role is Role.WEIGHT
    return key in pair.assignment.filled_columns and not (weight and row == 0)


def test_cells_to_fill_are_blank_and_unlocked_and_no_others(pair: Pair) -> None:
    """In a table each cell to fill is blank, unlocked and coloured; each other is locked and stands as in the key."""
    blank, key = openpyxl.load_workbook(pair.blank), openpyxl.load_workbook(pair.key)
    left = 0
    for table in pair.contents.tables:
        for row in range(table.iterations):
            for column in range(len(table.columns)):
                place = {"row": FIRST_ROW + 1 + row, "column": column + 1}
                cell, right = blank[table.sheet].cell(**place), key[table.sheet].cell(**place)
                expected = is_left(pair, column, row)
                assert (cell.value is None) == (not cell.protection.locked) == expected, cell
                assert cell.number_format == right.number_format
                assert (cell.fill.fill_type == "solid") == expected
                if not expected:
                    assert cell.value == right.value
                left += expected
    rows = {key: table.iterations - (key in pair.assignment.given) for key in pair.assignment.filled_columns}
    assert left == sum(rows.values()) * len(pair.contents.tables) > 0


def test_sheets_are_protected_without_a_password(pair: Pair) -> None:
    """Each sheet is locked but for what students fill or pick; they may resize, format, add charts, and unlock it."""
    book = openpyxl.load_workbook(pair.blank)
    for sheet in book:
        protection = sheet.protection
        assert protection.sheet
        assert protection.password is None
        assert protection.hashValue is None
        # As the file format has it, a True forbids.
        allowed = (
            protection.formatColumns,
            protection.formatRows,
            protection.formatCells,
            protection.objects,
            protection.scenarios,
            protection.selectLockedCells,
            protection.selectUnlockedCells,
        )
        assert not any(allowed)
        assert all(d.outlineLevel == 0 for d in (*sheet.column_dimensions.values(), *sheet.row_dimensions.values()))
    unlocked = {
        (c.parent.title, c.value) for c in cells(book) if not c.protection.locked and c.parent.title[:3] != "lr "
    }
    assert unlocked == {(NETWORK, 0), (NETWORK, 0.5), (LEARNING_RATES, 0.005)}


def test_sheets_that_hold_the_answers_are_left_out(pair: Pair) -> None:
    """The hand-out begins with its instructions and has no sheet of checks; every link leads to a sheet of it."""
    book = openpyxl.load_workbook(pair.blank)
    expected = ["Instructions", "Network", "Equations", "lr 0.5", "lr 2.0", "Learning rates"]
    assert [sheet.title for sheet in book if sheet.sheet_state == "visible"] == expected
    assert book.active.title == expected[0]
    assert [sheet.title for sheet in book if sheet.sheet_view.tabSelected] == expected[:1]
    links = [cell.hyperlink.location for cell in cells(book) if cell.hyperlink]
    assert {re.match(r"'?([^'!]+)'?!", link)[1] for link in links} == set(expected)


def test_equations_are_mathematics_and_can_be_left_out(pairs: dict[str, Pair], tmp_path: Path) -> None:
    """The sheet of the equations has no formula, no number and no name of a cell; a template can leave it out."""
    sheet = openpyxl.load_workbook(pairs["full"].blank)["Equations"]
    values = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(isinstance(value, str) and not value.startswith("=") for value in values)
    assert not {"cell", "formula", "value"} & set(values)
    assert set(re.findall(r"\b[A-Z]{1,3}\d+\b", " ".join(values))) == {"E1", "E2"}  # which are errors, not cells
    assert any("∂E/∂w3 = ((a_o1 − t1)" in value for value in values)
    contents = replace(pairs["full"].contents, assignment=replace(pairs["full"].assignment, equations=False))
    write_handout(contents, tmp_path / "without.xlsx")
    text = "".join(parts(tmp_path / "without.xlsx").values())
    assert "Equations" not in text
    assert "chain rule for each" not in text


def test_nothing_gives_the_answer_away(pair: Pair) -> None:
    """No number that students must compute is anywhere in the file, and no formula of a column left to them."""
    handed = handout_contents(pair.assignment)
    asked = {
        value for key in pair.assignment.filled_columns for value in pair.contents.computed[key].ravel().tolist()
    } - {value for key in handed.columns if key != ITERATION for value in handed.computed[key].ravel().tolist()}
    assert len(asked) > 20
    known = set(pair.assignment.given.values())
    text = "\n".join(parts(pair.blank).values())
    numbers = {float(number) for number in re.findall(r"(?<![\w.])-?\d+\.\d+(?:[eE][+-]?\d+)?", text)}
    assert numbers & asked - known == set()
    key = openpyxl.load_workbook(pair.key)
    for table in pair.contents.tables:
        for column in pair.assignment.filled_columns:
            formula = key[table.sheet][f"{table.letter(column)}{FIRST_ROW + 2}"].value
            assert formula.removeprefix("=") not in text
    if pair.assignment.fill == tuple(FILLS["full"][1]):
        assert "EXP(" not in text
    assert re.findall(r'name="([^"]+)"[^>]*state="(hidden|veryHidden)"|hidden="1"', text) == [(RECORD, "veryHidden")]


def test_it_says_itself_what_its_formulas_give(pair: Pair) -> None:
    """The value that each formula stores is the one that it computes while the cells to fill are blank."""
    book, formulas = Spreadsheet(pair.blank), 0
    for stored in read_stored(pair.blank):
        found = book.values(stored.name, *stored.shape)
        for row, column in np.argwhere(stored.formulas).tolist():
            saved, now = stored.values.at(row, column), found.at(row, column)
            formulas += 1
            if isinstance(saved, float) and isinstance(now, float):
                assert now == pytest.approx(saved, rel=1e-12, abs=1e-15), (stored.name, row, column)
            else:
                assert (saved or None) == (now or None), (stored.name, row, column)
    assert formulas > 100


def test_blank_quantities_count_as_zero() -> None:
    """With the gradients blank, no weight moves; with the weights blank, those below the first row are 0."""
    assignment = load_assignment(iterations=3, learning_rates=[0.5])
    still = compute(assignment, assignment.network.keys(Role.GRADIENT))
    assert still["w5"].tolist() == [[0.4, 0.4, 0.4]]
    assert still["dE_dw5"].tolist() == [[0.0, 0.0, 0.0]]
    assert still["E_total"][0, 0] == compute(assignment)["E_total"][0, 0]
    gone = compute(assignment, assignment.network.keys(Role.WEIGHT))
    assert gone["w5"].tolist() == [[0.4, 0.0, 0.0]]
    assert gone["a_o1"][0, 1:].tolist() == [0.5, 0.5]


def test_filled_in_right_it_is_right(pair: Pair) -> None:
    """With the key's formulas in its blank cells, the hand-out has full marks."""
    (submission,) = validate(paths=[pair.filled], template=pair.template, workers=1).submissions
    assert [finding.message for finding in submission.findings if finding.severity.value != "note"] == []
    assert submission.status.value == "right"
    assert submission.score == submission.max_score == pair.assignment.points


def test_one_wrong_column_is_found(pairs: dict[str, Pair], tmp_path: Path) -> None:
    """A filled hand-out is judged by its formulas: one wrong column is one mistake, in its cells."""
    pair = pairs["classic"]
    book = openpyxl.load_workbook(pair.filled)
    table = pair.contents.tables[0]
    letter = table.letter("dE_dw3")
    for row in range(FIRST_ROW + 1, FIRST_ROW + 1 + table.iterations):
        cell = book[table.sheet][f"{letter}{row}"]
        cell.value = re.sub(rf"{table.letter('a_h2')}(?=\d)", table.letter("a_h1"), cell.value)
    book.save(tmp_path / "wrong.xlsx")
    (submission,) = validate(paths=[tmp_path / "wrong.xlsx"], template=pair.template, workers=1).submissions
    assert [f.quantity for f in submission.findings if f.severity.value == "error"] == ["dE_dw3"]


@pytest.fixture(scope="module")
def recalculated(pairs: dict[str, Pair], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What LibreOffice makes of the blank and the filled hand-outs, and of one with three rows filled."""
    paths = {f"{name} {kind}": getattr(p, kind) for name, p in pairs.items() for kind in ("blank", "filled")}
    begun = openpyxl.load_workbook(pairs["full"].filled)
    for sheet in begun:
        if sheet.title.startswith("lr "):
            for row in sheet.iter_rows(min_row=FIRST_ROW + 4):
                for cell in row:
                    cell.value = cell.value if cell.protection.locked else None
    paths["begun"] = tmp_path_factory.mktemp("begun") / "begun.xlsx"
    begun.save(paths["begun"])
    return recalculate_all(paths, tmp_path_factory.mktemp("recalculated"))


@needs_libreoffice
def test_a_blank_one_waits_without_zeros_or_errors(recalculated: dict[str, Path], pairs: dict[str, Pair]) -> None:
    """Recalculated blank, no cell shows an error, and what waits for E_total nothing at all; its lines are gaps."""
    for name in FILLS:
        book = openpyxl.load_workbook(recalculated[f"{name} blank"], data_only=True)
        assert [cell for cell in cells(book) if cell.data_type == "e"] == []
        waits = "E_total" in pairs[name].assignment.filled_columns
        sheet = book[LEARNING_RATES]
        shown = [sheet.cell(FIRST_ROW + 1 + n, column).value for n in range(2) for column in (2, 3, 4, 5)]
        assert all(value in (None, "") for value in shown) == waits
        assert any(chart_points(recalculated[f"{name} blank"])) == (not waits)
        assert any(chart_points(pairs[name].blank)) == (not waits)
        for text in (text for part, text in parts(pairs[name].blank).items() if "charts/chart" in part):
            assert ('<c:dispBlanksAs val="gap"/>' in text) == waits
            # Excel draws the empty text of a formula as a 0: only cells that are blank themselves are gaps.
            lines = ElementTree.fromstring(text).iter(f"{CHART}yVal")
            drawn = [line.findtext(f"{CHART}numRef/{CHART}f", "") for line in lines]
            assert drawn
            assert not waits or all(line.startswith("'lr ") for line in drawn)
    network = openpyxl.load_workbook(recalculated["full blank"], data_only=True)[NETWORK]
    numbers = [cell.value for row in network.iter_rows() for cell in row if isinstance(cell.value, int | float)]
    assert set(numbers) == {*pairs["full"].assignment.given.values(), 0.5, 0, 1}
    assert numbers.count(0) == 1  # the iteration that is picked


@needs_libreoffice
def test_a_filled_one_shows_what_the_key_shows(recalculated: dict[str, Path], pairs: dict[str, Pair]) -> None:
    """Recalculated with the right formulas, tables, network, summary and charts show the key's numbers."""
    for name, pair in pairs.items():
        found = openpyxl.load_workbook(recalculated[f"{name} filled"], data_only=True)
        key = openpyxl.load_workbook(pair.key, data_only=True)
        compared = 0
        for right in cells(key):
            if right.parent.title in found.sheetnames and isinstance(right.value, int | float):
                shown = found[right.parent.title][right.coordinate].value
                # Without columns for them, the drawing does not show the steps; nor do the equations their values.
                if right.parent.title == "Equations" or (shown is None and pair.contents.columns[0] != ITERATION):
                    continue
                assert shown == pytest.approx(right.value, rel=1e-12, abs=1e-14), (name, right)
                compared += 1
        assert compared > 800
        lines = chart_points(recalculated[f"{name} filled"])
        errors = pair.contents.computed["E_total"]
        assert len(lines) == 3 * len(errors)
        for line in lines:
            assert any(line == pytest.approx(values.tolist(), rel=1e-9) for values in errors)


@needs_libreoffice
def test_a_begun_one_shows_what_is_there(recalculated: dict[str, Path], pairs: dict[str, Pair]) -> None:
    """With three rows filled, the summary has the first E_total but no last, counts its rises, and shows no error."""
    book = openpyxl.load_workbook(recalculated["begun"], data_only=True)
    assert [cell for cell in cells(book) if cell.data_type == "e"] == []
    errors = pairs["full"].contents.computed["E_total"]
    for n, values in enumerate(errors):
        first, last, reached, rises = (book[LEARNING_RATES].cell(FIRST_ROW + 1 + n, c).value for c in (2, 3, 4, 5))
        assert first == pytest.approx(values[0])
        assert last in (None, "")
        assert reached == "not reached"
        assert rises == sum(np.diff(values[:3]) > 0)
    assert {len(line) for line in chart_points(recalculated["begun"])} == {3}


def test_the_same_input_gives_the_same_bytes(pairs: dict[str, Pair], tmp_path: Path) -> None:
    """Writing a hand-out again gives the same file, byte for byte."""
    pair = pairs["full"]
    write_handout(pair.contents, tmp_path / "again.xlsx", SOMEBODY)
    assert (tmp_path / "again.xlsx").read_bytes() == pair.blank.read_bytes()


def test_instructions_tell_what_the_template_says(pairs: dict[str, Pair], tmp_path: Path) -> None:
    """The first sheet has title, student, texts, columns to fill, points with their sum, and links to all sheets."""
    texts = {"task": "First paragraph.\n\nSecond one.", "hand_in": "By Friday."}
    contents = replace(pairs["gradients"].contents, assignment=replace(pairs["gradients"].assignment, texts=texts))
    write_handout(contents, tmp_path / "handout.xlsx", SOMEBODY)
    sheet = openpyxl.load_workbook(tmp_path / "handout.xlsx")["Instructions"]
    shown = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert shown[:2] == ["Homework 3", "For Zoë Müller (s4711)"]
    assert {"First paragraph.", "Second one.", "By Friday.", "Gradients", 25, "gradients"} <= set(shown)
    assert "If you are stuck" not in shown
    assert "∂E/∂w1  ∂E/∂w2  ∂E/∂w3  ∂E/∂w4  ∂E/∂w5  ∂E/∂w6  ∂E/∂w7  ∂E/∂w8" in shown
    assert [value for value in shown if str(value).startswith("=")] == ["=SUM(C18:C26)"]
    assert sheet.page_setup.orientation == "portrait"
    assert sheet.page_setup.fitToHeight in (None, 1)


def test_texts_may_contain_anything(pairs: dict[str, Pair], tmp_path: Path) -> None:
    """Texts that look like formulas or markup, control characters and turned writing stay texts of a sound file."""
    nasty = '=HYPERLINK("http://x")\n<r>raw & <b></r>\n\x00\x07\u202eevil\ud800\ufffe\n_x0041_ \u0627\u0644\u0633\n{=1}\nhttp://x'
    student = SimpleNamespace(id="<r>7</r>", name="=1+1\t\u202e|\x1b")
    assignment = replace(
        pairs["full"].assignment, title="<r>" + "t" * 3000 + "\ud800</r>", texts={"task": nasty, "help": "word " * 3000}
    )
    path = tmp_path / "nasty.xlsx"
    write_handout(Contents(assignment, {}), path, student)
    for text in parts(path).values():
        ElementTree.fromstring(text)
    sheet = openpyxl.load_workbook(path)["Instructions"]
    shown = {c.value: c.data_type for row in sheet.iter_rows() for c in row if c.value is not None}
    assert sum(kind == "f" for kind in shown.values()) == 1
    assert {"For =1+1 | (<r>7</r>)", "<r>raw & <b></r> ", "_x0041_ \u0627\u0644\u0633"} <= set(shown)
    assert parts(path)["xl/worksheets/sheet1.xml"].count("<f>") == 1
    assert all(row.height is None or row.height <= 409 for row in sheet.row_dimensions.values())
    record = record_of(path)
    assert record is not None
    assert (record.student_id, record.student_name) == (student.id, student.name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoë  Müller ", "Zoë Müller"),
        ("\u202eabc\u200f", "abc"),
        ("a\u200db", "a\u200db"),
        ("one\ntwo\x00", "one two"),
        ("\ud800", ""),
    ],
)
def test_plain_texts_show_what_they_are(text: str, expected: str) -> None:
    """A text is one line without anything invisible, but for what some scripts need."""
    assert plain(text) == expected


def test_a_hand_out_knows_its_numbers(pair: Pair) -> None:
    """Blank or filled and saved by another program, its record gives the numbers that it was made of, and for whom."""
    other = load_assignment()
    for path in (pair.blank, pair.filled):
        record = record_of(path)
        assert record == HandoutRecord.of(pair.assignment, SOMEBODY)
        assert record is not None
        assert (record.student_id, record.student_name, record.title) == ("s4711", "Zoë Müller", "Homework 3")
        asked = record.assignment_of(other)
        assert asked is not None
        assert (asked.given, record.learning_rates, record.iterations) == (pair.assignment.given, (0.5, 2.0), 12)
        # What else was asked the template says: anyone can write such a line.
        assert (asked.learning_rates, asked.iterations) == (other.learning_rates, other.iterations)
        assert (asked.title, asked.rubric, asked.layout) == (other.title, other.rubric, other.layout)


def test_the_record_is_on_a_sheet_that_no_program_shows(pair: Pair) -> None:
    """Nothing else stands there, and nowhere else in the file is it to be seen."""
    book = openpyxl.load_workbook(pair.blank)
    assert book[RECORD].sheet_state == "veryHidden"
    line = HandoutRecord.of(pair.assignment, SOMEBODY).to_text()
    assert [(cell.parent.title, cell.coordinate) for cell in cells(book) if cell.value == line] == [(RECORD, "A1")]
    assert [cell.value for row in book[RECORD].iter_rows() for cell in row] == [line]
    assert not [cell for cell in cells(book) if "next line" in str(cell.value)]


def test_older_hand_outs_that_show_their_record_are_judged_by_it(pairs: dict[str, Pair], tmp_path: Path) -> None:
    """The line stood on the sheet "Instructions" once; the template's own numbers are others."""
    pair = pairs["full"]
    book = openpyxl.load_workbook(pair.filled)
    line = book[RECORD]["A1"].value
    del book[RECORD]
    book["Instructions"]["B60"] = line
    book.save(tmp_path / "older.xlsx")
    (older,) = validate(paths=[tmp_path / "older.xlsx"], template=pair.template, workers=1).submissions
    (now,) = validate(paths=[pair.filled], template=pair.template, workers=1).submissions
    assert (older.status, older.score, older.numbers_of) == (now.status, now.score, now.numbers_of)
    assert older.numbers_of == "s4711"


@needs_libreoffice
def test_libreoffice_keeps_the_record(recalculated: dict[str, Path], pairs: dict[str, Pair]) -> None:
    """A hand-out saved by LibreOffice still knows its numbers."""
    assert record_of(recalculated["full filled"]) == HandoutRecord.of(pairs["full"].assignment, SOMEBODY)


def test_a_changed_record_is_not_believed() -> None:
    """Whatever character of the line is another, left out or doubled, it is no record any more."""
    text = HandoutRecord.of(load_assignment(), SOMEBODY).to_text()
    assert HandoutRecord.from_text(f" {text}\n") is not None
    for n, character in enumerate(text):
        other = "2" if character != "2" else "3"
        for changed in (text[:n] + other + text[n + 1 :], text[:n] + text[n + 1 :], text[:n] + character + text[n:]):
            assert HandoutRecord.from_text(changed) is None, changed
    for nothing in ("", "sheetprop hand-out 1", "sheetprop hand-out 1 {} ", "{}", "=1"):
        assert HandoutRecord.from_text(nothing) is None


def test_a_record_is_one_short_line_of_ascii() -> None:
    """Any name fits, if need be cut; an id is never cut, but refused where it is too long to be one."""
    assignment = replace(load_assignment(learning_rates=[n / 7 for n in range(1, 31)]), title="\U0001f600" * 500)
    for student in (
        SimpleNamespace(id="_x0041_ \u0627", name="\u0627" * 5000),
        SimpleNamespace(id='"\\\n\ud800', name="\x00\x1b_x000D_"),
    ):
        text = HandoutRecord.of(assignment, student).to_text()
        assert len(text) < LONGEST
        assert text.isascii()
        assert text.isprintable()
        assert not re.search("_x[0-9A-Fa-f]{4}_", text)
        record = HandoutRecord.from_text(text)
        assert record is not None
        assert record.student_id == student.id
        assert student.name.startswith(record.student_name or "-")
        assert record.learning_rates == assignment.learning_rates
    with pytest.raises(InputError, match="too long"):
        HandoutRecord.of(assignment, SimpleNamespace(id="7" * 2000, name="")).to_text()


def test_generate_writes_hand_out_and_key(tmp_path: Path) -> None:
    """The key beside the hand-out is, byte for byte, the workbook that generate writes without the option."""
    options = {"iterations": 12, "learning_rates": [0.5], "verify_numbers": False}
    handout = generate(path=tmp_path / "hw.xlsx", handout=True, **options)
    alone = generate(path=tmp_path / "alone.xlsx", **options)
    assert handout.answer_key == tmp_path / "hw-key.xlsx"
    assert handout.answer_key.read_bytes() == alone.path.read_bytes()
    assert handout.path.read_bytes() != alone.path.read_bytes()
    book = openpyxl.load_workbook(handout.path)
    assert handout.sheets == [sheet.title for sheet in book if sheet.sheet_state == "visible"]
    assert handout.formulas == sum(cell.data_type == "f" for cell in cells(book)) < alone.formulas
    assert set(handout.to_dict()) - set(alone.to_dict()) == {"answer_key"}
    assert alone.answer_key is None


def test_the_command_confirms_the_key(call_sheetprop: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    """The command names both files and confirms the key; a number of it that is not confirmed makes it exit with 1."""
    options = ("hw.xlsx", "--handout", "-n", "5", "--lr", "0.5")
    result = call_sheetprop("generate", *options)
    assert result.returncode == 0, result.stderr
    assert "Wrote hw.xlsx, the hand-out: 5 sheets" in result.stdout
    assert "Wrote hw-key.xlsx, its answer key." in result.stdout
    assert "no mismatch" in result.stdout

    def complaining(*, path: Path, **_: object) -> Verification:
        assert path.name == "hw-key.xlsx"
        return Verification(mismatches=[Mismatch("lr 0.5", "A1", "stored value", 1.0, 2.0)])

    monkeypatch.setattr(generation, "verify", complaining)
    assert call_sheetprop("generate", *options, "--force").returncode == 1


def test_either_file_in_the_way_stops_it(call_sheetprop: Callable[..., object], tmp_path: Path) -> None:
    """Where the answer key is there already, nothing is written, also not the hand-out."""
    (tmp_path / "hw-key.xlsx").write_text("mine")
    result = call_sheetprop("generate", "hw.xlsx", "--handout")
    assert result.returncode == 2
    assert "hw-key.xlsx: exists already" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["hw-key.xlsx"]


def test_nothing_to_fill_is_refused(tmp_path: Path) -> None:
    """A hand-out in which students would have nothing to do is not written: the first row of weights is given."""
    assignment = replace(load_assignment(iterations=1), fill=("weights", "w3"))
    with pytest.raises(InputError, match=r"^fill: "):
        write_handout(Contents(assignment, compute(assignment)), tmp_path / "handout.xlsx")
    assert list(tmp_path.iterdir()) == []
