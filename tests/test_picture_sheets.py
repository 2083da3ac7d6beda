"""The sheets "Confusion", "Samples" and "Predictions": what they count is right, and their pictures are the images."""

import io
import posixpath
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import openpyxl
import pytest
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from sheetprop.cnn.architectures import architecture
from sheetprop.cnn.recipe import Augmentation
from sheetprop.cnn.results import Epoch, Examination, Examples, Prediction, Run, Settings
from sheetprop.engine import Spreadsheet
from sheetprop.errors import InputError
from sheetprop.workbook import confusion, samples
from sheetprop.workbook.book import Book
from sheetprop.workbook.predictions import write_predictions
from sheetprop.workbook.trained import Trained
from tests.libreoffice import needs_libreoffice, recalculate_all

PIL = pytest.importorskip("PIL.Image")
NEVER_PREDICTED, NOT_IN_THE_SET = 5, 8
IMAGES = 900
EMU_PER_PIXEL = 9525
SHEETS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
MAIN = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"


@dataclass(frozen=True)
class Test:
    """What a network made of each test image; everything that the sheets show can be counted from it."""

    __test__ = False

    images: np.ndarray
    labels: np.ndarray
    predicted: np.ndarray
    confidence: np.ndarray

    @property
    def wrong(self) -> np.ndarray:
        """Which images are taken for another digit, the surest first."""
        (wrong,) = np.nonzero(self.labels != self.predicted)
        return wrong[np.argsort(-self.confidence[wrong], kind="stable")]

    def chosen(self, which: np.ndarray) -> Examples:
        """Some of the images, in this order."""
        return Examples(self.images[which], self.labels[which], self.predicted[which], self.confidence[which])

    def trained(self, seeds: Sequence[int] = (7,), **changes: object) -> Trained:
        """Runs of which the first one's network did this."""
        counts = np.zeros((10, 10), dtype=np.int64)
        np.add.at(counts, (self.labels, self.predicted), 1)
        found = Examination(counts, self.chosen(self.wrong), self.chosen(np.arange(40)))
        known = architecture("squeeze-13k")
        recipe = replace(known.recipe, **changes)
        epochs = tuple(Epoch(n, 0.01, 0.1, 96.0, 0.1, 97.0, 1.0) for n in range(1, 4))
        runs = [Run(Settings(known, recipe, s, "cpu", "float32"), epochs, None, (), {}, 60, IMAGES) for s in seeds]
        return Trained((replace(runs[0], examination=found), *runs[1:]))


def drawn(rng: np.random.Generator, count: int) -> np.ndarray:
    """Images like MNIST's: light strokes with soft edges on dark, no two alike."""
    y, x = np.mgrid[:28, :28]
    ends = rng.uniform(5, 23, (count, 4, 1, 1))
    along = np.linspace(0, 1, 12)
    points = ends[:, :2] + (ends[:, 2:] - ends[:, :2]) * along
    away = np.min((y[..., None] - points[:, 0, None]) ** 2 + (x[..., None] - points[:, 1, None]) ** 2, axis=-1)
    return np.clip(400 * np.exp(-away / 2.5), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def test() -> Test:
    """A network that never predicts a 5, tested with images of which none is an 8."""
    rng = np.random.default_rng(3)
    labels = rng.choice([digit for digit in range(10) if digit != NOT_IN_THE_SET], IMAGES)
    slips = np.where(rng.random(IMAGES) < 0.08, rng.integers(0, 10, IMAGES), labels)
    predicted = np.where(slips == NEVER_PREDICTED, 3, slips)
    return Test(drawn(rng, IMAGES), labels, predicted, rng.uniform(0.3, 1, IMAGES).astype(np.float32))


@pytest.fixture(scope="module")
def write(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Trained], Path]:
    """Write the two sheets of a trained network."""

    def written(trained: Trained) -> Path:
        path = tmp_path_factory.mktemp("book") / "book.xlsx"
        book = Book(path, path.parent, "test")
        confusion.write(book, trained)
        samples.write(book, trained)
        book.close()
        return path

    return written


