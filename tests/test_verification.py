"""Confirming a written workbook: nothing wrong in the file on disk goes unseen."""

import math
import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sheetprop import generate, load_assignment, verify
from sheetprop.errors import InputError
from sheetprop.tolerance import TOLERANCE

SETTINGS = {"iterations": 12, "learning_rates": (0.5, 2.0)}
NETWORK_PART, RATE_PART, CHECKS_PART = (f"xl/worksheets/sheet{n}.xml" for n in (1, 3, 7))
Edit = Callable[[str], str]


@pytest.fixture(scope="module", params=["full", "classic"])
def workbook(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A right workbook, in each layout."""
    path = tmp_path_factory.mktemp("right") / "right.xlsx"
    generate(path=path, layout=request.param, verify_numbers=False, **SETTINGS)
    return path, request.param


def edited(source: Path, folder: Path, part: str, edit: Edit) -> Path:
    """A copy of a workbook with one part of it changed."""
    target = folder / "edited.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            data = old.read(item)
            if item.filename == part:
                text = data.decode()
                changed = edit(text)
                assert changed != text, "the edit found nothing to change"
                data = changed.encode()
            new.writestr(item, data)
    return target


def in_cell(cell: str, tag: str, change: Callable[[str], str]) -> Edit:
    """An edit of the <f> or <v> of one cell."""
    pattern = re.compile(rf'(<c r="{cell}"[^>]*>(?:(?!</c>).)*?<{tag}>)([^<]*)(</{tag}>)')
    return lambda xml: pattern.sub(lambda m: m[1] + change(m[2]) + m[3], xml, count=1)


def confirm(path: Path, layout: str, **changes: object) -> list[str]:
    """The mismatches of a file, as text."""
    assignment = load_assignment(layout=layout, **SETTINGS | changes)
    return verify(path=path, assignment=assignment, autograd=False).complaints(most=1000)


def column_of(layout: str, key: str) -> str:
    """The letter of a quantity's column."""
    from sheetprop.workbook.contents import Contents

    assignment = load_assignment(layout=layout, **SETTINGS)
    return Contents(assignment, {q: np.zeros((2, 12)) for q in assignment.network.keys()}).tables[0].letter(key)


def test_right_workbook_is_confirmed(workbook: tuple[Path, str]) -> None:
    """A workbook as generated has no mismatch, and its figures are those of a comparison that took place."""
    path, layout = workbook
    result = verify(path=path, assignment=load_assignment(layout=layout, **SETTINGS), autograd=False)
    assert result.passed
    columns = 47 if layout == "full" else 31
    assert result.quantities == columns * 12 * 2
    assert result.cells > result.formulas > result.quantities
    assert result.max_abs_error_vs_numpy <= 1e-15
    assert result.max_abs_error_vs_autograd is None


def test_gradients_agree_with_autograd(workbook: tuple[Path, str]) -> None:
    """The gradients in the file are those of torch.autograd at the file's weights."""
    pytest.importorskip("torch", reason="torch is not installed")
    path, layout = workbook
    result = verify(path=path, assignment=load_assignment(layout=layout, **SETTINGS), autograd=True)
    assert result.passed
    assert result.max_abs_error_vs_autograd is not None
    assert result.max_abs_error_vs_autograd < 1e-15


def test_wrong_formula_is_caught(workbook: tuple[Path, str], tmp_path: Path) -> None:
    """One formula with the class hand-out's mistake is named, though it moves the number by 2.6e-4 only."""
    path, layout = workbook
    right, wrong = column_of(layout, "a_h2"), column_of(layout, "a_h1")
    cell = f"{column_of(layout, 'da_h2_dh2' if layout == 'full' else 'dE_dw3')}12"
    bad = edited(path, tmp_path, RATE_PART, in_cell(cell, "f", lambda f: f.replace(f"{right}12", f"{wrong}12")))
    assert any(f"'lr 0.5'!{cell}: stored value" in line for line in confirm(bad, layout))
    assert any(f"'lr 0.5'!{cell}:" in line and "at iteration 5" in line for line in confirm(bad, layout))


@pytest.mark.parametrize("key", ["t1", "w1", "a_o2", "E_total", "dE_dw8"])
def test_wrong_stored_value_is_caught(workbook: tuple[Path, str], tmp_path: Path, key: str) -> None:
    """A stored value that is off by 1e-11 of itself is named; viewers that compute nothing would show it."""
    path, layout = workbook
    cell = f"{column_of(layout, key)}9"
    bad = edited(path, tmp_path, RATE_PART, in_cell(cell, "v", lambda v: repr(float(v) * (1 + 1e-11))))
    (line,) = confirm(bad, layout)
    assert line.startswith(f"'lr 0.5'!{cell}: stored value: found ")


@pytest.mark.parametrize(
    ("part", "cell", "name"),
    [
        (NETWORK_PART, "C9", "w_1"),
        (NETWORK_PART, "C5", "t_1"),
        (RATE_PART, "D3", "rate_1"),
        (NETWORK_PART, "G5", "pick_iteration"),
    ],
)
def test_wrong_constant_is_caught(workbook: tuple[Path, str], tmp_path: Path, part: str, cell: str, name: str) -> None:
    """A constant other than asked for is named, and so is what follows from it."""
    path, layout = workbook
    bad = edited(path, tmp_path, part, in_cell(cell, "v", lambda v: repr(float(v) + 1)))
    lines = confirm(bad, layout)
    assert any(f"!{cell}: constant {name}" in line for line in lines)
    assert len(lines) > 1


def test_wrong_number_of_pythons_is_caught(workbook: tuple[Path, str], tmp_path: Path) -> None:
    """A number on the sheet Checks that Python did not compute turns that sheet's verdict, which is caught."""
    path, layout = workbook
    bad = edited(path, tmp_path, CHECKS_PART, in_cell("C14", "v", lambda v: repr(float(v) + 1e-9)))
    assert any("'Checks'!G14: stored value: found yes, expected no" in line for line in confirm(bad, layout))


def test_pasted_value_is_caught(workbook: tuple[Path, str], tmp_path: Path) -> None:
    """A right value pasted over its formula is named: the workbook promises live formulas."""
    path, layout = workbook
    cell = f"{column_of(layout, 'a_h1')}10"
    pasted = edited(path, tmp_path, RATE_PART, lambda xml: re.sub(rf'(<c r="{cell}"[^>]*>)<f>[^<]*</f>', r"\1", xml))
    assert confirm(pasted, layout) == [
        f"'lr 0.5'!{cell}: a_h1 at iteration 3: found a constant, expected a live formula"
    ]


def test_swapped_labels_are_caught(workbook: tuple[Path, str], tmp_path: Path) -> None:
    """Columns are found in the file by the labels over them: under swapped labels the numbers are wrong."""
    path, layout = workbook
    first, second = (f'r="{column_of(layout, key)}6"' for key in ("w1", "w2"))
    swap = {first: second, second: first}
    labels = re.compile(f"{first}|{second}")

    def swapped(xml: str) -> str:
        row = re.search(r'<row r="6".*?</row>', xml, re.DOTALL)
        assert row
        cells = dict(re.findall(rf'<c ({first}|{second}) s="\d+" t="s"><v>(\d+)</v>', row[0]))
        fixed = re.sub(
            rf'(<c ({first}|{second}) s="\d+" t="s"><v>)\d+', lambda m: m[1] + cells[swap[m[2]]], row[0]
        )  # fmt: skip
        assert labels.search(fixed)
        return xml.replace(row[0], fixed)

    bad = edited(path, tmp_path, RATE_PART, swapped)
    assert any("w1 at iteration 0: found 0.2, expected 0.15" in line for line in confirm(bad, layout))


def test_another_assignment_is_caught(workbook: tuple[Path, str]) -> None:
    """A consistent workbook of another assignment is not confirmed."""
    path, layout = workbook
    assert confirm(path, layout, targets=(0.01, 0.99))
    assert any("sheet: found nothing, expected lr 0.1" in line for line in confirm(path, layout, learning_rates=(0.1,)))


def test_long_complaints_are_counted(workbook: tuple[Path, str]) -> None:
    """Of many mismatches the first are printed and the others counted."""
    path, layout = workbook
    result = verify(
        path=path, assignment=load_assignment(layout=layout, **SETTINGS | {"inputs": (0.3, 0.1)}), autograd=False
    )
    lines = result.complaints(most=3)
    assert len(lines) == 4
    assert lines[-1] == f"… and {len(result.mismatches) - 3:,} more cells that do not match"
    assert f"{len(result.mismatches):,} MISMATCHES" in str(result)


@pytest.mark.parametrize("content", [b"", b"no workbook", b"PK\x03\x04 truncated"])
def test_no_workbook(tmp_path: Path, content: bytes) -> None:
    """A file that is no workbook is an InputError that names it."""
    path = tmp_path / "broken.xlsx"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"broken\.xlsx"):
        verify(path=path, assignment=load_assignment(**SETTINGS))


