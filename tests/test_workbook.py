"""The workbook's file: what a reader finds in it, and that spreadsheet programs open it without a complaint."""

import html
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pytest
from openpyxl.formula import Tokenizer
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.workbook import Workbook as OpenedBook

from sheetprop import generate, load_assignment, verify
from sheetprop.assignment import MAX_LEARNING_RATES
from sheetprop.network import ITERATION, Role
from sheetprop.workbook import learning_rates
from sheetprop.workbook.contents import (
    CHECKS,
    COMPARISON_COLUMN,
    EQUATIONS,
    FIRST_ROW,
    HEADER_ROW,
    LEARNING_RATES,
    NETWORK,
    Contents,
)

Workbook = tuple[Path, Contents]
# fmt: off
EXCEL_2007 = {
    "ABS", "AND", "CHOOSE", "COUNT", "COUNTIF", "EXP", "FALSE", "IF", "IFERROR", "INDEX", "INT", "ISERROR",
    "ISNUMBER", "LEFT", "LN", "MATCH", "MAX", "MIN", "MOD", "NOT", "OR", "PRODUCT", "ROUND", "ROW", "ROWS",
    "SQRT", "SUM", "SUMIF", "SUMPRODUCT", "SUMSQ", "TEXT", "TRUE",
}
"""Functions that Excel 2007, LibreOffice and Google Sheets know alike, and that are not volatile."""
LONGEST_FORMULA = 8192
"""Characters; a file with a longer formula is one that Excel wants to repair."""
HAND_OUT = [
    "t1", "t2", "i1", "i2", "w1", "w2", "w3", "w4", "h1", "a_h1", "h2", "a_h2", "w5", "w6", "w7", "w8", "o1",
    "a_o1", "o2", "a_o2", "E1", "E2", "E_total", "∂E/∂w1", "∂E/∂w2", "∂E/∂w3", "∂E/∂w4", "∂E/∂w5", "∂E/∂w6",
    "∂E/∂w7", "∂E/∂w8",
]
STEPS = [
    "∂E/∂a_o1", "∂E/∂a_o2", "∂a_o1/∂o1", "∂a_o2/∂o2", "∂E/∂o1", "∂E/∂o2", "∂E1/∂a_h1", "∂E1/∂a_h2", "∂E2/∂a_h1",
    "∂E2/∂a_h2", "∂E/∂a_h1", "∂E/∂a_h2", "∂a_h1/∂h1", "∂a_h2/∂h2", "∂E/∂h1", "∂E/∂h2",
]
# fmt: on
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
CONTENT_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"


def opened(path: Path, values: bool = False) -> OpenedBook:
    """The workbook in openpyxl: its formulas, or the values that it stores for them."""
    return openpyxl.load_workbook(path, data_only=values)


def parts(path: Path) -> dict[str, bytes]:
    """Every part of the file by name."""
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def cells(book: OpenedBook) -> Iterator[Any]:
    """Every cell of every sheet that holds something."""
    return (cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None)


def formulas(book: OpenedBook) -> dict[tuple[str, str], str]:
    """Every formula by sheet and cell."""
    return {(c.parent.title, c.coordinate): c.value for c in cells(book) if c.data_type == "f"}


def relations(files: dict[str, bytes], part: str) -> dict[str, str]:
    """The parts that ``part`` refers to by relationship id, named as in ``files``."""
    folder = PurePosixPath(part).parent
    listed = files.get(f"{folder}/_rels/{PurePosixPath(part).name}.rels".removeprefix("./"))
    found = {}
    for relation in ElementTree.fromstring(listed) if listed else ():
        steps: list[str] = []
        for step in (folder / relation.get("Target", "")).parts:
            if step == "..":
                steps.pop()
            elif step != "/":
                steps.append(step)
        found[relation.get("Id", "")] = "/".join(steps)
    return found


def charts(path: Path) -> dict[str, list[ElementTree.Element]]:
    """The charts by the sheet that they are on."""
    files = parts(path)
    found = {}
    for n, sheet in enumerate(opened(path).sheetnames, start=1):
        drawings = relations(files, f"xl/worksheets/sheet{n}.xml").values()
        found[sheet] = [ElementTree.fromstring(files[c]) for d in drawings for c in relations(files, d).values()]
    return found


