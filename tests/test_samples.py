"""The samples in workbooks/ are what their commands, or the function here that plays the student, make today.

``SHEETPROP_REGENERATE=1 pytest tests/test_samples.py`` writes the student's workbook again.
"""

import os
import re
import shlex
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from sheetprop import NETWORK, Code, Layout, Network, Quantity, Status, load_assignment, validate
from sheetprop.descent import compute
from sheetprop.expression import Symbol
from sheetprop.network import RATE, SIGMOID

SAMPLES = Path(__file__).parents[1] / "workbooks"
COMMANDS = [
    (command, [name, name.replace(".xlsx", "-key.xlsx")] if "--handout" in command else [name])
    for command, name in re.findall(
        r"^sheetprop (generate (\S+\.xlsx).*)$", (SAMPLES / "README.md").read_text(encoding="utf-8"), re.M
    )
]
STUDENTS, TRAINED = "handout-mistake.xlsx", "mnist-cnn.xlsx"
NUMBER = re.compile(r"<(c:)?v>[^<]*<")
REGENERATE = os.environ.get("SHEETPROP_REGENERATE") == "1"


def parts(path: Path) -> dict[str, str]:
    """The parts of a workbook without stored numbers, whose last digit may be another on another processor."""
    with zipfile.ZipFile(path) as package:
        return {name: NUMBER.sub("<", package.read(name).decode()) for name in package.namelist()}


class HandoutNetwork(Network):
    """The class's network with the mistake of the class hand-out: the slope of a_h1 where that of a_h2 belongs."""

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """As the class has them, but for one."""
        mistake = SIGMOID.slope(Symbol("a_h1"))
        return tuple(replace(q, equation=mistake) if q.key == "da_h2_dh2" else q for q in super().quantities)


def write_students_workbook(path: Path, iterations: int = 20, rate: float = 0.5) -> None:
    """A student's workbook: one sheet with the columns of the class hand-out, its mistake, and the error chart."""
    network = HandoutNetwork(NETWORK.inputs, NETWORK.layers)
    assignment = replace(
        load_assignment(layout=Layout.CLASSIC, iterations=iterations, learning_rates=[rate]), network=network
    )
    computed, columns, header = compute(assignment), assignment.columns, 3
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Learning rate", rate])
        sheet.write_row(header - 1, 0, [network.label(key) for key in columns])
        for n, key in enumerate(columns):
            letter, values = xlsxwriter.utility.xl_col_to_name(n), computed[key][0].tolist()
            for row, value in enumerate(values, start=header):

                def own(other: str, row: int = row) -> str:
                    return xlsxwriter.utility.xl_rowcol_to_cell(row, columns.index(other))

                def above(other: str, row: int = row) -> str:
                    return "$B$1" if other == RATE else own(other, row - 1)

                equation, after = network.equation(key, columns), network[key].next
                if equation is not None:
                    sheet.write_formula(row, n, f"={equation.excel(own)}", None, value)
                elif row == header:
                    sheet.write_number(row, n, value)
                else:
                    sheet.write_formula(row, n, f"={after.excel(above) if after else f'{letter}{row}'}", None, value)
        error = columns.index("E_total")
        chart = book.add_chart({"type": "line"})
        last = header + iterations - 1
        chart.add_series({"name": "E_total", "values": [sheet.name, header, error, last, error]})
        sheet.insert_chart(header + iterations + 1, 0, chart)


def test_every_sample_has_its_command() -> None:
    """No workbook lies among the samples that nothing makes."""
    made = {name for _, names in COMMANDS for name in names} | {STUDENTS, TRAINED}
    assert made == {path.name for path in SAMPLES.glob("*.xlsx")}


def test_trained_sample_is_the_run_of_the_readme() -> None:
    """The sample of a training has the sheets of today, a row for each of 20 epochs, and the README's accuracies."""
    from sheetprop.cnn.architectures import architecture
    from sheetprop.workbook.places import BEST_ACCURACY, EPOCHS_ROW, LAST_ACCURACY, TEST_ACCURACY
    from sheetprop.workbook.trained import Trained

    book = openpyxl.load_workbook(SAMPLES / TRAINED, data_only=True)
    assert book.sheetnames == list(Trained.NAMES[:-1])
    sheet = book["Training"]
    rows = range(EPOCHS_ROW + 1, EPOCHS_ROW + 1 + architecture("squeeze-13k").recipe.epochs)
    accuracies = [sheet.cell(row, TEST_ACCURACY + 1).value for row in rows]
    last, best = (sheet.cell(row + 1, column + 1).value for row, column in (LAST_ACCURACY, BEST_ACCURACY))
    assert (last, best) == (accuracies[-1], max(accuracies))
    readme = (SAMPLES.parent / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"^\| squeeze-13k \|.*$", readme, re.M)
    assert shown
    assert f"| {last:.2f} % |" in shown[0]
    assert f"| {best:.2f} % |" in shown[0]


@pytest.mark.parametrize(("command", "names"), COMMANDS, ids=[names[0] for _, names in COMMANDS])
def test_sample_is_current(tmp_path: Path, command: str, names: list[str]) -> None:
    """The command that the samples' README gives makes the sample; it also confirms every number."""
    run = subprocess.run(
        [sys.executable, "-m", "sheetprop", *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr
    for name in names:
        assert parts(tmp_path / name) == parts(SAMPLES / name)


def test_students_sample_is_current(tmp_path: Path) -> None:
    """The student's workbook is the one that is written here."""
    write_students_workbook(tmp_path / STUDENTS)
    if REGENERATE:
        (SAMPLES / STUDENTS).write_bytes((tmp_path / STUDENTS).read_bytes())
    assert parts(tmp_path / STUDENTS) == parts(SAMPLES / STUDENTS)


def test_students_sample_has_the_mistake_and_no_other() -> None:
    """The two gradients, and nothing else, are wrong in it; its stored numbers are those of its formulas."""
    (submission,) = validate(paths=[SAMPLES / STUDENTS]).submissions
    assert submission.status is Status.WRONG
    found = {(finding.code, finding.quantity) for finding in submission.findings if finding.quantity}
    assert found == {(Code.HANDOUT_MISTAKE, "dE_dw3"), (Code.HANDOUT_MISTAKE, "dE_dw4")}
    assert not {Code.STALE_VALUE, Code.CHART_MISSING, Code.CHART_SHORT} & {f.code for f in submission.findings}