@pytest.fixture(scope="module")
def path(test: Test, write: Callable[[Trained], Path]) -> Path:
    """The two sheets of that network."""
    return write(test.trained())


# Reading


@dataclass(frozen=True)
class Shown:
    """A picture on a sheet: the image in its file, the cells (from zero) of its corners, its size there, in pixels."""

    image: np.ndarray
    first: tuple[int, int]
    last: tuple[int, int]
    size: tuple[float, float]
    text: str


def pictures(path: Path, sheet: str) -> list[Shown]:
    """The pictures of a sheet, in the order of the file."""
    with zipfile.ZipFile(path) as package:
        number = openpyxl.load_workbook(path).sheetnames.index(sheet) + 1
        own = related(package, f"xl/worksheets/sheet{number}.xml")
        (drawing,) = [target for target in own.values() if "drawing" in target] or [None]
        if drawing is None:
            return []
        files = related(package, drawing)
        return [
            Shown(
                np.asarray(
                    PIL.open(io.BytesIO(package.read(files[anchor.find(f".//{MAIN}blip").get(f"{OFFICE}embed")])))
                ),
                cell(anchor, "from"),
                cell(anchor, "to"),
                tuple(int(anchor.find(f".//{MAIN}ext").get(side)) / EMU_PER_PIXEL for side in ("cx", "cy")),
                anchor.find(f".//{DRAWING}cNvPr").get("descr"),
            )
            for anchor in ElementTree.fromstring(package.read(drawing))
        ]


