"""The workbook of a trained CNN: its sheets are right, live, and tell what a reader of an experiment asks."""

import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pytest
from openpyxl.formula import Tokenizer
from openpyxl.utils import coordinate_to_tuple
from openpyxl.workbook import Workbook as OpenedBook
from openpyxl.worksheet.worksheet import Worksheet

from sheetprop.cnn.architectures import ARCHITECTURES, architecture
from sheetprop.cnn.recipe import Augmentation, Recipe, Schedule
from sheetprop.cnn.results import Epoch, Examination, Examples, Run, Settings
from sheetprop.engine import Spreadsheet
from sheetprop.errors import InputError
from sheetprop.workbook import run as run_sheet
from sheetprop.workbook.trained import Trained
from sheetprop.workbook.training_book import write_training_book
from tests.libreoffice import needs_libreoffice, recalculate_all

pytest.importorskip("PIL")
pytestmark = pytest.mark.filterwarnings("ignore:.*xtension is not supported:UserWarning:openpyxl")

TEST_IMAGES, TRAINING_IMAGES = 10_000, 60_000
ACCURACIES = (98.70, 99.09, 99.35, 99.38, 99.44, 99.41, 99.44, 99.42)
"""The highest stands twice, and the last is not the best."""
ENVIRONMENT = {"hardware": "Abacus 3000", "torch": "2.9.1+cpu", "data checksum": "f8d2c1a0b9e4"}
# fmt: off
EXCEL_2007 = {
    "ABS", "AND", "AVERAGE", "COLUMN", "COUNT", "COUNTIF", "COUNTIFS", "IF", "IFERROR", "INDEX", "INT", "LARGE", "LEFT",
    "LEN", "MATCH", "MAX", "MIN", "MOD", "NOT", "OR", "RIGHT", "ROUND", "ROW", "ROWS", "SQRT", "STDEV", "SUM", "SUMIF",
    "SUMPRODUCT", "TEXT",
}
"""Functions that Excel 2007, LibreOffice and Google Sheets know alike, and that are not volatile."""
# fmt: on
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def ran(
    accuracies: Sequence[float] = ACCURACIES, name: str = "squeeze-13k", recipe: Recipe | None = None, seed: int = 1,
    **changes: Any,
) -> Run:  # fmt: skip
    """A run that looks like a real one, with these test accuracies."""
    known = architecture(name)
    settings = Settings(known, recipe or replace(known.recipe, epochs=len(accuracies)), seed, "cpu", "float32")
    rng = np.random.default_rng(seed)
    epochs = tuple(
        Epoch(
            n,
            settings.recipe.rate(n),
            float(0.3 / n + rng.random() / 50),
            float(99.2 - 8.1 / n**2 + rng.random() / 50),
            float((100 - accuracy) / 31 + rng.random() / 500),
            accuracy,
            float(35 + rng.random()),
        )
        for n, accuracy in enumerate(accuracies, start=1)
    )
    run = Run(settings, epochs, None, (), ENVIRONMENT, TRAINING_IMAGES, TEST_IMAGES, examination(rng))
    return replace(run, **changes)


def examination(rng: np.random.Generator) -> Examination:
    """What a network makes of a test set: two mistakes."""
    counts = np.diag(np.full(10, TEST_IMAGES // 10))
    counts[2, 2], counts[2, 7] = counts[2, 2] - 2, 2
    images = rng.integers(0, 256, (5, 28, 28)).astype(np.uint8)
    mistakes = Examples(images[:2], np.array([2, 2]), np.array([7, 7]), np.array([0.9, 0.6]))
    return Examination(counts, mistakes, Examples(images, np.arange(5), np.zeros(0, int), np.zeros(0)))


def own(name: str, accuracies: Sequence[float], **changes: Any) -> Run:
    """A run with the architecture's own recipe."""
    return ran(accuracies, name, architecture(name).recipe, **changes)


LONG = tuple(float(98 + 1.4 * n / (n + 3)) for n in range(500))
SEVERAL = (
    own("gap-8k", [*ACCURACIES, 99.4], seed=4),
    own("gap-8k", [97.0, 99.40, 99.38], seed=5, stopped="interrupted"),
    own("gap-8k", [97.5, 99.11, 99.2], seed=6, resumed=(1, 2)),
)
RENAMED = {name: f"{name} 2" for name in Trained((ran(),)).wanted}
KINDS = {
    "one": Trained((ran(),)),
    "own recipe": Trained((own("squeeze-13k", [*ACCURACIES] * 2 + [99.43] * 4),)),
    "one epoch": Trained((ran([99.0]),)),
    "long": Trained((ran(LONG),)),
    "renamed": Trained((ran(name="vgg-15k", stopped="the loss was not a number any more"),), RENAMED),
    "several": Trained(SEVERAL),
}


@dataclass(frozen=True)
class Made:
    """A workbook that was written, and its formulas and stored values in openpyxl."""

    path: Path
    trained: Trained
    formulas: OpenedBook
    values: OpenedBook

    def sheet(self, wanted: str) -> Worksheet:
        """The stored values of a sheet."""
        return self.values[self.trained.named(wanted)]


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Trained], Made]:
    """Write a workbook."""

    def made(trained: Trained) -> Made:
        path = tmp_path_factory.mktemp("trained") / "cnn.xlsx"
        write_training_book(trained, path)
        return Made(path, trained, openpyxl.load_workbook(path), openpyxl.load_workbook(path, data_only=True))

    return made