def test_sheets_stand_in_order(either: Workbook) -> None:
    """The tabs are the network, its equations, a sheet per rate, their comparison, and the two checks."""
    path, _ = either
    expected = ["Network", "Equations", "lr 0.5", "lr 2.0", "Learning rates", "Gradient check", "Checks"]
    book = opened(path)
    assert book.sheetnames == expected
    assert book.active.title == "Network"
    assert {sheet.sheet_state for sheet in book} == {"visible"}


def test_every_part_is_well_formed_and_declared(either: Workbook) -> None:
    """Every part is XML whose type is declared, and every part that another names is there."""
    files = parts(either[0])
    types = ElementTree.fromstring(files["[Content_Types].xml"])
    endings = {kind.get("Extension") for kind in types.iter(f"{CONTENT_TYPES}Default")}
    named = {kind.get("PartName", "").removeprefix("/") for kind in types.iter(f"{CONTENT_TYPES}Override")}
    assert named <= files.keys()
    for name, data in files.items():
        ElementTree.fromstring(data)
        assert name in named or name.rpartition(".")[2] in endings, name
        missing = set(relations(files, name).values()) - files.keys()
        assert not missing, (name, missing)
    undeclared = {name for name in files if not name.endswith(".rels")} - named - {"[Content_Types].xml"}
    assert not undeclared


def test_nothing_in_the_file_warns(either: Workbook) -> None:
    """No macros, no links to other files or the web, no embedded objects, no stale order of calculation."""
    files = parts(either[0])
    unwanted = ("vba", "externallink", "calcchain", "activex", "embedding", "connections", "customxml", "querytable")
    assert [name for name in files if any(word in name.lower() for word in unwanted)] == []
    everything = b"".join(data for name, data in files.items() if name.endswith((".rels", "].xml")))
    assert b"TargetMode" not in everything
    assert b"macro" not in everything.lower()
    assert not [f for f in formulas(opened(either[0])).values() if "[" in f or "|" in f]


def test_file_asks_to_be_recalculated(either: Workbook) -> None:
    """Whatever program opens the file is told to compute it anew, and to go on doing so."""
    calculation = opened(either[0]).calculation
    assert calculation.fullCalcOnLoad
    assert calculation.calcMode in (None, "auto")
    assert not calculation.iterate


def test_window_fits_a_screen(either: Workbook) -> None:
    """The window that the file asks for is no larger than a large screen; its unit is a 1440th of an inch."""
    view = opened(either[0]).views[0]
    assert 800 <= view.windowWidth / 15 <= 3840
    assert 500 <= view.windowHeight / 15 <= 2160


def test_formulas_use_functions_of_excel_2007(either: Workbook) -> None:
    """Every function in a cell or a condition is one that Excel 2007, LibreOffice and Google Sheets know."""
    book = opened(either[0])
    conditions = [
        f"={formula}"
        for sheet in book
        for area in sheet.conditional_formatting
        for rule in area.rules
        for formula in rule.formula
    ]
    assert conditions
    used = {
        token.value.removesuffix("(").upper()
        for formula in [*formulas(book).values(), *conditions]
        for token in Tokenizer(formula).items
        if token.type == "FUNC" and token.subtype == "OPEN"
    }
    assert {"EXP", "INDEX", "CHOOSE"} <= used <= EXCEL_2007


def test_every_formula_stores_its_value(either: Workbook) -> None:
    """No formula is without its computed value or stores a 0 that it does not compute; viewers would show that."""
    path, contents = either
    stored = opened(path, values=True)
    values = {place: stored[place[0]][place[1]].value for place in formulas(opened(path))}
    assert [place for place, value in values.items() if value is None or value == ""] == []
    # Only how often E_total rose is 0 by right; at these rates it never does.
    assert np.diff(contents.computed["E_total"]).max() < 0
    zeros = {place for place, value in values.items() if value == 0 and value is not False}
    assert zeros == {(LEARNING_RATES, f"E{FIRST_ROW + n}") for n in (1, 2)}


def test_numbers_of_the_table_are_numpys(either: Workbook) -> None:
    """A viewer that computes nothing shows the same double as NumPy in every cell of every table."""
    path, contents = either
    book = opened(path, values=True)
    for table in contents.tables:
        for column, key in enumerate(table.columns, start=1):
            shown = [book[table.sheet].cell(FIRST_ROW + n, column).value for n in range(1, table.iterations + 1)]
            assert shown == table.values[key].tolist(), (table.sheet, key)