def related(package: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The parts that a part refers to, by id."""
    folder, name = posixpath.split(part)
    root = ElementTree.fromstring(package.read(f"{folder}/_rels/{name}.rels"))
    return {relation.get("Id"): posixpath.normpath(posixpath.join(folder, relation.get("Target"))) for relation in root}


def cell(anchor: ElementTree.Element, end: str) -> tuple[int, int]:
    """The cell in which a picture begins or ends."""
    row, column = (int(anchor.find(f"{DRAWING}{end}/{DRAWING}{name}").text) for name in ("row", "col"))
    return row, column


def sheet_of(path: Path, name: str) -> Worksheet:
    """A sheet with the values that the file stores."""
    return openpyxl.load_workbook(path, data_only=True, rich_text=False)[name]


def find(sheet: Worksheet, label: str) -> tuple[int, int]:
    """Row and column, from 1, of the first cell that says this."""
    return next((c.row, c.column) for line in sheet.iter_rows() for c in line if c.value == label)


def beside(sheet: Worksheet, label: str) -> object:
    """The one value to the right of a label, in whatever column that stands."""
    row, column = find(sheet, label)
    (value,) = [c.value for c in sheet[row][column:] if c.value is not None]
    return value


def along(sheet: Worksheet, label: str) -> list[object]:
    """The ten values to the right of a label."""
    row, column = find(sheet, label)
    return [sheet.cell(row, column + 1 + digit).value for digit in range(10)]


def down(sheet: Worksheet, label: str) -> list[object]:
    """The ten values below a heading that spans two rows."""
    row, column = find(sheet, label)
    return [sheet.cell(row + 2 + digit, column).value for digit in range(10)]


def matrix_cells(sheet: Worksheet) -> list[list[object]]:
    """The values of the matrix, found by the digits beside and above it."""
    top = find(sheet, "true digit")[0] + 2
    assert [sheet.cell(top - 1, 2 + digit).value for digit in range(10)] == list(range(10))
    assert [sheet.cell(top + digit, 1).value for digit in range(10)] == list(range(10))
    return [[sheet.cell(top + true, 2 + predicted).value for predicted in range(10)] for true in range(10)]


def total(sheet: Worksheet) -> object:
    """The number where the sums of the rows and those of the columns meet."""
    return sheet.cell(find(sheet, "predictions")[0], find(sheet, "images")[1]).value


def frequent(sheet: Worksheet) -> list[tuple[object, ...]]:
    """The rows of the most frequent confusions: true, predicted, images, part of the mistakes."""
    row, column = find(sheet, "true")
    return [tuple(sheet.cell(row + rank, column + n).value for n in range(4)) for rank in range(1, 11)]


def text_of(sheet: Worksheet) -> str:
    """All texts of a sheet."""
    return "\n".join(c.value for line in sheet.iter_rows() for c in line if isinstance(c.value, str))


# Confusion


Cells = dict[str, dict[tuple[int, int], object]]
"""Per sheet and cell (row and column from 1): a value."""


def recomputed(path: Path) -> Cells:
    """What the formulas give, as formualizer computes them."""
    book, found = Spreadsheet(path), {}
    for sheet in openpyxl.load_workbook(path):
        grid = book.values(sheet.title, sheet.max_row, sheet.max_column)
        found[sheet.title] = {(row, column): grid.at(row - 1, column - 1) for row, column in formula_cells(sheet)}
    return found


def stored(path: Path, formulas: Path) -> Cells:
    """What a file stores in the cells that have formulas in another."""
    values = openpyxl.load_workbook(path, data_only=True)
    return {
        sheet.title: {place: values[sheet.title].cell(*place).value for place in formula_cells(sheet)}
        for sheet in openpyxl.load_workbook(formulas)
    }


def formula_cells(sheet: Worksheet) -> list[tuple[int, int]]:
    """Row and column, from 1, of the cells with formulas."""
    return [(c.row, c.column) for line in sheet.iter_rows() for c in line if c.data_type == "f"]


@pytest.fixture(scope="module")
def books(
    path: Path, write: Callable[[Trained], Path], test: Test, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A network with mistakes, one without, and predictions."""
    right = write(replace(test, predicted=test.labels).trained())
    return {"wrong": path, "right": right, "predictions": write_unsure(tmp_path_factory.mktemp("predictions"))}


def assert_same(found: Cells, expected: Cells) -> None:
    """Every formula gives the stored value, and none gives an error."""
    for (sheet, cells), (_, values) in zip(found.items(), expected.items(), strict=True):
        for (place, value), wanted in zip(cells.items(), values.values(), strict=True):
            assert not str(value).startswith("#"), (sheet, place)
            if isinstance(wanted, int | float):
                assert value == pytest.approx(wanted, rel=1e-12), (sheet, place)
            else:
                assert (value or None) == (wanted or None), (sheet, place)


def test_stored_values_are_those_of_the_formulas(books: dict[str, Path]) -> None:
    """A viewer that computes nothing shows what the formulas give, also where there is nothing to divide by."""
    for path in books.values():
        assert_same(recomputed(path), stored(path, path))
    assert [sum(map(len, recomputed(path).values())) for path in books.values()] == [105, 105, 4]


@needs_libreoffice
def test_libreoffice_computes_the_stored_values(books: dict[str, Path], tmp_path: Path) -> None:
    """LibreOffice agrees."""
    for name, saved in recalculate_all(books, tmp_path).items():
        assert_same(stored(saved, books[name]), stored(books[name], books[name]))


def test_matrix_counts_true_by_predicted(path: Path, test: Test) -> None:
    """A row per true digit, a column per predicted one, with their sums."""
    sheet = sheet_of(path, "Confusion")
    pairs = Counter(zip(test.labels.tolist(), test.predicted.tolist(), strict=True))
    assert matrix_cells(sheet) == [[pairs[true, predicted] for predicted in range(10)] for true in range(10)]
    assert down(sheet, "images") == [(test.labels == digit).sum() for digit in range(10)]
    assert along(sheet, "predictions") == [(test.predicted == digit).sum() for digit in range(10)]
    assert total(sheet) == IMAGES


def test_ratios_are_those_of_the_images(path: Path, test: Test) -> None:
    """Recall, precision and F1 of each digit, and the accuracy, counted from the images; – where there are none."""
    sheet = sheet_of(path, "Confusion")
    right, all_f1 = test.labels == test.predicted, []
    found = zip(down(sheet, "recall"), along(sheet, "precision"), down(sheet, "F1"), strict=True)
    for digit, (recall, precision, f1) in enumerate(found):
        is_it, taken_for_it = test.labels == digit, test.predicted == digit
        if digit == NOT_IN_THE_SET:
            assert recall == "–"
        else:
            assert recall == pytest.approx(right[is_it].mean())
        if digit == NEVER_PREDICTED:
            assert precision == "–"
        else:
            assert precision == pytest.approx(right[taken_for_it].mean())
        both = [value for value in (recall, precision) if value != "–"]
        all_f1.append(2 / sum(1 / value for value in both) if len(both) == 2 and all(both) else 0)
        assert f1 == pytest.approx(all_f1[-1])
    assert beside(sheet, "Accuracy") == pytest.approx(right.mean())
    assert beside(sheet, "Mean of F1") == pytest.approx(np.mean(all_f1))
    assert beside(sheet, "Images predicted right") == right.sum()
    assert beside(sheet, "Images predicted wrong") == (~right).sum()


def expected_frequent(test: Test) -> list[tuple[int, int, int, float]]:
    """The ten most frequent confusions; of those as frequent, the one with the smaller digits first."""
    pairs = Counter(zip(test.labels[test.wrong].tolist(), test.predicted[test.wrong].tolist(), strict=True))
    ordered = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(true, predicted, count, count / len(test.wrong)) for (true, predicted), count in ordered[:10]]