@pytest.fixture(scope="session")
def books(make: Callable[[Trained], Made]) -> dict[str, Made]:
    """A workbook of every kind."""
    return {kind: make(trained) for kind, trained in KINDS.items()}


@pytest.fixture(params=KINDS)
def book(books: dict[str, Made], request: pytest.FixtureRequest) -> Made:
    """The workbook of each kind in turn."""
    return books[request.param]


# Reading


def place(sheet: Worksheet, text: str) -> tuple[int, int]:
    """The row and column, from 1, of the cell that holds this text."""
    found = [(cell.row, cell.column) for row in sheet.iter_rows() for cell in row if cell.value == text]
    assert found, f"no cell of {sheet.title} says {text!r}"
    return found[0]


def below(sheet: Worksheet, text: str, rows: int = 1) -> Any:
    """The value so many rows under the cell with this text."""
    row, column = place(sheet, text)
    return sheet.cell(row + rows, column).value


def beside(sheet: Worksheet, text: str, columns: int = 1) -> Any:
    """The value so many columns to the right of the cell with this text."""
    row, column = place(sheet, text)
    return sheet.cell(row, column + columns).value


def table(sheet: Worksheet, heading: str, rows: int) -> list[list[Any]]:
    """So many rows of the table of which one heading is this."""
    row, _ = place(sheet, heading)
    width = sum(cell.value is not None for cell in sheet[row])
    return [[sheet.cell(row + n, column).value for column in range(1, width + 1)] for n in range(1, rows + 1)]


def texts(sheet: Worksheet) -> str:
    """All that a sheet says."""
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str))


def live(book: OpenedBook) -> dict[tuple[str, str], str]:
    """Every formula by sheet and cell."""
    found = {}
    for sheet in book:
        for row in sheet.iter_rows():
            found |= {(sheet.title, cell.coordinate): cell.value for cell in row if cell.data_type == "f"}
    return found


def changed(made: Made, folder: Path, sheet: str, cells: Mapping[tuple[int, int], Any]) -> Callable[[str, str], Any]:
    """What cells (sheet, address) show once a reader has written into some cells of a sheet."""
    book = openpyxl.load_workbook(made.path)
    for (row, column), value in cells.items():
        book[made.trained.named(sheet)].cell(row, column, value)
    path = folder / "changed.xlsx"
    book.save(path)
    spreadsheet = Spreadsheet(path)

    def shown(name: str, address: str) -> Any:
        row, column = coordinate_to_tuple(address)
        return spreadsheet.values(made.trained.named(name), row, column).at(row - 1, column - 1)

    return shown


def address(sheet: Worksheet, text: str, rows: int = 0, columns: int = 0) -> str:
    """The address of the cell so far from the one with this text."""
    row, column = place(sheet, text)
    return str(sheet.cell(row + rows, column + columns).coordinate)


def chart_parts(made: Made) -> list[ElementTree.Element]:
    """The charts of a workbook."""
    with zipfile.ZipFile(made.path) as package:
        names = sorted(name for name in package.namelist() if name.startswith("xl/charts/chart"))
        return [ElementTree.fromstring(package.read(name)) for name in names]


def title(chart: ElementTree.Element) -> str:
    """The title of a chart."""
    found = chart.find(f".//{CHART}title")
    assert found is not None
    return "".join(found.itertext()).strip()


def cached(series: ElementTree.Element, kind: str) -> list[float]:
    """The values that a chart's series keeps: kind is xVal or yVal."""
    return [float(point.text or "nan") for point in series.findall(f"{CHART}{kind}//{CHART}pt/{CHART}v")]


def axis(chart: ElementTree.Element, number: int) -> tuple[float, float]:
    """From where to where the first (across) or second axis goes."""
    scaling = chart.findall(f".//{CHART}valAx/{CHART}scaling")[number]
    low, high = scaling.find(f"{CHART}min"), scaling.find(f"{CHART}max")
    assert low is not None
    assert high is not None
    return float(low.get("val", "nan")), float(high.get("val", "nan"))