def test_saved_by_another_program(workbook: tuple[Path, str], tmp_path: Path) -> None:
    """A copy saved by openpyxl, which stores no values, has every formula's value named as missing."""
    openpyxl = pytest.importorskip("openpyxl")
    path, layout = workbook
    copy = tmp_path / "copy.xlsx"
    openpyxl.load_workbook(path).save(shutil.copy(path, copy))
    result = verify(path=copy, assignment=load_assignment(layout=layout, **SETTINGS), autograd=False)
    assert len(result.mismatches) == result.formulas


@pytest.mark.parametrize("rate", [0.01, 20.0, 500.0, 1e5])
def test_any_learning_rate_is_confirmed(tmp_path: Path, rate: float) -> None:
    """Small, large and absurd learning rates are computed the same by NumPy and the formula engine."""
    result = generate(path=tmp_path / "x.xlsx", learning_rates=[rate], iterations=300, template="signed-weights")
    assert result.passed


def test_tolerance_is_relative_and_absolute() -> None:
    """1e-12 of a number's size is allowed, 1e-15 near zero, and what was subtracted counts as size."""
    assert TOLERANCE.allows(1 + 9e-13, 1.0)
    assert not TOLERANCE.allows(1 + 2e-12, 1.0)
    assert TOLERANCE.allows(9e-16, 0.0)
    assert not TOLERANCE.allows(2e-15, 0.0)
    assert TOLERANCE.allows(1e-11, 0.0, magnitude=100.0)
    assert TOLERANCE.allows(np.nan, np.nan)
    assert not TOLERANCE.allows(np.nan, 1.0)
    assert not TOLERANCE.allows(1.0, np.nan)