def test_most_frequent_confusions(path: Path, test: Test) -> None:
    """The pairs of digits that are confused most often, the most frequent first, with their part of the mistakes."""
    assert frequent(sheet_of(path, "Confusion")) == [
        (true, predicted, count, pytest.approx(part)) for true, predicted, count, part in expected_frequent(test)
    ]
    counts = [count for _, _, count, _ in expected_frequent(test)]
    assert len(set(counts)) < len(counts), "the test needs pairs that are equally frequent"


def test_everything_follows_a_changed_count(path: Path, tmp_path: Path) -> None:
    """Nothing but the counts is typed in: change one, and sums, ratios and the list of confusions are others."""
    book = openpyxl.load_workbook(path)
    sheet = book["Confusion"]
    row = find(sheet, "true digit")[0] + 2
    before = sheet.cell(row + 6, 2 + 1).value
    sheet.cell(row + 6, 2 + 1).value = before + 500
    changed = tmp_path / "changed.xlsx"
    book.save(changed)
    cells = recomputed(changed)["Confusion"]
    for place, value in cells.items():
        sheet.cell(*place).value = value
    assert frequent(sheet)[0][:3] == (6, 1, before + 500)
    hits = sheet.cell(row + 6, 2 + 6).value
    assert down(sheet, "recall")[6] == pytest.approx(hits / down(sheet, "images")[6])
    assert down(sheet, "recall")[6] < 0.3
    assert beside(sheet, "Accuracy") < 0.7
    assert total(sheet) == IMAGES + 500


def test_mistakes_are_shaded_apart_from_the_diagonal(path: Path) -> None:
    """One colour scale covers every cell off the diagonal, and none on it."""
    with zipfile.ZipFile(path) as package:
        root = ElementTree.fromstring(package.read("xl/worksheets/sheet1.xml"))
    scaled = [
        place
        for formatting in root.iter(f"{SHEETS}conditionalFormatting")
        if formatting.find(f".//{SHEETS}cfvo[@type='max']") is not None
        for area in formatting.get("sqref", "").split()
        for place in cells_of(area)
    ]
    top = find(sheet_of(path, "Confusion"), "true digit")[0] + 2
    assert sorted(scaled) == [(top + n, 2 + m) for n, m in product(range(10), range(10)) if n != m]


def cells_of(area: str) -> Iterator[tuple[int, int]]:
    """Row and column, from 1, of the cells of an area."""
    left, top, right, bottom = range_boundaries(area)
    return product(range(top, bottom + 1), range(left, right + 1))


