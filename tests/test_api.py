"""The library: what ``import sheetprop`` offers."""

import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sheetprop
from sheetprop import generate


def test_every_public_name_is_there() -> None:
    """``from sheetprop import *`` gives everything that ``__all__`` lists, and an unknown name is an error."""
    names: dict[str, Any] = {}
    exec("from sheetprop import *", names)
    assert set(sheetprop.__all__) <= set(names)
    assert {"generate", "verify", "trajectory", "load_assignment", "NETWORK"} <= set(names)
    assert all(names[name] is getattr(sheetprop, name) for name in sheetprop.__all__)
    with pytest.raises(AttributeError, match="no attribute 'generat'"):
        sheetprop.generat  # noqa: B018


@pytest.mark.parametrize(
    "verb", ["assign", "generate", "predict", "train_cnn", "validate", "verify", "write_autograder"]
)
def test_verbs_take_keywords_only(verb: str) -> None:
    """A call says what each value is."""
    parameters = inspect.signature(getattr(sheetprop, verb)).parameters.values()
    assert {parameter.kind for parameter in parameters} == {inspect.Parameter.KEYWORD_ONLY}


def test_import_loads_nothing_heavy() -> None:
    """``import sheetprop`` waits for no number library; the first use of a name loads what it needs."""
    code = """if True:
        import sys, sheetprop
        print(sorted({"numpy", "pandas", "torch", "formualizer", "xlsxwriter"} & set(sys.modules)))
        sheetprop.generate
        print("numpy" in sys.modules)
    """
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == ["[]", "True"]


def test_generate_returns_a_result_that_prints_itself(tmp_path: Path) -> None:
    """generate() writes and confirms the workbook and returns what the command prints."""
    path = tmp_path / "homework.xlsx"
    result = generate(path=path, iterations=10, learning_rates=[0.5])
    assert path.stat().st_size > 10_000
    assert result.passed
    assert result.verification is not None
    assert result.verification.mismatches == []
    assert str(result).startswith(f"Wrote {path}: 6 sheets, ")
    assert "10 iterations at learning rate 0.5." in str(result)
    assert "no mismatch" in str(result)
    document = json.loads(result.to_json())
    assert document == result.to_dict()
    assert (document["path"], document["iterations"], document["learning_rates"]) == (str(path), 10, [0.5])
    assert document["verification"]["mismatches"] == 0


def test_generate_can_leave_the_numbers_unconfirmed(tmp_path: Path) -> None:
    """Without confirmation the result says so instead of claiming it."""
    result = generate(path=tmp_path / "a.xlsx", iterations=2, learning_rates=[0.5], verify_numbers=False)
    assert result.verification is None
    assert "Not confirmed" in str(result)
    assert json.loads(result.to_json())["verification"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"inputs": (300, 300), "learning_rates": (1e6,)},
        {"inputs": (-1e5, 1e5), "targets": (1e5, -1e5)},
        {"learning_rates": (1e305,)},
        {"targets": (1e200, 0.5)},
        {"inputs": (1e308, 1.0)},
        {"inputs": (1e200, 1.0), "weights": (1e200,) * 8},
        {"weights": (0.0,) * 8, "inputs": (0.0, 0.0)},
    ],
    ids=str,
)
def test_any_finite_numbers_make_a_right_workbook(tmp_path: Path, changes: dict[str, Any]) -> None:
    """However large the numbers are, the workbook is written and the spreadsheet engine agrees with every cell."""
    result = generate(path=tmp_path / "a.xlsx", iterations=4, **{"learning_rates": (0.5,)} | changes)
    assert result.passed, "\n".join(result.remarks)


def test_progress_is_reported(tmp_path: Path) -> None:
    """A caller that asks for progress hears of every stage to its end."""
    heard: list[tuple[str, int, int]] = []
    generate(
        path=tmp_path / "a.xlsx", iterations=2, learning_rates=[0.5], progress=lambda *report: heard.append(report)
    )
    last = {what: (done, total) for what, done, total in heard}
    assert set(last) == {"writing", "re-evaluating", "comparing"}
    assert all(done == total > 0 for done, total in last.values())
    assert last["writing"] == (6, 6)


class Stop(BaseException):
    """What interrupts a test's writing."""


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, Stop, SystemExit])
@pytest.mark.parametrize("moment", ["sheetprop.workbook.checks.write", "xlsxwriter.workbook.Workbook.close"])
def test_an_interrupted_writing_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, interruption: type[BaseException]
) -> None:
    """Interrupted, generate() leaves neither a file nor a temporary folder, and the file it was to replace whole."""
    old = tmp_path / "old.xlsx"
    old.write_bytes(b"precious")

    def interrupted(*_: object) -> None:
        assert len(list(tmp_path.iterdir())) == 2, "the unfinished file is not beside the file it becomes"
        raise interruption

    monkeypatch.setattr(moment, interrupted)
    with pytest.raises(interruption):
        generate(path=old, iterations=2, learning_rates=[0.5], force=True)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("old.xlsx", b"precious")]


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system refuses to write, InputError names the file and the reason."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xlsxwriter.workbook.Workbook.close", full)
    path = tmp_path / "a.xlsx"
    with pytest.raises(sheetprop.InputError, match=r"a\.xlsx: cannot be written: the disk is full$"):
        generate(path=path, iterations=2, learning_rates=[0.5])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["missing/a.xlsx", "a.txt", ".", "a" * 300 + ".xlsx"])
def test_an_output_that_cannot_be_written_is_an_input_error(tmp_path: Path, path: str) -> None:
    """Before anything is computed, the path is judged, and the message begins with it."""
    with pytest.raises(sheetprop.InputError) as caught:
        generate(path=tmp_path / path, iterations=2, learning_rates=[0.5])
    assert str(caught.value).startswith(f"{tmp_path / path}: ")
    assert list(tmp_path.iterdir()) == []


def test_the_frame_of_the_readme(tmp_path: Path) -> None:
    """trajectory() gives the same numbers that generate() writes."""
    openpyxl = pytest.importorskip("openpyxl")
    assignment = sheetprop.load_assignment(learning_rates=[0.5, 2.0], iterations=5)
    frame = sheetprop.trajectory(assignment)
    generate(path=tmp_path / "a.xlsx", learning_rates=[0.5, 2.0], iterations=5, verify_numbers=False)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)
    for rate, rows in frame.groupby("lr"):
        header, *table = list(book[f"lr {rate}"].values)[5:11]
        labels = [sheetprop.NETWORK.label(key) for key in frame.columns[1:]]
        assert list(header[: len(labels)]) == labels
        written = np.array([row[: len(labels)] for row in table], dtype=float)
        np.testing.assert_array_equal(written, rows.drop(columns="lr").to_numpy(dtype=float))
