"""LibreOffice, which shares no code with sheetprop, computes the workbook's numbers from its formulas."""

import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from sheetprop.assignment import MAX_LEARNING_RATES, Assignment
from sheetprop.descent import compute
from sheetprop.network import ITERATION, Role
from sheetprop.workbook import checks, gradient_check
from sheetprop.workbook.contents import (
    CHECKS,
    COMPARISON_COLUMN,
    FIRST_ROW,
    GRADIENT_CHECK,
    LEARNING_RATES,
    NETWORK,
    Contents,
)
from sheetprop.workbook.network import DRAWING_ROW
from tests.libreoffice import needs_libreoffice, recalculate, recalculate_all

pytestmark = needs_libreoffice

Workbook = tuple[Path, Contents]
Values = dict[str, dict[str, object]]
"""Per sheet and cell address: what the cell shows; an error as an :class:`ErrorValue`."""
CHANGES = {"w_5": -0.75, "i_1": 0.9, "t_2": 0.125, "rate_2": 3.25}
PICKS = {"pick_iteration": 7, "pick_rate": 2.0, "check_iteration": 11, "check_rate": 2.0}
THRESHOLD = 0.012
LAYOUTS = ("full", "classic")


class ErrorValue(str):
    """A cell's error, such as #NUM!; as a text of the same letters it would be another thing."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ErrorValue) and str(self) == str(other)

    __hash__ = str.__hash__


def read(path: Path) -> Values:
    """Every value that a file stores."""
    book = openpyxl.load_workbook(path, data_only=True)
    return {
        sheet.title: {
            cell.coordinate: ErrorValue(cell.value) if cell.data_type == "e" else cell.value
            for row in sheet.iter_rows()
            for cell in row
            if cell.value is not None
        }
        for sheet in book
    }


def differences(found: Values, expected: Values) -> list[str]:
    """A line for each cell that does not show the same; numbers may differ as LibreOffice rounds to 15 digits."""
    if list(found) != list(expected):
        return [f"sheets {list(found)} instead of {list(expected)}"]
    return [
        f"'{sheet}'!{cell}: {found[sheet].get(cell)!r} instead of {expected[sheet].get(cell)!r}"
        for sheet in expected
        for cell in expected[sheet] | found[sheet]
        if not _same(sheet, cell, found[sheet].get(cell), expected[sheet].get(cell))
    ]


def _same(sheet: str, cell: str, found: object, expected: object) -> bool:
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, int | float) and isinstance(expected, int | float):
        absolute = 1e-10 if sheet == GRADIENT_CHECK and cell in CANCELLING else 1e-14
        return abs(found - expected) <= max(1e-12 * abs(expected), absolute)
    return type(found) is type(expected) and found == expected


CANCELLING = {
    f"{get_column_letter(column + 1)}{gradient_check.FIRST_ROW + n}"
    for column in (gradient_check.CENTRAL, gradient_check.DIFFERENCE)
    for n in range(1, 9)
}
"""Cells of the sheet "Gradient check" in which nearly equal numbers are subtracted."""


def with_constants(path: Path, folder: Path, constants: Mapping[str, float]) -> Path:
    """A copy of a workbook in which someone changed the cells with these names."""
    names = openpyxl.load_workbook(path).defined_names
    places = {}
    for name, value in constants.items():
        ((sheet, cell),) = names[name].destinations
        places[sheet, cell.replace("$", "")] = value

    def change(sheet: str, cell: str, content: str) -> str:
        return f"<v>{places[sheet, cell]!r}</v>" if (sheet, cell) in places else content

    return edited(path, folder, change, expected=len(places))


def edited(path: Path, folder: Path, change: Callable[[str, str, str], str], expected: int) -> Path:
    """A copy of a workbook, its stored values as they were, with the content of ``expected`` cells changed."""
    sheets = openpyxl.load_workbook(path, read_only=True).sheetnames
    parts = {f"xl/worksheets/sheet{n}.xml": sheet for n, sheet in enumerate(sheets, start=1)}
    target = folder / "edited.xlsx"
    changed = 0

    def changing(sheet: str) -> Callable[[re.Match[str]], str]:
        def of(match: re.Match[str]) -> str:
            nonlocal changed
            content = change(sheet, match[2], match[3])
            changed += content != match[3]
            return match[1] + content + "</c>"

        return of

    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            data = old.read(part)
            if part in parts:
                cells = re.compile(r'(<c r="([A-Z]+\d+)"[^>/]*>)((?:(?!</c>).)*)</c>', re.S)
                data = cells.sub(changing(parts[part]), data.decode()).encode()
            new.writestr(part, data)
    assert changed == expected, f"{changed} cells were changed, not {expected}"
    return target


def with_class_mistake(classic: Workbook, folder: Path) -> Path:
    """A copy in which ∂E/∂w3 and ∂E/∂w4 at the first rate use a_h1 where a_h2 belongs, in every row."""
    path, contents = classic
    table = contents.tables[0]
    wrong = {table.letter(key) for key in ("dE_dw3", "dE_dw4")}
    right, instead = table.letter("a_h2"), table.letter("a_h1")

    def change(sheet: str, cell: str, content: str) -> str:
        column, row = re.fullmatch(r"([A-Z]+)(\d+)", cell).groups()
        if sheet != table.sheet or column not in wrong or int(row) <= FIRST_ROW:
            return content
        return re.sub(rf"\b{right}(?=\d)", instead, content)

    return edited(path, folder, change, expected=2 * table.iterations)


def with_no_right_value_stored(path: Path, folder: Path) -> Path:
    """A copy in which the stored value of every formula is wrong."""

    def change(sheet: str, cell: str, content: str) -> str:
        # 00 is a number, FALSE and a text, and stands in no cell before.
        return re.sub("(?<=</f>)<v>.*</v>", "<v>00</v>", content, flags=re.S)

    with zipfile.ZipFile(path) as package:
        formulas = sum(package.read(name).count(b"<f>") for name in package.namelist() if "worksheets/" in name)
    return edited(path, folder, change, expected=formulas)


@pytest.fixture(scope="module")
def originals(full: Workbook, classic: Workbook, make: Callable[..., Workbook]) -> dict[str, Workbook]:
    """The workbooks as generated, by name."""
    return {
        "full": full,
        "classic": classic,
        "signed": make(template="signed-weights"),
        "one": make(iterations=1),
        "many": make(learning_rates=[n / 10 for n in range(1, MAX_LEARNING_RATES + 1)], iterations=1),
        "overflowing": make(inputs=(300, 300), learning_rates=(1e6,), iterations=5),
    }


@pytest.fixture(scope="module")
def recalculated(originals: dict[str, Workbook], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Values]:
    """What LibreOffice computed of the workbooks as generated and of changed copies, by name."""

    def folder() -> Path:
        return tmp_path_factory.mktemp("edited")

    paths = {name: path for name, (path, _) in originals.items()}
    for layout in LAYOUTS:
        paths[f"{layout}, changed"] = with_constants(paths[layout], folder(), CHANGES)
        paths[f"{layout}, picked"] = with_constants(paths[layout], folder(), PICKS | {"threshold": THRESHOLD})
        paths[f"{layout}, other first rate"] = with_constants(paths[layout], folder(), {"rate_1": 0.7})
    paths["mistaken"] = with_class_mistake(originals["classic"], folder())
    saved = recalculate_all(paths, tmp_path_factory.mktemp("recalculated"))
    return {name: read(path) for name, path in saved.items()}


def table_differences(found: Values, contents: Contents, computed: Mapping[str, np.ndarray]) -> list[str]:
    """A line for each cell of the iteration tables that does not show the number of ``computed``."""
    lines, compared = [], 0
    for table in contents.tables:
        for column, key in enumerate(table.columns, start=1):
            values = np.arange(table.iterations) if key == ITERATION else computed[key][table.index]
            for row, expected in enumerate(values.tolist(), start=FIRST_ROW + 1):
                cell = f"{get_column_letter(column)}{row}"
                shown = found[table.sheet].get(cell)
                compared += 1
                if not _same(table.sheet, cell, shown, ErrorValue("#NUM!") if np.isnan(expected) else expected):
                    lines.append(f"'{table.sheet}'!{cell}, {key}: {shown!r} instead of {expected!r}")
    assert compared == len(contents.tables) * len(contents.columns) * contents.assignment.iterations
    return lines


def verdict(found: Values) -> object:
    """What the sheet "Checks" says of the whole workbook."""
    return found[CHECKS][f"A{checks.VERDICT_ROW + 1}"]


def test_helper_really_recalculates(full: Workbook, tmp_path: Path) -> None:
    """LibreOffice's numbers come from the formulas: a file whose stored values are all wrong comes back right."""
    path, _ = full
    wrong = with_no_right_value_stored(path, tmp_path)
    assert len(differences(read(wrong), read(path))) > 2000
    assert differences(read(recalculate(wrong, tmp_path / "folder")), read(path)) == []