def test_defined_names_are_legal_and_lead_somewhere(either: Workbook) -> None:
    """Every name is one that Excel takes, and stands for filled cells of a sheet that exists."""
    path, contents = either
    book = opened(path)
    names = book.defined_names
    given = {f"{letter}_{n}" for letter, count in (("t", 2), ("i", 2), ("w", 8)) for n in range(1, count + 1)}
    assert given | {"rate_1", "rate_2", "threshold", "epsilon", "iterations", "rates"} <= set(names)
    assert len({name.lower() for name in names}) == len(names)
    for name, defined in names.items():
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]{0,254}", name), name
        assert not re.fullmatch(r"[A-Za-z]{1,3}[0-9]+|[Rr]?[0-9]*[Cc]?[0-9]*", name), f"{name} is an address"
        for sheet, area in defined.destinations:
            left, top, right, bottom = range_boundaries(area)
            found = [book[sheet].cell(r, c).value for r in range(top, bottom + 1) for c in range(left, right + 1)]
            assert None not in found, name
    values = {}
    for key in contents.assignment.given:
        ((sheet, cell),) = names[f"{key[0]}_{key[1:]}"].destinations
        values[key] = book[sheet][cell].value
    assert values == contents.assignment.given


def headers(book: OpenedBook, sheet: str) -> list[object]:
    """The labels over the columns of a sheet's table."""
    return [cell.value for cell in book[sheet][HEADER_ROW + 1] if cell.value is not None]


def test_classic_has_the_columns_of_the_hand_out(classic: Workbook) -> None:
    """The classic layout has the class hand-out's 31 columns in their order, and nothing besides."""
    book = opened(classic[0])
    assert len(HAND_OUT) == 31
    for sheet in ("lr 0.5", "lr 2.0"):
        assert headers(book, sheet) == HAND_OUT
        assert all(dimension.outlineLevel == 0 for dimension in book[sheet].column_dimensions.values())


def test_full_adds_the_iteration_and_the_steps(full: Workbook) -> None:
    """The full layout has the iteration first, and the steps of the chain rule before the gradients, in one group."""
    book = opened(full[0])
    errors = HAND_OUT.index("E_total") + 1
    expected = ["iteration", *HAND_OUT[:errors], *STEPS, *HAND_OUT[errors:]]
    for sheet in ("lr 0.5", "lr 2.0"):
        assert headers(book, sheet) == expected
        grouped = {
            expected[column - 1]: dimension.outlineLevel
            for dimension in book[sheet].column_dimensions.values()
            for column in range(dimension.min, dimension.max + 1)
            if dimension.outlineLevel
        }
        assert grouped == dict.fromkeys(STEPS, 1)
        assert [book[sheet].cell(FIRST_ROW + n, 1).value for n in range(1, 21)] == list(range(20))


def test_labels_stay_in_sight(full: Workbook, classic: Workbook) -> None:
    """Scrolling a table keeps its labels, and in the full layout the iteration; printing repeats the labels."""
    for (path, _), pane in ((full, "B7"), (classic, "A7")):
        book = opened(path)
        for sheet in ("lr 0.5", "lr 2.0"):
            assert book[sheet].freeze_panes == pane
            assert book[sheet].print_title_rows == "$5:$6"
        assert book[LEARNING_RATES].freeze_panes == "A7"
        assert book[CHECKS].freeze_panes == "A9"


def test_drop_downs_are_lists_by_name(either: Workbook) -> None:
    """Each pick is a list named in the workbook, whose stored values hold what is picked at first."""
    path, _ = either
    book, stored = opened(path), opened(path, values=True)
    found = {}
    for sheet in book:
        for validation in sheet.data_validations.dataValidation:
            assert validation.type == "list"
            assert validation.showErrorMessage
            ((list_sheet, area),) = book.defined_names[validation.formula1].destinations
            choices = [cell.value for row in stored[list_sheet][area] for cell in row]
            found[sheet.title, str(validation.sqref)] = choices
            assert stored[sheet.title][str(validation.sqref)].value in choices
    picks = ("pick_iteration", "pick_rate", "check_iteration", "check_rate")
    places = {name: next(iter(book.defined_names[name].destinations)) for name in picks}
    assert {name: found[sheet, cell.replace("$", "")] for name, (sheet, cell) in places.items()} == {
        name: list(range(20)) if "iteration" in name else [0.5, 2.0] for name in picks
    }