# The whole workbook


def test_sheets_stand_in_order(book: Made) -> None:
    """The tabs are those that are wanted, under the names that they are given."""
    assert book.formulas.sheetnames == [book.trained.named(name) for name in book.trained.wanted]
    assert book.formulas.active.title == book.formulas.sheetnames[0]


def test_every_formula_stores_what_it_computes(book: Made) -> None:
    """The value that a viewer shows is the one that the formula engine computes from the file's formulas."""
    spreadsheet = Spreadsheet(book.path)
    found = live(book.formulas)
    grids = {sheet.title: spreadsheet.values(sheet.title, sheet.max_row, sheet.max_column) for sheet in book.formulas}
    for (sheet, cell), formula in found.items():
        row, column = coordinate_to_tuple(cell)
        stored, computed = book.values[sheet][cell].value, grids[sheet].at(row - 1, column - 1)
        assert stored is not None, (sheet, cell, formula)
        assert same(stored, computed), (sheet, cell, formula, stored, computed)


def same(stored: Any, computed: Any) -> bool:
    """Whether two programs computed the same; they may add in another order."""
    if isinstance(stored, int | float) and isinstance(computed, int | float):
        return abs(stored - computed) <= 1e-11 * max(abs(stored), 1)
    return bool(stored == computed)


@needs_libreoffice
def test_libreoffice_computes_the_same(books: dict[str, Made], tmp_path: Path) -> None:
    """LibreOffice, which shares no code with sheetprop, computes every formula to the value that the file stores."""
    saved = recalculate_all({kind.replace(" ", "-"): made.path for kind, made in books.items()}, tmp_path)
    for kind, made in books.items():
        theirs = openpyxl.load_workbook(saved[kind.replace(" ", "-")], data_only=True)
        for sheet, cell in live(made.formulas):
            stored, computed = made.values[sheet][cell].value, theirs[sheet][cell].value
            assert same(stored, computed), (kind, sheet, cell, stored, computed)


def test_formulas_use_functions_of_excel_2007(book: Made) -> None:
    """No formula or condition needs a newer program, an array formula, or a name; all refer to this file."""
    conditions = [
        f"={formula}"
        for sheet in book.formulas
        for area in sheet.conditional_formatting
        for rule in area.rules
        for formula in rule.formula
    ]
    found = live(book.formulas).values()
    assert all(isinstance(formula, str) for formula in found)
    tokens = [token for formula in [*found, *conditions] for token in Tokenizer(formula).items]
    used = {token.value.removesuffix("(") for token in tokens if token.type == "FUNC" and token.subtype == "OPEN"}
    assert {"SQRT", "MATCH", "SUM"} <= used <= EXCEL_2007
    assert not [formula for formula in found if "[" in formula]
    assert not dict(book.formulas.defined_names)


def test_links_lead_to_sheets_that_are_there(book: Made) -> None:
    """Every link goes to a sheet of this workbook, and every sheet but the first has one back."""
    first, *others = book.formulas.sheetnames
    reached = {}
    for sheet in book.formulas:
        links = [cell.hyperlink for row in sheet.iter_rows() for cell in row if cell.hyperlink]
        reached[sheet.title] = {link.location.split("!")[0].strip("'") for link in links}
        assert reached[sheet.title] <= set(book.formulas.sheetnames)
    assert reached[first] == set(others)
    assert all(first in reached[sheet] for sheet in others)


def test_same_runs_write_the_same_bytes(make: Callable[[Trained], Made]) -> None:
    """Nothing in the file tells when or where it was written."""
    first, second = (make(Trained((ran(),))).path.read_bytes() for _ in range(2))
    assert first == second