@pytest.mark.parametrize("name", ["full", "classic", "signed", "one", "many"])
def test_libreoffice_shows_what_the_file_stores(
    originals: dict[str, Workbook], recalculated: dict[str, Values], name: str
) -> None:
    """After LibreOffice's recalculation every cell shows the number or text that was stored, and none an error."""
    path, contents = originals[name]
    found = recalculated[name]
    assert differences(found, read(path)) == []
    assert table_differences(found, contents, contents.computed) == []
    assert _errors(found) == {}


def _errors(values: Values) -> dict[tuple[str, str], object]:
    return {(s, cell): v for s, cells in values.items() for cell, v in cells.items() if isinstance(v, ErrorValue)}


@pytest.mark.parametrize("name", ["full", "classic", "signed", "one", "overflowing"])
def test_checks_approve_in_libreoffice(recalculated: dict[str, Values], name: str) -> None:
    """The live verdict on sheet "Checks" is that LibreOffice recalculated right."""
    assert str(verdict(recalculated[name])).startswith("Recalculated right: all ")


def test_overflow_shows_where_numpy_overflows(originals: dict[str, Workbook], recalculated: dict[str, Values]) -> None:
    """LibreOffice shows #NUM! in exactly the cells that store it, which in the table are those of NumPy's overflow."""
    path, contents = originals["overflowing"]
    stored, found = read(path), recalculated["overflowing"]
    errors = _errors(stored)
    assert set(errors.values()) == {ErrorValue("#NUM!")}
    assert differences(found, stored) == []
    assert table_differences(found, contents, contents.computed) == []
    in_table = sum(1 for sheet, _ in errors if sheet == contents.tables[0].sheet)
    assert in_table == sum(int(np.isnan(contents.computed[key]).sum()) for key in contents.columns if key != ITERATION)
    assert found[LEARNING_RATES][f"E{FIRST_ROW + 1}"] == "#NUM! from iteration 1"