def test_links_lead_to_sheets_and_back(either: Workbook) -> None:
    """Every link leads to a cell of a sheet that exists; Network links to every sheet, every sheet to Network."""
    book = opened(either[0])
    targets: dict[str, set[str]] = {}
    for sheet in book:
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.hyperlink):
            link = re.fullmatch(r"'([^']+)'!\$?([A-Z]+)\$?(\d+)", cell.hyperlink.location)
            assert link, cell.hyperlink.location
            assert cell.hyperlink.target is None
            assert cell.value
            assert link[1] in book.sheetnames
            targets.setdefault(sheet.title, set()).add(link[1])
    others = set(book.sheetnames) - {NETWORK}
    assert targets[NETWORK] == others
    assert {sheet for sheet in others if NETWORK in targets[sheet]} == others
    assert targets[LEARNING_RATES] == {NETWORK, "lr 0.5", "lr 2.0"}


def cached(reference: ElementTree.Element) -> list[float]:
    """The numbers that a chart keeps for viewers that compute nothing."""
    return [float(value.text or "nan") for value in reference.iter(f"{CHART}v")]


def test_each_rate_has_its_chart(either: Workbook) -> None:
    """The chart on a rate's sheet draws E_total of all its iterations, and keeps their values."""
    path, contents = either
    found = charts(path)
    for table in contents.tables:
        (chart,) = found[table.sheet]
        (series,) = chart.iter(f"{CHART}ser")
        x, y = (series.find(f"{CHART}{axis}/{CHART}numRef") for axis in ("xVal", "yVal"))
        column = get_column_letter(contents.columns.index("E_total") + 1)
        assert y.findtext(f"{CHART}f") == f"'{table.sheet}'!${column}${FIRST_ROW + 1}:${column}${FIRST_ROW + 20}"
        assert cached(y) == table.values["E_total"].tolist()
        (start,) = re.findall(rf"!\$[A-Z]+\${FIRST_ROW + 1}:\$[A-Z]+\${FIRST_ROW + 20}$", x.findtext(f"{CHART}f"))
        assert start
        assert cached(x) == list(range(20))


def test_comparison_has_a_linear_and_a_logarithmic_chart(either: Workbook) -> None:
    """Two charts on the sheet "Learning rates", one of them logarithmic, draw every rate over all iterations."""
    path, contents = either
    found = charts(path)
    assert [sheet for sheet, drawn in found.items() if drawn] == ["lr 0.5", "lr 2.0", LEARNING_RATES]
    linear, logarithmic = found[LEARNING_RATES]
    assert not list(linear.iter(f"{CHART}logBase"))
    (base,) = logarithmic.iter(f"{CHART}logBase")
    assert base.get("val") == "10"
    axis = get_column_letter(COMPARISON_COLUMN + 1)
    for chart in (linear, logarithmic):
        drawn = list(chart.iter(f"{CHART}ser"))
        assert len(drawn) == len(contents.tables)
        for table, series in zip(contents.tables, drawn, strict=True):
            x, y = (series.find(f"{CHART}{axis}/{CHART}numRef") for axis in ("xVal", "yVal"))
            column = get_column_letter(COMPARISON_COLUMN + 2 + table.index)
            rows = (FIRST_ROW + 1, FIRST_ROW + 20)
            assert x.findtext(f"{CHART}f") == f"'{LEARNING_RATES}'!${axis}${rows[0]}:${axis}${rows[1]}"
            assert y.findtext(f"{CHART}f") == f"'{LEARNING_RATES}'!${column}${rows[0]}:${column}${rows[1]}"
            assert cached(x) == list(range(20))
            assert cached(y) == table.values["E_total"].tolist()
            name = series.find(f"{CHART}tx/{CHART}strRef")
            assert name.findtext(f"{CHART}f") == f"'{LEARNING_RATES}'!${column}${HEADER_ROW + 1}"
            assert name.findtext(f".//{CHART}v") == f"η = {table.rate:.15g}"
        dashes = [series.find(f".//{DRAWING}prstDash") for series in drawn]
        assert len({None if dash is None else dash.get("val") for dash in dashes}) == len(drawn)