def test_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a sheet fails, what was there before stays, and nothing else is left; a missing folder is told."""
    path = tmp_path / "cnn.xlsx"
    path.write_text("dear to its owner")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_sheet, "write", fail)
    with pytest.raises(InputError, match="the disk is full"):
        write_training_book(Trained((ran(),)), path)
    assert path.read_text() == "dear to its owner"
    assert list(tmp_path.iterdir()) == [path]
    monkeypatch.undo()
    with pytest.raises(InputError, match="cannot be written"):
        write_training_book(Trained((ran(),)), tmp_path / "missing" / "cnn.xlsx")


def test_needs_no_torch() -> None:
    """The workbook can be written where torch is not installed."""
    code = "import sys; import sheetprop.workbook.training_book; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# Training


def test_training_has_a_complete_row_per_epoch(book: Made) -> None:
    """Every epoch has its row with the very numbers of the run, and nothing follows the last."""
    for run in book.trained.runs:
        sheet = book.values[book.trained.training_sheet(run)]
        rows = table(sheet, "learning rate", len(run.epochs) + 1)
        for row, epoch in zip(rows, run.epochs, strict=False):
            given = [epoch.epoch, epoch.learning_rate, epoch.train_loss, epoch.train_accuracy, epoch.test_loss]
            assert row[:5] == given
            assert row[5:7] == [epoch.test_accuracy, epoch.seconds]
            assert row[7] == pytest.approx(TRAINING_IMAGES / epoch.seconds)
        assert rows[-1] == [None] * 9


def test_key_figures_put_the_last_epoch_first(books: dict[str, Made]) -> None:
    """The last epoch's accuracy comes first with its standard error, then the best one with its first epoch."""
    sheet = books["one"].sheet("Training")
    last, best = place(sheet, "Test accuracy, last epoch"), place(sheet, "Best test accuracy")
    assert last[0] == best[0]
    assert last[1] < best[1]
    assert below(sheet, "Test accuracy, last epoch") == 99.42
    assert below(sheet, "Test accuracy, last epoch", 2) == pytest.approx(0.0759, abs=1e-4)
    assert below(sheet, "Best test accuracy") == 99.44
    assert below(sheet, "Best test accuracy", 2) == 5
    assert below(sheet, "Time") == pytest.approx(sum(epoch.seconds for epoch in KINDS["one"].first.epochs))
    assert below(sheet, "Time", 2) == len(ACCURACIES)
    assert below(sheet, "Training images") == TRAINING_IMAGES
    assert below(sheet, "Training images", 2) == TEST_IMAGES


def test_best_epoch_is_marked_by_live_formulas(books: dict[str, Made], tmp_path: Path) -> None:
    """The first epoch of the highest accuracy is marked and shaded, and the mark moves when the numbers change."""
    made = books["one"]
    sheet = made.sheet("Training")
    marks = [row[8] for row in table(sheet, "learning rate", len(ACCURACIES))]
    assert marks == [0, 0, 0, 0, 1, 0, 0, 0]
    row, column = place(sheet, "best")
    assert made.formulas["Training"].cell(row + 1, column).number_format == '"★";;'
    (area,) = made.formulas["Training"].conditional_formatting
    epoch = address(sheet, "Best test accuracy", rows=2)
    letter, number = epoch[0], epoch[1:]
    assert [rule.formula for rule in area.rules] == [[f"$A{row + 1}=${letter}${number}"]]
    assert str(area.sqref) == f"A{row + 1}:I{row + len(ACCURACIES)}"
    shown = changed(made, tmp_path, "Training", {(row + 2, 6): 99.9})
    assert [shown("Training", f"I{row + n}") for n in (1, 2, 3, 4, 5)] == [0, 1, 0, 0, 0]
    assert shown("Training", address(sheet, "Best test accuracy", rows=1)) == 99.9
    assert shown("Training", epoch) == 2


def test_images_per_second_follow_the_number_of_images(books: dict[str, Made], tmp_path: Path) -> None:
    """The number of training images stands once, and each row divides it by its seconds."""
    made = books["one"]
    sheet = made.sheet("Training")
    shown = changed(made, tmp_path, "Training", {(place(sheet, "Training images")[0] + 1, 7): 1000.0})
    last = address(sheet, "images per second", rows=len(ACCURACIES))
    assert shown("Training", last) == pytest.approx(1000 / made.trained.first.last.seconds)
    assert shown("Run", address(made.sheet("Run"), "training images", columns=1)) == 1000


def test_standard_error_follows_the_number_of_images(books: dict[str, Made], tmp_path: Path) -> None:
    """With a quarter of the test images, the standard error doubles, also that beside the published accuracy."""
    made = books["own recipe"]
    sheet, targets = made.sheet("Training"), made.sheet("Targets")
    shown = changed(made, tmp_path, "Training", {(place(sheet, "Training images")[0] + 2, 7): TEST_IMAGES / 4})
    error = address(sheet, "Test accuracy, last epoch", rows=2)
    assert shown("Training", error) == pytest.approx(2 * sheet[error].value)
    three = address(targets, "three standard errors", rows=1)
    assert shown("Targets", three) == pytest.approx(2 * targets[three].value)


def test_a_run_that_stopped_says_so(books: dict[str, Made]) -> None:
    """Where a run ended early, and why, stands above its numbers, and nowhere else."""
    stopped = "Stopped after 8 of 8 epochs: the loss was not a number any more"
    assert stopped in texts(books["renamed"].sheet("Training"))
    several = books["several"]
    assert "Seed 5 stopped after 3 of 19 epochs: interrupted" in texts(several.sheet("Summary"))
    assert "Stopped after 3 of 19 epochs: interrupted" in texts(several.values["Training seed 5"])
    assert "topped" not in texts(several.values["Training seed 4"]) + texts(books["one"].sheet("Training"))


