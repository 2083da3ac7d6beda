"""The sheet "Predictions": a person's own digits, what was made of them, and what the network takes them for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sheetprop.cnn.results import Prediction
from sheetprop.output import written_whole
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, column_range
from sheetprop.workbook.pictures import digit, photograph, place

PREDICTIONS = "Predictions"
UNSURE_BELOW = 0.6
"""The probability of the likeliest digit below which a prediction is marked."""
LIMIT_ROW, HEADER_ROW, FIRST_ROW = 3, 5, 6
NAME, ORIGINAL, CONVERTED, DIGIT, PROBABILITY = range(5)
UNSURE = DIGIT + 6
LARGEST = (180, 112)
"""Width and height, in pixels, that an original may take."""
SIDE = 112
"""Of the converted image, in pixels: four for each of its own."""
CELL_HEIGHT = 128
WIDTHS = {NAME: 210, ORIGINAL: LARGEST[0] + 16, CONVERTED: SIDE + 16, UNSURE: 90}
"""Of columns, in pixels."""
LIKELIEST_WIDTH = 76
"""Of the columns of digits and their probabilities, in pixels."""
RANKS = ("likeliest", "second", "third")
LIMIT = address(LIMIT_ROW, ORIGINAL, absolute=True)
WORD = "unsure"


def write_predictions(predictions: Sequence[Prediction], model: str, path: Path) -> Book:
    """Write a workbook of predictions to ``path``, whole or not at all, in the place of a file that may be there.

    ``model`` is as in ``write``. Returns the closed book; raises InputError where the file cannot be written.
    """
    with written_whole(path) as unfinished:
        book = Book(unfinished, unfinished.parent, PREDICTIONS)
        write(book, predictions, model)
        book.close()
    return book


def write(book: Book, predictions: Sequence[Prediction], model: str) -> None:
    """Write the sheet of at least one prediction; ``model`` says in a few words which network made them."""
    sheet = book.sheet(PREDICTIONS, theme.ACCENT)
    for column in range(UNSURE + 1):
        sheet.set_column_pixels(column, column, WIDTHS.get(column, LIKELIEST_WIDTH))
    sheet.set_row(0, 30)
    sheet.write_string(0, 0, "What the network takes them for", book.look(theme.TITLE))
    images = "1 image" if len(predictions) == 1 else f"{len(predictions):,} images"
    sheet.write_string(1, 0, f"{images}. Network: {_legible(model)}.", book.look(theme.SUBTITLE))
    _write_limit(book, sheet, predictions)
    sheet.set_row_pixels(HEADER_ROW, 40)
    likeliest = [heading for rank in RANKS for heading in (f"{rank} digit", "probability")]
    for column, heading in enumerate(("image", "original", "as MNIST has them", *likeliest, "")):
        sheet.write_string(HEADER_ROW, column, heading, book.look(theme.HEADING))
    for row, (name, prediction) in enumerate(zip(_names(predictions), predictions, strict=True), start=FIRST_ROW):
        sheet.set_row_pixels(row, CELL_HEIGHT)
        _write_prediction(book, sheet, row, name, prediction)
    last = FIRST_ROW + len(predictions) - 1
    condition = {"type": "formula", "criteria": f"={_is_unsure(FIRST_ROW, '$')}", "format": book.look(theme.NEUTRAL)}
    sheet.conditional_format(FIRST_ROW, DIGIT, last, PROBABILITY, condition)
    sheet.conditional_format(FIRST_ROW, UNSURE, last, UNSURE, condition)
    sheet.freeze_panes(FIRST_ROW, 0)
    sheet.repeat_rows(HEADER_ROW)


def _write_limit(book: Book, sheet: Sheet, predictions: Sequence[Prediction]) -> None:
    """The limit, for the reader to change, and how many predictions are below it."""
    sheet.write_string(LIMIT_ROW, NAME, "Unsure below a probability of", book.look(theme.LABEL))
    sheet.write_number(LIMIT_ROW, ORIGINAL, UNSURE_BELOW, book.look(theme.CHANGEABLE, num_format="0%"))
    words = column_range(FIRST_ROW, UNSURE, FIRST_ROW + len(predictions) - 1)
    unsure = sum(prediction.likeliest[0][1] < UNSURE_BELOW for prediction in predictions)
    sheet.write_computed(
        LIMIT_ROW, CONVERTED, f'="◂ change it; it makes "&COUNTIF({words},"{WORD}")&" of "&ROWS({words})&" {WORD}"',
        f"◂ change it; it makes {unsure} of {len(predictions)} {WORD}", book.look(theme.NOTE, indent=1),
    )  # fmt: skip


def _write_prediction(book: Book, sheet: Sheet, row: int, name: str, prediction: Prediction) -> None:
    likeliest, probability = prediction.likeliest[0]
    sheet.write_string(row, NAME, name, book.look(theme.CELL, text_wrap=True, indent=1, quote_prefix=True))
    for column, picture, largest, text in (
        (ORIGINAL, photograph(prediction.original, *LARGEST), LARGEST, f"{name}, as it was handed in"),
        (CONVERTED, digit(prediction.image), (SIDE, SIDE), f"{name}, as MNIST would have it; taken for a {likeliest}"),
    ):
        sheet.write_blank(row, column, None, book.look(theme.CELL))
        place(sheet, row, column, (WIDTHS[column], CELL_HEIGHT), picture, largest, text)
    for rank, (what, chance) in enumerate(prediction.likeliest):
        size, look = (26, theme.CELL) if rank == 0 else (14, theme.CELL | {"font_color": theme.MUTED})
        sheet.write_number(row, DIGIT + 2 * rank, what, book.look(look, align="center", bold=True, font_size=size))
        percent = book.look(look, align="center", num_format="0.0%")
        sheet.write_number(row, PROBABILITY + 2 * rank, chance, percent)
    word = WORD if probability < UNSURE_BELOW else ""
    look = book.look(theme.CELL, align="center", bold=True)
    sheet.write_computed(row, UNSURE, f'=IF({_is_unsure(row)},"{WORD}","")', word, look)


def _is_unsure(row: int, fixed: str = "") -> str:
    """A condition on the likeliest digit's probability in a row, whose column is ``fixed`` for use in any column."""
    return f"{fixed}{address(row, PROBABILITY)}<{LIMIT}"


def _names(predictions: Sequence[Prediction]) -> list[str]:
    """What to call the images: the files' names, with their folders where files share a name."""
    names = [prediction.path.name for prediction in predictions]
    if len(set(names)) < len(names):
        names = [str(prediction.path) for prediction in predictions]
    return list(map(_legible, names))


def _legible(text: str) -> str:
    """A text that can be written: what is no character, as names of files can have it, cannot be in XML."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)
