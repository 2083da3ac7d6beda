"""The sheet "Samples": training images as the network is shown them, and the test images that it gets wrong."""

from __future__ import annotations

from collections.abc import Sequence

from sheetprop.cnn.recipe import MEAN, STANDARD_DEVIATION, Augmentation
from sheetprop.cnn.results import Examples
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet
from sheetprop.workbook.key_figures import begin
from sheetprop.workbook.pictures import digit, place
from sheetprop.workbook.trained import CONFUSION, SAMPLES, Trained

COLUMNS = 10
MOST_SHOWN, MOST_MISTAKES = 40, 60
CELL = (100, 94)
"""Width and height, in pixels, of a cell with a picture."""
SIDE = 84
"""Of a picture, in pixels: three for each of the image's."""
FIRST_ROW = 4
PRINT_SCALE = 72
"""In percent: each block fits one page of A4 or Letter."""


def write(book: Book, trained: Trained) -> None:
    """Write the sheet."""
    sheet = book.sheet(trained.named(SAMPLES), theme.GOOD["font_color"])
    sheet.set_column_pixels(0, COLUMNS - 1, CELL[0])
    what = "Training images as it is shown them, and the test images that it takes for another digit."
    begin(book, sheet, trained, "What the network sees, and where it errs", f"{trained.whose} {what}")
    confusion = trained.named(CONFUSION)
    look = book.look(theme.LINK)
    sheet.write_url(1, COLUMNS - 3, f"internal:'{confusion}'!A1", look, f"All mistakes counted: {confusion}")
    found = trained.examination
    row = _write_shown(book, sheet, FIRST_ROW, found.shown, trained.first.settings.recipe.augmentation)
    wrong = int(found.confusion.sum() - found.confusion.trace())
    if wrong:
        sheet.set_h_pagebreaks([row + 1])
    _write_mistakes(book, sheet, row + 1, found.mistakes, wrong, int(found.confusion.sum()))
    sheet.freeze_panes(FIRST_ROW - 1, 0)
    # Fitted to a page's width, Excel would pass over the break between the two blocks.
    sheet.set_print_scale(PRINT_SCALE)
    sheet.center_horizontally()


def _write_shown(book: Book, sheet: Sheet, row: int, shown: Examples, augmentation: Augmentation) -> int:
    """Training images with their labels, from ``row`` on; returns the row after them."""
    count = min(len(shown.labels), MOST_SHOWN)
    notes = (
        f"{count} of the training images, {changes(augmentation)}. Under each: what it is.",
        f"Grey levels from 0 (black) to 255 (white), as MNIST has them. The network gets them normalised, the same "
        f"pictures in another unit: (level / 255 − {MEAN}) / {STANDARD_DEVIATION}.",
    )
    row = _section(book, sheet, row, "Training images as the network is shown them", notes)
    label = book.look(theme.LABEL, align="center", valign="top")
    for n in range(count):
        here, column = _place(row, n, 2)
        what = int(shown.labels[n])
        place(sheet, here, column, CELL, digit(shown.images[n]), (SIDE, SIDE), f"Training image of a {what}")
        sheet.write_number(here + 1, column, what, label)
    return _set_rows(sheet, row, count, 2)


def changes(augmentation: Augmentation) -> str:
    """What an augmentation does to each image, in words."""
    if not augmentation.changes:
        return "unchanged, as the recipe asks for"
    smallest, largest = augmentation.scale
    done = []
    if augmentation.degrees:
        done.append(f"turned by up to {augmentation.degrees:g}° either way")
    if augmentation.translate:
        done.append(f"shifted by up to {100 * augmentation.translate:g} % of the side")
    if augmentation.scale != (1.0, 1.0):
        done.append(f"scaled to between {100 * smallest:g} % and {100 * largest:g} %")
    return "each " + ", ".join(done) + ", at random and anew in every epoch"


def _write_mistakes(book: Book, sheet: Sheet, row: int, mistakes: Examples, wrong: int, images: int) -> None:
    count = min(len(mistakes.labels), MOST_MISTAKES)
    row = _section(book, sheet, row, "Misclassified test images", _told(count, wrong, images))
    was, taken_for = (book.look(theme.LABEL | {"font_color": look["font_color"]}) for look in (theme.GOOD, theme.BAD))
    arrow, centred = book.look(theme.SUBTITLE), book.look(theme.BASE, align="center")
    sure = book.look(theme.SUBTITLE, align="center", valign="top", num_format="0.0%", font_size=10)
    for n in range(count):
        here, column = _place(row, n, 3)
        label, predicted = int(mistakes.labels[n]), int(mistakes.predicted[n])
        confidence = float(mistakes.confidence[n])
        text = f"Test image of a {label}, taken for a {predicted} with a confidence of {100 * confidence:.1f} %"
        place(sheet, here, column, CELL, digit(mistakes.images[n]), (SIDE, SIDE), text)
        sheet.write_rich_string(here + 1, column, was, str(label), arrow, " → ", taken_for, str(predicted), centred)
        sheet.write_number(here + 2, column, confidence, sure)
    _set_rows(sheet, row, count, 3)


def _told(count: int, wrong: int, images: int) -> list[str]:
    """How many test images are misclassified, and which of them are shown."""
    if not wrong:
        return [f"None: each of the {images:,} test images is taken for the digit that it is."]
    which = "all of them, the surest first" if count == wrong else f"the {count} of which the network is surest"
    return [
        f"{wrong:,} of {images:,} test images {'is' if wrong == 1 else 'are'} taken for another digit. Shown: {which}.",
        "Under each: what it is → what the network takes it for, and the probability that the network gives to that.",
    ]


def _section(book: Book, sheet: Sheet, row: int, title: str, notes: Sequence[str]) -> int:
    """Write a title and what is to be said under it; returns the row for the first pictures."""
    for column in range(COLUMNS):
        sheet.write_blank(row, column, None, book.look(theme.SECTION))
    sheet.write_string(row, 0, title, book.look(theme.SECTION))
    for n, note in enumerate(notes, start=1):
        sheet.write_string(row + n, 0, note, book.look(theme.SUBTITLE))
    return row + len(notes) + 1


def _place(row: int, n: int, rows: int) -> tuple[int, int]:
    """Row and column of the ``n``-th picture of a grid from ``row`` on, with so many ``rows`` for each."""
    return row + n // COLUMNS * rows, n % COLUMNS


def _set_rows(sheet: Sheet, row: int, count: int, rows: int) -> int:
    """Make the rows with pictures high; returns the row after the grid."""
    end = row + -(-count // COLUMNS) * rows
    for picture in range(row, end, rows):
        sheet.set_row_pixels(picture, CELL[1])
    return end