@pytest.mark.parametrize(
    ("name", "augmentation", "said"),
    [
        ("squeeze-13k", Augmentation(degrees=7), "with dropout and augmentation:"),
        ("wide-19k", Augmentation(), "with dropout:"),
    ],
)
def test_notes_say_why_train_lies_below_test(
    make: Callable[[Trained], Made], name: str, augmentation: Augmentation, said: str
) -> None:
    """The note names what is at work while this network learns, and nothing that is not."""
    made = make(Trained((ran(name=name, recipe=Recipe(8, 64, augmentation=augmentation)),)))
    assert said in texts(made.sheet("Training"))


def test_charts_show_train_and_test_together(books: dict[str, Made]) -> None:
    """Accuracy and loss each have a chart with both curves, of every epoch, which keeps its values."""
    run = books["one"].trained.first
    found = {title(chart): chart for chart in chart_parts(books["one"])}
    assert list(found) == ["Accuracy by epoch", "Loss by epoch"]
    for name, kind in (("Accuracy by epoch", "accuracy"), ("Loss by epoch", "loss")):
        train, test = found[name].findall(f".//{CHART}ser")
        for series, part in ((train, "train"), (test, "test")):
            values = [getattr(epoch, f"{part}_{kind}") for epoch in run.epochs]
            assert cached(series, "yVal") == values
            assert cached(series, "xVal") == [epoch.epoch for epoch in run.epochs]
            reference = series.findtext(f"{CHART}yVal//{CHART}f", "")
            cells = books["one"].sheet("Training")[reference.rpartition("!")[2].replace("$", "")]
            assert [row[0].value for row in cells] == values


def test_axes_show_where_the_curves_have_settled(book: Made) -> None:
    """Every value but those of the first epoch lies between the axis's ends, and fills a good part of it."""
    for chart in chart_parts(book):
        series = chart.findall(f".//{CHART}ser")
        epochs = max(len(cached(one, "yVal")) for one in series)
        settled = [v for one in series for v in cached(one, "yVal")[len(cached(one, "yVal")) > 2 :]]
        low, high = axis(chart, 1)
        assert low <= min(settled)
        assert max(settled) <= high
        assert max(settled) - (min(settled) if "ccuracy" in title(chart) else 0) >= 0.6 * (high - low)
        assert high <= 100 or "ccuracy" not in title(chart)
        assert axis(chart, 0) == (0, epochs)


def test_perfect_accuracy_has_an_axis(make: Callable[[Trained], Made]) -> None:
    """Where nothing varies, the axis still goes up to 100."""
    run = ran([100.0, 100.0, 100.0])
    perfect = tuple(replace(epoch, train_accuracy=100.0, test_loss=0.0, train_loss=0.0) for epoch in run.epochs)
    accuracy, loss = chart_parts(make(Trained((replace(run, epochs=perfect),))))
    low, high = axis(accuracy, 1)
    assert low < high == 100
    low, high = axis(loss, 1)
    assert low == 0 < high


# Model


@pytest.mark.parametrize("known", ARCHITECTURES, ids=lambda known: known.name)
def test_model_tells_every_layer(make: Callable[[Trained], Made], tmp_path: Path, known: Any) -> None:
    """Each layer has its row with what torch would say of it; the totals are live sums."""
    made = make(Trained((ran(name=known.name),)))
    sheet = made.sheet("Model")
    assert known.summary.lower() in texts(sheet).lower()
    _, *rows = table(sheet, "details", len(known.steps) + 1)
    for number, (row, step) in enumerate(zip(rows, known.steps, strict=True), start=1):
        shape = "×".join(map(str, step.output))
        assert row[:5] == [number, step.layer.kind, step.layer.detail or None, shape, step.parameters]
        assert row[5] == pytest.approx(step.parameters / known.parameters)
        assert row[6:] == [step.multiply_adds, step.receptive_field, step.jump]
    assert below(sheet, "Parameters") == known.parameters
    assert below(sheet, "Multiply-adds") == known.multiply_adds
    total, column = place(sheet, "parameters")[0] + len(known.steps) + 2, 5
    assert sheet.cell(total, column).value == known.parameters
    assert sheet.cell(total, column + 1).value == 1
    shown = changed(made, tmp_path, "Model", {(total - 1, column): 1_000_000})
    assert shown("Model", sheet.cell(total, column).coordinate) == known.parameters + 1_000_000
    assert shown("Targets", address(made.sheet("Targets"), "Parameters", columns=4)) == "missed"