def test_no_mistakes(test: Test, write: Callable[[Trained], Path]) -> None:
    """A network without mistakes: no pair is listed, no error shows, and it is said that none is misclassified."""
    path = write(replace(test, predicted=test.labels).trained())
    sheet = sheet_of(path, "Confusion")
    assert frequent(sheet) == [("–", "–", 0, "–")] * 10
    assert beside(sheet, "Accuracy") == 1
    assert f"None: each of the {IMAGES} test images is taken for the digit that it is." in text_of(
        sheet_of(path, "Samples")
    )
    assert len(pictures(path, "Samples")) == 40


def test_says_whose_they_are(test: Test, write: Callable[[Trained], Path]) -> None:
    """With several runs both sheets say that they show the first one's network, and after which epoch."""
    one = "The network squeeze-13k after epoch 3, trained with seed 7."
    for trained, line in (
        (test.trained(), one),
        (test.trained(seeds=(7, 8, 9)), one.replace("7.", "7, the first of 3 runs.")),
    ):
        path = write(trained)
        assert all(line in text_of(sheet_of(path, name)) for name in ("Confusion", "Samples"))


def test_sheets_under_other_names(test: Test, write: Callable[[Trained], Path]) -> None:
    """Where the names are taken, the sheets have others, and their links lead to those."""
    names = {"Confusion": "Confusion 2", "Samples": "Samples 2"}
    book = openpyxl.load_workbook(write(replace(test.trained(), names=names)))
    assert book.sheetnames == ["Confusion 2", "Samples 2"]
    for here, there in (book.sheetnames, reversed(book.sheetnames)):
        targets = [c.hyperlink.location for line in book[here] for c in line if c.hyperlink and there in str(c.value)]
        assert f"'{there}'!A1" in targets


# Samples


def enlarged(image: np.ndarray, shown: Shown) -> np.ndarray:
    """The image with each pixel made a square, as large as the picture in the file."""
    times = shown.image.shape[0] // image.shape[0]
    assert times > 1
    return np.kron(image, np.ones((times, times), dtype=np.uint8))


def test_training_images_stand_over_their_labels(path: Path, test: Test) -> None:
    """The picture in the file is the image, each of its pixels a square of one colour, and its label is under it."""
    sheet = sheet_of(path, "Samples")
    found = pictures(path, "Samples")[:40]
    for n, shown in enumerate(found):
        np.testing.assert_array_equal(shown.image, enlarged(test.images[n], shown))
        row, column = shown.first
        assert sheet.cell(row + 2, column + 1).value == test.labels[n]
        assert str(test.labels[n]) in shown.text
    assert len({shown.first for shown in found}) == 40


def test_mistakes_stand_over_what_they_are(path: Path, test: Test) -> None:
    """Misclassified images, the surest first, each over its true digit, its predicted digit and the confidence."""
    sheet = sheet_of(path, "Samples")
    found = pictures(path, "Samples")[40:]
    assert len(test.wrong) > 60
    assert len(found) == 60
    assert f"{len(test.wrong)} of {IMAGES} test images are taken for another digit." in text_of(sheet)
    assert "the 60 of which the network is surest" in text_of(sheet)
    for shown, n in zip(found, test.wrong, strict=False):
        np.testing.assert_array_equal(shown.image, enlarged(test.images[n], shown))
        row, column = shown.first
        assert sheet.cell(row + 2, column + 1).value == f"{test.labels[n]} → {test.predicted[n]}"
        assert sheet.cell(row + 3, column + 1).value == pytest.approx(test.confidence[n])
        assert f"of a {test.labels[n]}, taken for a {test.predicted[n]}" in shown.text
    assert [shown.first for shown in found] == sorted(shown.first for shown in found)


def test_pictures_keep_their_shape(path: Path) -> None:
    """All pictures are of one size, square, and each within one cell: no program can stretch them with its columns."""
    found = pictures(path, "Samples")
    assert {shown.size for shown in found} == {(84, 84)}
    assert all(shown.first == shown.last for shown in found)
    assert path.stat().st_size < 400 * 1024