def test_charts_can_be_read_out(either: Workbook) -> None:
    """Every chart has a description for people who do not see it."""
    drawings = [data for name, data in parts(either[0]).items() if re.match("xl/drawings/drawing", name)]
    described = re.findall(rb'<xdr:cNvPr [^>]*descr="([^"]+)"', b"".join(drawings))
    assert len(described) == 4
    assert all(b"E_total" in text for text in described)


def test_every_number_has_a_format(either: Workbook) -> None:
    """Only what a reader chose is shown in the format General, in which no column would line up."""
    book, stored = opened(either[0]), opened(either[0], values=True)
    numbers = [cell for cell in cells(stored) if cell.data_type == "n"]
    assert len(numbers) > 2000
    general = [c for c in numbers if book[c.parent.title][c.coordinate].number_format == "General"]
    assignment = either[1].assignment
    chosen = {*assignment.given.values(), *assignment.learning_rates, learning_rates.THRESHOLD}
    assert [(c.parent.title, c.coordinate) for c in general if c.value not in chosen] == []
    assert not [c for c in general if c.parent.title.startswith("lr ") and c.row > FIRST_ROW]


@pytest.mark.parametrize(
    "title", ["=1+1", "+1", "-1", "@SUM(A1)", "{=1+1}", '=HYPERLINK("http://x.y","click")', "<&'\">"]
)
def test_title_is_text_whatever_it_begins_with(tmp_path: Path, title: str) -> None:
    """A template's title is shown as it was typed, and is never a formula."""
    template = tmp_path / "own.toml"
    template.write_text(f"title = '''{title}'''\niterations = 1\nlearning_rates = [1.0]\n", encoding="utf-8")
    path = tmp_path / "own.xlsx"
    generate(path=path, template=template, verify_numbers=False)
    book = opened(path)
    assert book[NETWORK]["B1"].value == title
    assert book[NETWORK]["B1"].data_type == "s"
    assert book.properties.title == title


def test_classic_gradients_use_their_own_neuron(classic: Workbook) -> None:
    """∂E/∂w3 and ∂E/∂w4 use a_h2 and never a_h1, ∂E/∂w1 and ∂E/∂w2 the reverse: the class's mistake is not here."""
    path, contents = classic
    book = opened(path)
    column = {label: get_column_letter(n) for n, label in enumerate(HAND_OUT, start=1)}
    for table in contents.tables:
        for label, own, other in (
            ("∂E/∂w1", "a_h1", "a_h2"),
            ("∂E/∂w2", "a_h1", "a_h2"),
            ("∂E/∂w3", "a_h2", "a_h1"),
            ("∂E/∂w4", "a_h2", "a_h1"),
        ):
            for row in range(FIRST_ROW + 1, FIRST_ROW + 21):
                used = re.findall(r"[A-Z]+\d+", book[table.sheet][f"{column[label]}{row}"].value)
                assert used.count(f"{column[own]}{row}") == 2, (label, row)
                assert f"{column[other]}{row}" not in used, (label, row)


def test_weights_step_down_from_the_row_above(either: Workbook) -> None:
    """From iteration 1 on, a weight is the row above's weight minus η times the row above's gradient."""
    path, contents = either
    book = opened(path)
    column = {label: get_column_letter(n) for n, label in enumerate(headers(book, "lr 0.5"), start=1)}
    for n, table in enumerate(contents.tables, start=1):
        for weight in range(1, 9):
            shown = [book[table.sheet][f"{column[f'w{weight}']}{FIRST_ROW + 1 + k}"].value for k in range(20)]
            w, gradient = column[f"w{weight}"], column[f"∂E/∂w{weight}"]
            rows = range(FIRST_ROW + 1, FIRST_ROW + 20)
            assert shown == [f"=w_{weight}", *(f"={w}{row}-rate_{n}*{gradient}{row}" for row in rows)]