def test_model_of_squeeze_13k_as_computed_by_hand(books: dict[str, Made]) -> None:
    """The receptive field grows with the strides, past the image's side, and the note says what that means."""
    sheet = books["one"].sheet("Model")
    rows = table(sheet, "details", 31)[1:]
    assert [row[7] for row in rows if row[1] in ("Conv2d", "MaxPool2d", "AvgPool2d")] == [
        3, 5, 5, 6, 10, 14, 18, 22, 32, 32,
    ]  # fmt: skip
    assert rows[4][1:5] == ["Conv2d", "16 → 32, 3×3, no bias", "32×24×24", 4608]
    assert below(sheet, "Parameters") == 13_808
    assert "Beyond 28 it is wider than the image" in texts(sheet)


# Targets


def verdicts(sheet: Worksheet) -> list[list[Any]]:
    """Quantity, condition, asked, reached and verdict of each target."""
    return [row[:5] for row in table(sheet, "condition", 8)]


def test_targets_compare_what_was_asked(books: dict[str, Made]) -> None:
    """Each target has what was asked, what was reached, and a verdict; one line sums them up."""
    sheet = books["one"].sheet("Targets")
    assert verdicts(sheet) == [
        ["Test accuracy of the last epoch (%)", "at least", 99.4, 99.42, "reached"],
        ["Parameters", "fewer than", 20_000, 13_808, "reached"],
        ["Epochs trained", "at most", 20, 8, "reached"],
        ["Batch normalisation", "used", "yes", 6, "reached"],
        ["Dropout", "used", "yes", 6, "reached"],
        ["Global average pooling or a fully connected layer", "used", "yes", 1, "reached"],
        ["Global average pooling", "used", "either", 1, "free"],
        ["Fully connected layer", "used", "either", 0, "free"],
    ]
    assert "All 6 targets reached" in texts(sheet)
    assert beside(sheet, "Best test accuracy (%): picked on the test set", 3) == 99.44
    assert beside(sheet, "First epoch with the asked accuracy", 3) == 5
    missed = books["one epoch"].sheet("Targets")
    assert verdicts(missed)[0][3:] == [99.0, "missed"]
    assert "1 of 6 targets missed" in texts(missed)
    assert beside(missed, "First epoch with the asked accuracy", 3) == "never"


@pytest.mark.parametrize(
    ("name", "used"),
    [("squeeze-13k", (6, 6, 1, 0)), ("vgg-15k", (6, 3, 0, 1)), ("gap-8k", (7, 6, 1, 1)), ("gap-10k", (5, 5, 1, 1)),
     ("wide-19k", (9, 5, 1, 1))],
)  # fmt: skip
def test_layers_are_counted(make: Callable[[Trained], Made], tmp_path: Path, name: str, used: tuple[int, ...]) -> None:
    """Batch normalisation, dropout of either kind, global average pooling and linear layers, as in the facts' lists."""
    made = make(Trained((ran(name=name),)))
    sheet = made.sheet("Targets")
    normalised, dropped, pooled, connected = used
    counts = [normalised, dropped, pooled + connected, pooled, connected]
    assert [row[3] for row in verdicts(sheet)[3:]] == counts
    shown = changed(made, tmp_path, "Targets", {})
    first = address(sheet, "Batch normalisation", columns=3)
    assert [shown("Targets", f"{first[0]}{int(first[1:]) + n}") for n in range(5)] == counts


@pytest.mark.parametrize(
    ("quantity", "asked", "verdict", "line"),
    [
        ("Test accuracy of the last epoch (%)", 99.42, "reached", "All 6 targets reached"),
        ("Test accuracy of the last epoch (%)", 99.43, "missed", "1 of 6 targets missed"),
        ("Parameters", 13_808, "missed", "1 of 6 targets missed"),
        ("Epochs trained", 7, "missed", "1 of 6 targets missed"),
        ("Dropout", "no", "missed", "1 of 6 targets missed"),
        ("Dropout", "either", "free", "All 5 targets reached"),
        ("Fully connected layer", "yes", "missed", "1 of 7 targets missed"),
        ("Fully connected layer", "no", "reached", "All 7 targets reached"),
    ],
)
def test_verdicts_follow_what_is_asked(
    books: dict[str, Made], tmp_path: Path, quantity: str, asked: object, verdict: str, line: str
) -> None:
    """A teacher changes a yellow cell, and the verdicts are those of the new target."""
    made = books["one"]
    sheet = made.sheet("Targets")
    row, column = place(sheet, quantity)
    cell = made.formulas["Targets"].cell(row, column + 2)
    assert cell.fill.fgColor.rgb == "FFFFF2CC"
    shown = changed(made, tmp_path, "Targets", {(row, column + 2): asked})
    assert shown("Targets", address(sheet, quantity, columns=4)) == verdict
    assert shown("Targets", address(sheet, "All 6 targets reached")) == line