@pytest.fixture
def changed(originals: dict[str, Workbook], recalculated: dict[str, Values], layout: str) -> tuple[Values, Contents]:
    """What LibreOffice shows after four constants were changed, and what NumPy says it should."""
    contents = originals[layout][1]
    return recalculated[f"{layout}, changed"], Contents(*_changed(contents.assignment))


def _changed(assignment: Assignment) -> tuple[Assignment, dict[str, np.ndarray]]:
    given = assignment.given | {name.replace("_", ""): value for name, value in CHANGES.items()}
    network = assignment.network
    after = replace(
        assignment,
        targets=tuple(given[key] for key in network.keys(Role.TARGET)),
        inputs=tuple(given[key] for key in network.keys(Role.INPUT)),
        weights=tuple(given[key] for key in network.keys(Role.WEIGHT)),
        learning_rates=(assignment.learning_rates[0], CHANGES["rate_2"]),
    )
    return assignment, compute(after)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_tables_follow_changed_constants(changed: tuple[Values, Contents]) -> None:
    """With another weight, input, target and rate every iteration table shows what NumPy computes for them."""
    found, expected = changed
    assert table_differences(found, expected, expected.computed) == []


@pytest.mark.parametrize("layout", LAYOUTS)
def test_changed_first_rate_leaves_no_error(recalculated: dict[str, Values], layout: str) -> None:
    """The rate that is picked at first can be changed like any constant: a note says so, and no error shows."""
    found = recalculated[f"{layout}, other first rate"]
    assert found["lr 0.5"]["D3"] == 0.7
    assert _errors(found) == {}
    for sheet, cell in ((NETWORK, "K5"), (GRADIENT_CHECK, "C4")):
        notes = {name: found[sheet][cell] for name, found in recalculated.items() if name.startswith(layout)}
        warned = [name for name, note in notes.items() if "no sheet has this" in str(note)]
        assert warned == [f"{layout}, other first rate"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_comparison_follows_changed_constants(changed: tuple[Values, Contents]) -> None:
    """With other constants the sheet "Learning rates" shows the new errors under the new rate."""
    found, expected = changed
    shown, errors = found[LEARNING_RATES], expected.computed["E_total"]
    assert [shown[f"A{FIRST_ROW + n}"] for n in (1, 2)] == [0.5, CHANGES["rate_2"]]
    for n, values in enumerate(errors):
        column = get_column_letter(COMPARISON_COLUMN + 2 + n)
        assert [shown[f"{column}{FIRST_ROW + 1 + k}"] for k in range(len(values))] == pytest.approx(values, rel=1e-12)
        assert shown[f"B{FIRST_ROW + 1 + n}"] == pytest.approx(values[0], rel=1e-12)
        assert shown[f"C{FIRST_ROW + 1 + n}"] == pytest.approx(values[-1], rel=1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_checks_notice_changed_constants(changed: tuple[Values, Contents]) -> None:
    """With other constants the sheet "Checks" says so, and marks exactly the changed ones."""
    found, _ = changed
    assert str(verdict(found)).startswith("Inputs changed")
    rows = range(checks.FIRST_ROW + 1, checks.FIRST_ROW + 15)
    marked = {found[CHECKS][f"I{row}"]: found[CHECKS][f"L{row}"] for row in rows}
    assert len(marked) == 14
    assert {label for label, unchanged in marked.items() if unchanged == "changed"} == {"w5", "i1", "t2", "η, lr 2.0"}
    assert {label for label, unchanged in marked.items() if unchanged == "yes"} == {
        *("t1", "i2", "w1", "w2", "w3", "w4", "w6", "w7", "w8", "η, lr 0.5")
    }
    compared = {value for cell, value in found[CHECKS].items() if re.fullmatch(r"G\d+", cell) and value != "same?"}
    assert compared == {"yes", "changed"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradient_check_holds_after_changes(changed: tuple[Values, Contents]) -> None:
    """With other constants every gradient still agrees with its difference quotient."""
    found, expected = changed
    gradients = [expected.computed[key][0, 0] for key in expected.network.keys(Role.GRADIENT)]
    _check_gradients(found[GRADIENT_CHECK], gradients)


def _check_gradients(shown: dict[str, object], gradients: list[float]) -> None:
    rows = range(gradient_check.FIRST_ROW + 1, gradient_check.FIRST_ROW + 1 + len(gradients))
    assert [shown[f"C{row}"] for row in rows] == pytest.approx(gradients, rel=1e-12)
    assert [shown[f"F{row}"] for row in rows] == pytest.approx(gradients, rel=1e-5, abs=1e-8)
    assert [shown[f"H{row}"] for row in rows] == ["agree"] * len(gradients)
    assert shown[f"C{rows.stop}"] == "8 of 8 gradients agree with their difference quotients"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_gradient_check_follows_its_picks(
    originals: dict[str, Workbook], recalculated: dict[str, Values], layout: str
) -> None:
    """The gradient check shows weights and gradients of the iteration and rate picked on it, and they agree."""
    contents = originals[layout][1]
    shown = recalculated[f"{layout}, picked"][GRADIENT_CHECK]
    place = (contents.assignment.learning_rates.index(PICKS["check_rate"]), PICKS["check_iteration"])
    _check_gradients(shown, [contents.computed[key][place] for key in contents.network.keys(Role.GRADIENT)])
    weights = [contents.computed[key][place] for key in contents.network.keys(Role.WEIGHT)]
    assert [shown[f"B{gradient_check.FIRST_ROW + n}"] for n in range(1, 9)] == pytest.approx(weights, rel=1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_drawing_follows_its_picks(
    originals: dict[str, Workbook], recalculated: dict[str, Values], layout: str
) -> None:
    """Every number in the drawing is NumPy's at the iteration and rate picked, under or beside its label."""
    contents = originals[layout][1]
    found = _drawing(recalculated[f"{layout}, picked"][NETWORK], contents)
    place = (contents.assignment.learning_rates.index(PICKS["pick_rate"]), PICKS["pick_iteration"])
    network = contents.network
    drawn = [key for key in network.keys() if network[key].role is not Role.STEP]
    drawn += [f"dE_d{neuron}" for neuron in ("h1", "h2", "o1", "o2")]
    drawn += [f"da_{neuron}_d{neuron}" for neuron in ("h1", "h2", "o1", "o2")]
    assert found == pytest.approx({key: contents.computed[key][place] for key in drawn}, rel=1e-12)


def _drawing(shown: dict[str, object], contents: Contents) -> dict[str, object]:
    """The number at each label between the drawing's first and last row."""
    network = contents.network
    keys = {network.label(key): key for key in network.keys()}
    found = {}
    for cell, text in shown.items():
        column, row = openpyxl.utils.cell.coordinate_from_string(cell)
        if text in keys and column > "E" and DRAWING_ROW + 1 < row <= DRAWING_ROW + 12:
            index, key = openpyxl.utils.column_index_from_string(column), keys[text]
            beside = network[key].role in (Role.WEIGHT, Role.GRADIENT)
            at = (index + 1, row) if beside else (index, row + 1)
            found[key] = shown[f"{get_column_letter(at[0])}{at[1]}"]
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
def test_variables_follow_the_picks(
    originals: dict[str, Workbook], recalculated: dict[str, Values], layout: str
) -> None:
    """The list of variables shows NumPy's value, and gradient, of each at the iteration and rate picked."""
    contents = originals[layout][1]
    shown, network = recalculated[f"{layout}, picked"][NETWORK], contents.network
    place = (contents.assignment.learning_rates.index(PICKS["pick_rate"]), PICKS["pick_iteration"])
    (heading,) = (int(cell[1:]) for cell, text in shown.items() if text == "Variables")
    keys = [key for key in network.keys() if network[key].role not in (Role.STEP, Role.GRADIENT)]
    for row, key in enumerate(keys, start=heading + 1):
        assert shown[f"B{row}"] == network.label(key)
        assert shown[f"C{row}"] == pytest.approx(contents.computed[key][place], rel=1e-12)
        if network[key].role is Role.WEIGHT:
            assert shown[f"D{row}"] == pytest.approx(contents.computed[f"dE_d{key}"][place], rel=1e-12)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_counts_follow_the_threshold(
    originals: dict[str, Workbook], recalculated: dict[str, Values], layout: str
) -> None:
    """With another threshold the iterations until E_total is at or below it are counted anew."""
    contents = originals[layout][1]
    before, shown = (recalculated[name][LEARNING_RATES] for name in (layout, f"{layout}, picked"))
    errors = contents.computed["E_total"]
    assert [before[f"D{FIRST_ROW + n}"] for n in (1, 2)] == [_reached(values, 0.005) for values in errors]
    assert [shown[f"D{FIRST_ROW + n}"] for n in (1, 2)] == [_reached(values, THRESHOLD) for values in errors]
    assert [_reached(values, limit) for limit in (0.005, THRESHOLD) for values in errors] == ["not reached", 9, 6, 2]


def _reached(errors: np.ndarray, threshold: float) -> object:
    return next((k for k, error in enumerate(errors.tolist()) if error <= threshold), "not reached")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_picks_change_nothing_that_is_checked(recalculated: dict[str, Values], layout: str) -> None:
    """Picking another iteration or threshold changes no quantity: the sheet "Checks" still approves."""
    assert str(verdict(recalculated[f"{layout}, picked"])).startswith("Recalculated right: all ")


def test_workbook_exposes_the_class_mistake(recalculated: dict[str, Values]) -> None:
    """With a_h1 for a_h2 in ∂E/∂w3 and ∂E/∂w4 the gradient check says which two differ, and "Checks" that some do."""
    found = recalculated["mistaken"]
    shown = found[GRADIENT_CHECK]
    rows = range(gradient_check.FIRST_ROW + 1, gradient_check.FIRST_ROW + 9)
    verdicts = {shown[f"A{row}"]: shown[f"H{row}"] for row in rows}
    assert {label for label, said in verdicts.items() if said == "differ"} == {"∂E/∂w3", "∂E/∂w4"}
    assert list(verdicts.values()).count("agree") == 6
    assert str(verdict(found)).startswith("DIFFERENT: ")