def test_equations_show_the_formulas_that_are_there(either: Workbook) -> None:
    """Each row of "Equations" that names a cell shows that cell's formula, links to it, and shows its value."""
    path, contents = either
    book, stored = opened(path), opened(path, values=True)
    sheet, seen = book[EQUATIONS], set()
    labels = dict(enumerate(headers(book, "lr 0.5"), start=1))
    for row in range(1, sheet.max_row + 1):
        cell = sheet.cell(row, 3)
        if not re.fullmatch(r"[A-Z]+\d+", str(cell.value)):
            assert cell.hyperlink is None
            continue
        letters, digits = re.fullmatch(r"([A-Z]+)(\d+)", cell.value).groups()
        assert cell.hyperlink.location == f"'lr 0.5'!${letters}${digits}"
        assert sheet.cell(row, 4).value == book["lr 0.5"][cell.value].value
        assert sheet.cell(row, 4).data_type == "s"
        assert stored[EQUATIONS].cell(row, 5).value == stored["lr 0.5"][cell.value].value
        assert sheet.cell(row, 1).value == labels[column_index_from_string(letters)]
        seen.add(cell.value)
    network = contents.network
    computed = [key for key in contents.columns if key != ITERATION and network[key].equation]
    expected = {f"{get_column_letter(contents.columns.index(key) + 1)}{FIRST_ROW + 1}" for key in computed}
    updated = [contents.columns.index(key) + 1 for key in network.keys(Role.WEIGHT)]
    assert seen == expected | {f"{get_column_letter(column)}{FIRST_ROW + 2}" for column in updated}


def test_classic_equations_show_the_steps_as_parts(classic: Workbook) -> None:
    """In the classic layout, which has no cell for a step, "Equations" still shows each step's formula and value."""
    path, contents = classic
    book, stored = opened(path), opened(path, values=True)
    shown = {}
    for row in range(1, book[EQUATIONS].max_row + 1):
        label, _, where, formula, live = (book[EQUATIONS].cell(row, n).value for n in range(1, 6))
        if where == "part of gradients":
            shown[label] = stored[EQUATIONS].cell(row, 5).value
            assert live.replace("'lr 0.5'!", "").replace("$", "") == "=" + formula.removeprefix("=")
    network = contents.network
    assert shown == {network.label(key): contents.computed[key][0, 0] for key in network.keys(Role.STEP)}


def test_one_iteration_is_enough(tmp_path: Path) -> None:
    """A workbook of the initial row alone is written and confirmed, in both layouts."""
    for layout in ("full", "classic"):
        settings = {"iterations": 1, "learning_rates": (0.5, 2.0), "layout": layout}
        path = tmp_path / f"{layout}.xlsx"
        generate(path=path, verify_numbers=False, **settings)
        result = verify(path=path, assignment=load_assignment(**settings), autograd=False)
        assert result.complaints() == []
        assert result.quantities == 2 * (47 if layout == "full" else 31)


def test_most_learning_rates_that_are_possible(tmp_path: Path) -> None:
    """With as many rates as are possible, of many digits each, the file is confirmed and Excel takes every formula."""
    rates = np.linspace(0.1, 2, MAX_LEARNING_RATES).tolist()
    assignment = load_assignment(learning_rates=rates, iterations=1, layout="classic")
    path = tmp_path / "many.xlsx"
    generate(path=path, learning_rates=rates, iterations=1, layout="classic", verify_numbers=False)
    assert verify(path=path, assignment=assignment, autograd=False).complaints() == []
    files = parts(path)
    sheets = [data.decode() for name, data in files.items() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == MAX_LEARNING_RATES + 5
    written = [html.unescape(formula) for sheet in sheets for formula in re.findall("<f>(.*?)</f>", sheet)]
    assert max(map(len, written)) <= LONGEST_FORMULA
    names = re.findall('<sheet name="([^"]*)"', files["xl/workbook.xml"].decode())
    assert max(map(len, names)) <= 31
    assert len({name.lower() for name in names}) == len(sheets)


def test_same_assignment_writes_the_same_file(full: Workbook, make: Callable[..., Workbook]) -> None:
    """Generating twice gives the same bytes: under version control a file changes only when its content does."""
    again, _ = make(layout="full")
    assert again.read_bytes() == full[0].read_bytes()
    # Both may have been made within one second; so no clock may have been read.
    properties = opened(again).properties
    assert {properties.created, properties.modified} == {datetime(2000, 1, 1)}
    with zipfile.ZipFile(again) as package:
        assert {item.date_time[0] for item in package.infolist()} == {1980}