def test_first_epoch_follows_the_asked_accuracy(books: dict[str, Made], tmp_path: Path) -> None:
    """The first epoch with the accuracy is found again for another one."""
    sheet = books["one"].sheet("Targets")
    row, column = place(sheet, "Test accuracy of the last epoch (%)")
    first = address(sheet, "First epoch with the asked accuracy", columns=3)
    for asked, epoch in ((98.0, 1), (99.35, 3), (99.44, 5), (99.45, "never")):
        assert changed(books["one"], tmp_path, "Targets", {(row, column + 2): asked})("Targets", first) == epoch


def test_verdicts_are_coloured(books: dict[str, Made]) -> None:
    """Reached is green and missed is red in the column of the verdicts; layers are asked for with a list."""
    sheet = books["one"].formulas["Targets"]
    row, _ = place(books["one"].sheet("Targets"), "condition")
    rules = {
        rule.formula[0]: rule.dxf.fill.bgColor.rgb
        for area in sheet.conditional_formatting
        if str(area.sqref) == f"E{row + 1}:E{row + 8}"
        for rule in area.rules
        if rule.dxf.fill
    }
    assert rules == {'"reached"': "FFDCFCE7", '"missed"': "FFFEE2E2"}
    assert {v.formula1 for v in sheet.data_validations.dataValidation} == {'"yes,either,no"'}


def test_published_accuracy_is_compared_for_the_own_recipe(make: Callable[[Trained], Made]) -> None:
    """With the architecture's own recipe: the difference, three standard errors, and whether they agree."""
    for last, verdict in ((99.25, "agrees"), (99.21, "below"), (99.44, "agrees"), (99.67, "above")):
        sheet = make(Trained((own("squeeze-13k", [98.0, 99.0, last]),))).sheet("Targets")
        row = table(sheet, "published", 1)[0]
        assert row[:3] == ["Last epoch", 99.44, last]
        assert row[3] == pytest.approx(last - 99.44)
        assert row[4] == pytest.approx(3 * 100 * (0.9944 * 0.0056 / 10_000) ** 0.5)
        assert row[5] == verdict


def test_a_changed_recipe_is_not_compared(books: dict[str, Made]) -> None:
    """With another recipe no difference is shown; both recipes are told instead."""
    said = texts(books["one"].sheet("Targets"))
    assert "Not compared, since the recipe was changed." in said
    assert "99.44 % after the last epoch" in said
    assert str(architecture("squeeze-13k").recipe) in said
    assert str(KINDS["one"].first.settings.recipe) in said
    assert "standard errors" not in said
    assert "Not compared" not in texts(books["own recipe"].sheet("Targets"))


# Run


SETTINGS = [
    KINDS["one"].first.settings,
    Settings(
        architecture("gap-10k"),
        Recipe(3, 96, 0.05, Schedule("cosine"), Augmentation(20, 0.1, (0.9, 1.1), 1)),
        2**31,
        "cuda:0",
        "bfloat16",
    ),
    Settings(architecture("gap-8k"), Recipe(1, 2, 1e-05, Schedule("step", 3, 0.25)), 0, "mps", "float32"),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: settings.architecture.name)
def test_command_gives_the_run_again(make: Callable[[Trained], Made], settings: Settings) -> None:
    """The command on the sheet, read as a shell reads it, has every setting of the run."""
    sheet = make(Trained((replace(ran(), settings=settings),))).sheet("Run")
    program, verb, *words = shlex.split(beside(sheet, "command"))
    assert (program, verb) == ("sheetprop", "train-cnn")
    options = dict(zip(words[::2], words[1::2], strict=True))
    recipe = Recipe(
        int(options.pop("--epochs")),
        int(options.pop("--batch-size")),
        float(options.pop("--lr")),
        Schedule.parse(options.pop("--schedule")),
        Augmentation.parse(options.pop("--augment")),
    )
    assert recipe == settings.recipe
    assert options == {
        "--arch": settings.architecture.name,
        "--seed": str(settings.seed),
        "--device": settings.device,
        "--precision": settings.precision,
    }


def test_command_of_several_processes(make: Callable[[Trained], Made]) -> None:
    """Processes that shared the batches are started together, each with a device of its own."""
    settings = replace(KINDS["one"].first.settings, processes=2, device="cuda:0")
    command = beside(make(Trained((replace(ran(), settings=settings),))).sheet("Run"), "command")
    assert command.startswith("torchrun --nproc-per-node 2 -m sheetprop train-cnn --arch squeeze-13k ")
    assert " --device cuda " in command