def test_tolerance_stands_in_one_place(workbook: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Tightening the one tolerance to nothing makes the confirmation fail."""
    path, layout = workbook
    monkeypatch.setattr("sheetprop.verification.TOLERANCE", replace(TOLERANCE, relative=0.0, absolute=-1.0))
    assert confirm(path, layout)


def test_emptied_sheet_is_caught(workbook: tuple[Path, str], tmp_path: Path) -> None:
    """A sheet that lost its cells is reported, not stumbled over."""
    path, layout = workbook
    empty = re.compile(r"<sheetData>.*</sheetData>", re.DOTALL)
    bad = edited(path, tmp_path, NETWORK_PART, lambda xml: empty.sub("<sheetData/>", xml))
    assert "'Network'!C9: constant w_1: found nothing, expected 0.15" in confirm(bad, layout)
    bad = edited(path, tmp_path, RATE_PART, lambda xml: empty.sub("<sheetData/>", xml))
    assert any("'lr 0.5'!" in line and "column: found nothing, expected w1" in line for line in confirm(bad, layout))


def test_rounding_of_long_sums_is_allowed() -> None:
    """A million numbers added one by one agree with their exact sum, and a sum with one number missing does not."""
    numbers = [0.1] * 1_000_000
    exact, relative = math.fsum(numbers), TOLERANCE.relative_of_sum(len(numbers))
    assert abs(sum(numbers) - exact) > TOLERANCE.relative * exact
    assert abs(sum(numbers) - exact) <= relative * exact
    assert abs(sum(numbers[1:]) - exact) > relative * exact


def test_chaotic_trajectory_of_long_numbers_is_confirmed(tmp_path: Path) -> None:
    """Where rounding grows without bound, the file keeps all digits and NumPy rounds as its formulas do."""
    result = generate(
        path=tmp_path / "x.xlsx",
        inputs=[-0.13156465730320807, 0.027291202490697164],
        targets=[0.2767665230402315, 0.6204239612693543],
        weights=[
            0.42550014448282286,
            2.148976011031131,
            -0.3132192767004246,
            1.2030897368064313,
            -0.0032640015603232113,
            -1.0729996688902923,
            -7.431908185792219,
            -4.710284801160987,
        ],
        learning_rates=[171.039667418277, 50514.32821305779],
        iterations=300,
        layout="classic",
    )
    assert result.passed, result.remarks