def test_all_mistakes_are_shown_where_there_are_few(test: Test, write: Callable[[Trained], Path]) -> None:
    """As many pictures as mistakes; it is said how many there are and that these are all."""
    predicted = test.labels.copy()
    predicted[test.wrong[:3]] = test.predicted[test.wrong[:3]]
    path = write(replace(test, predicted=predicted).trained())
    assert len(pictures(path, "Samples")) == 43
    assert f"3 of {IMAGES} test images are taken for another digit. Shown: all of them" in text_of(
        sheet_of(path, "Samples")
    )


@pytest.mark.parametrize(
    ("augmentation", "words"),
    [
        (Augmentation(), "unchanged"),
        (Augmentation(degrees=7, fill=1), "each turned by up to 7° either way, at random"),
        (
            Augmentation(20, 0.1, (0.9, 1.1)),
            "each turned by up to 20° either way, shifted by up to 10 % of the side, scaled to between 90 % and 110 %,",
        ),
    ],
)
def test_says_how_training_images_are_changed(
    test: Test, write: Callable[[Trained], Path], augmentation: Augmentation, words: str
) -> None:
    """The recipe's augmentation is told in words."""
    path = write(test.trained(augmentation=augmentation))
    assert f"40 of the training images, {words}" in text_of(sheet_of(path, "Samples"))


def test_same_bytes(path: Path, test: Test, write: Callable[[Trained], Path]) -> None:
    """The same network gives the same file."""
    assert write(test.trained()).read_bytes() == path.read_bytes()


# Predictions