def test_run_tells_every_option_and_the_machine(books: dict[str, Made]) -> None:
    """Options, fixed facts, versions and data each have a row."""
    made = books["one"]
    sheet = made.sheet("Run")
    for label, value in {
        "architecture": "squeeze-13k", "epochs": 8, "batch size": 64, "learning rate": 0.01,
        "schedule": "step:6:0.1", "augmentation": "rotation:7:fill=1", "seed": 1, "device": "cpu",
        "precision": "float32", "processes": 1, "training images": TRAINING_IMAGES, "test images": None,
        **ENVIRONMENT,
    }.items():  # fmt: skip
        assert value is None or beside(sheet, label) == value, label
    assert "momentum 0.9, weight decay 0" in beside(sheet, "optimiser")
    assert "0.1307" in beside(sheet, "normalisation")
    assert beside(sheet, "recipe") == "changed; the architecture's own has epochs 20"
    assert beside(books["own recipe"].sheet("Run"), "recipe") == "the architecture's own"


def test_run_tells_seeds_apart(books: dict[str, Made]) -> None:
    """Several runs have a column each where they differ, and each its command."""
    sheet = books["several"].sheet("Run")
    assert [beside(sheet, "seed", n) for n in (1, 2, 3)] == [4, 5, 6]
    assert beside(sheet, "ended", 2) == "stopped after 3 of 19 epochs: interrupted"
    assert beside(sheet, "resumed", 3) == "after epoch 1, 2"
    assert [line for line in texts(sheet).split("\n") if "--seed 6" in line]


# Several runs


def test_summary_has_a_row_per_seed(books: dict[str, Made]) -> None:
    """Each run's figures, and their mean and sample standard deviation, are those of NumPy."""
    sheet = books["several"].sheet("Summary")
    *rows, mean, deviation = table(sheet, "best epoch", 5)
    assert [row[:5] for row in rows] == [[4, 9, 99.4, 99.44, 5], [5, 3, 99.38, 99.4, 2], [6, 3, 99.2, 99.2, 3]]
    assert [row[5] for row in rows] == [run.last.test_loss for run in SEVERAL]
    assert [row[7] for row in rows] == [5, 2, "never"]
    for column in (2, 3, 5, 6):
        values = np.array([row[column] for row in rows])
        assert mean[column] == pytest.approx(values.mean(), rel=1e-12)
        assert deviation[column] == pytest.approx(values.std(ddof=1), rel=1e-9)
    assert below(sheet, "Test accuracy, last epoch: mean") == mean[2]
    assert below(sheet, "Test accuracy, last epoch: mean", 2) == deviation[2]


def test_summary_is_live(books: dict[str, Made], tmp_path: Path) -> None:
    """A number that changes on one run's sheet changes the summary and the verdict of the targets."""
    made = books["several"]
    sheet, targets = made.sheet("Summary"), made.sheet("Targets")
    assert verdicts(targets)[0][3:] == [pytest.approx((99.4 + 99.38 + 99.2) / 3), "missed"]
    assert beside(targets, "Test accuracy of the last epoch (%)", 5) == 1
    assert beside(targets, "First epoch with the asked accuracy, earliest run", 3) == 2
    row, _ = place(made.values["Training seed 6"], "learning rate")
    shown = changed(made, tmp_path, "Training seed 6", {(row + 3, 6): 99.9})
    assert shown("Summary", address(sheet, "mean", columns=2)) == pytest.approx((99.4 + 99.38 + 99.9) / 3)
    assert shown("Targets", address(targets, "Test accuracy of the last epoch (%)", columns=4)) == "reached"
    assert shown("Targets", address(targets, "Test accuracy of the last epoch (%)", columns=5)) == 2


def test_mean_that_is_just_reached(make: Callable[[Trained], Made], tmp_path: Path) -> None:
    """A mean of 99.4 counts as 99.4, though in binary fractions it is a hair less."""
    made = make(Trained(tuple(own("gap-8k", [99.0, last], seed=n) for n, last in enumerate((99.1, 99.5, 99.6)))))
    target = verdicts(made.sheet("Targets"))[0]
    assert target[3] < 99.4
    assert target[4] == "reached"
    assert beside(made.sheet("Targets"), "Test accuracy of the last epoch (%)", 5) == 2
    verdict = address(made.sheet("Targets"), "Test accuracy of the last epoch (%)", columns=4)
    assert changed(made, tmp_path, "Targets", {})("Targets", verdict) == "reached"


def test_summary_chart_has_a_curve_per_run(books: dict[str, Made]) -> None:
    """All runs are on one chart, each with as many epochs as it has."""
    summary = chart_parts(books["several"])[0]
    assert title(summary) == "Test accuracy by epoch"
    for series, run in zip(summary.findall(f".//{CHART}ser"), SEVERAL, strict=True):
        assert cached(series, "yVal") == [epoch.test_accuracy for epoch in run.epochs]
        assert "".join(series.find(f"{CHART}tx").itertext()).strip() == f"seed {run.settings.seed}"  # type: ignore[union-attr]