def prediction(name: str, sides: tuple[int, int], best: int, probability: float) -> Prediction:
    """A prediction from a drawing of this height and width, in colour: left half reddish, right half bluish."""
    original = np.full((*sides, 3), (180, 60, 40), dtype=np.uint8)
    original[:, sides[1] // 2 :] = (30, 60, 200)
    probabilities = np.full(10, (1 - probability - 0.03) / 9)
    probabilities[best] = probability
    probabilities[(best + 1) % 10] += 0.02
    probabilities[(best + 2) % 10] += 0.01
    return Prediction(Path(name), original, drawn(np.random.default_rng(best), 1)[0], probabilities)


def write_unsure(folder: Path) -> Path:
    """A workbook of three predictions, the second of which is unsure."""
    path = folder / "predictions.xlsx"
    made = [
        prediction("a.jpg", (300, 400), 3, 0.9),
        prediction("folder/b.png", (400, 100), 8, 0.4),
        prediction("c.png", (28, 28), 0, 0.97),
    ]
    write_predictions(made, "squeeze-13k, digits.pt, 99.38 % of the test images right", path)
    return path


def test_prediction_has_a_row_of_its_own(tmp_path: Path) -> None:
    """File name, original with its shape kept, converted image, and the three likeliest digits, in one row."""
    path = write_unsure(tmp_path)
    sheet = sheet_of(path, "Predictions")
    assert "3 images. Network: squeeze-13k, digits.pt, 99.38 % of the test images right." in text_of(sheet)
    found = pictures(path, "Predictions")
    assert len(found) == 6
    for name, best, probability, aspect, original, converted in zip(
        ("a.jpg", "b.png", "c.png"),
        (3, 8, 0),
        (0.9, 0.4, 0.97),
        (4 / 3, 1 / 4, 1),
        found[::2],
        found[1::2],
        strict=True,
    ):
        row = find(sheet, name)[0]
        assert (original.first, converted.first) == ((row - 1, 1), (row - 1, 2)) == (original.last, converted.last)
        assert original.size[0] / original.size[1] == pytest.approx(aspect, rel=0.02)
        height, width, _ = original.image.shape
        assert width / height == pytest.approx(aspect, rel=0.02)
        np.testing.assert_allclose(original.image[height // 2, width // 5], (180, 60, 40), atol=6)
        np.testing.assert_allclose(original.image[height // 2, -width // 5], (30, 60, 200), atol=6)
        image = drawn(np.random.default_rng(best), 1)[0]
        np.testing.assert_array_equal(converted.image, enlarged(image, converted))
        assert converted.size == (112, 112)
        assert name in original.text
        assert f"taken for a {best}" in converted.text
        values = [c.value for c in sheet[row][3:9]]
        assert values[::2] == [best, (best + 1) % 10, (best + 2) % 10]
        rest = (1 - probability - 0.03) / 9
        assert values[1::2] == pytest.approx([probability, rest + 0.02, rest + 0.01])


def test_unsure_predictions_are_marked(tmp_path: Path) -> None:
    """A word marks a prediction below the limit; another limit marks others."""
    path = write_unsure(tmp_path)
    sheet = sheet_of(path, "Predictions")
    rows = [find(sheet, name)[0] for name in ("a.jpg", "b.png", "c.png")]
    assert [sheet.cell(row, 10).value or "" for row in rows] == ["", "unsure", ""]
    assert "makes 1 of 3 unsure" in text_of(sheet)
    book = openpyxl.load_workbook(path)
    limit = book["Predictions"].cell(find(sheet, "Unsure below a probability of")[0], 2)
    assert limit.value == 0.6
    limit.value = 0.95
    changed = tmp_path / "changed.xlsx"
    book.save(changed)
    cells = recomputed(changed)["Predictions"]
    assert [cells[row, 10] for row in rows] == ["unsure", "unsure", None]
    assert any("makes 2 of 3 unsure" in str(value) for value in cells.values())


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    """Where two images share their name, their folders are shown."""
    path = tmp_path / "predictions.xlsx"
    write_predictions([prediction(f"{name}/7.png", (40, 40), 7, 0.9) for name in "ab"], "a network", path)
    sheet = sheet_of(path, "Predictions")
    assert {"a/7.png", "b/7.png"} <= {c.value for c in sheet["A"]}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("=1+1.png", "=1+1.png"),
        ("<r>&.png", "<r>&.png"),
        ("bell\x07 tab\t.png", "bell� tab .png"),
        ("half\udcff.png", "half�.png"),
        ("at\u202f3.png", "at 3.png"),
    ],
)
def test_any_file_name_is_shown_as_text(tmp_path: Path, name: str, shown: str) -> None:
    """Names of files that are formulas, markup or no characters at all do no harm."""
    path = tmp_path / "predictions.xlsx"
    write_predictions([prediction(name, (40, 40), 1, 0.9)], "a network", path)
    sheet = openpyxl.load_workbook(path)["Predictions"]
    assert sheet.cell(find(sheet, shown)[0], 1).data_type == "s"
    assert "1 image. Network: a network." in text_of(sheet)
    assert shown in pictures(path, "Predictions")[0].text


def test_photographs_stay_small(tmp_path: Path) -> None:
    """A photograph, which is all noise to a compressor, takes a few kilobytes."""
    path = tmp_path / "predictions.xlsx"
    rng = np.random.default_rng(0)
    noise = np.clip(rng.normal(128, 12, (400, 400, 3)), 0, 255).astype(np.uint8)
    photographed = [replace(prediction(f"{n}.jpg", (2, 2), 1, 0.9), original=np.roll(noise, n)) for n in range(4)]
    write_predictions(photographed, "a network", path)
    assert path.stat().st_size < 4 * 30_000


def test_predictions_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    """What was there stays when writing fails, and nothing is left beside it."""
    path = write_unsure(tmp_path)
    before = path.read_bytes()
    with pytest.raises(InputError, match="cannot be written"):
        write_predictions([prediction("a.png", (9, 9), 1, 0.9)], "a network", tmp_path / "none" / "predictions.xlsx")
    broken = replace(prediction("a.png", (9, 9), 1, 0.9), image=np.zeros(3, dtype=np.uint8))
    with pytest.raises(ValueError, match="not enough values"):
        write_predictions([broken], "a network", path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
