"""The sheet "Confusion": which digits the network takes for which, and how well it knows each of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetprop.cnn.architectures import CLASSES
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, column_range
from sheetprop.workbook.cell import Value
from sheetprop.workbook.key_figures import begin
from sheetprop.workbook.trained import CONFUSION, SAMPLES, Trained

BAND_ROW, HEADER_ROW, FIRST_ROW = 4, 5, 6
LAST_ROW = FIRST_ROW + CLASSES - 1
PREDICTIONS_ROW, PRECISION_ROW = LAST_ROW + 1, LAST_ROW + 2
LEGEND_ROW = PRECISION_ROW + 2
DIGIT, FIRST = 0, 1
LAST = FIRST + CLASSES - 1
IMAGES, RECALL, F1 = LAST + 1, LAST + 2, LAST + 3
RANK, TRUE, PREDICTED, TIMES, SHARE, KEY = range(F1 + 2, F1 + 8)
"""The columns of the most frequent confusions."""
RIGHT_ROW, WRONG_ROW, ACCURACY_ROW, MEAN_F1_ROW = range(BAND_ROW + 1, BAND_ROW + 5)
LIST_ROW = MEAN_F1_ROW + 3
"""The headings of the most frequent confusions; the first of them follows."""
LISTED = 10
ROW_HEIGHT = 26
"""In pixels."""
WIDTHS = ((DIGIT, DIGIT, 14), (FIRST, LAST, 7.5), (IMAGES, F1, 10), (F1 + 1, F1 + 1, 4), (RANK, RANK, 6),
          (TRUE, TIMES, 11), (SHARE, KEY, 14))  # fmt: skip
NONE = "–"
"""Stands where there is nothing to divide by, and where fewer pairs are confused than are listed."""
COUNT, PERCENT = "#,##0", "0.00%"

MATRIX = f"{address(FIRST_ROW, FIRST, absolute=True)}:{address(LAST_ROW, LAST, absolute=True)}"
DOWN = column_range(FIRST_ROW, DIGIT, LAST_ROW)
"""The true digits; ACROSS are the predicted ones."""
ACROSS = f"{address(HEADER_ROW, FIRST, absolute=True)}:{address(HEADER_ROW, LAST, absolute=True)}"
ALL_F1 = column_range(FIRST_ROW, F1, LAST_ROW)
ALL_IMAGES = address(PREDICTIONS_ROW, IMAGES, absolute=True)
RIGHT, WRONG = (address(row, TIMES, absolute=True) for row in (RIGHT_ROW, WRONG_ROW))

WEAK_BELOW = 0.97
"""Recall, precision and F1 are shaded from 1 down to this: alike in all workbooks, so that they can be compared."""
WEAK = {"type": "2_color_scale", "min_type": "num", "min_value": WEAK_BELOW, "min_color": "#F9C97D",
        "max_type": "num", "max_value": 1, "max_color": "#FFFFFF"}  # fmt: skip
MANY = {"type": "2_color_scale", "min_type": "num", "min_value": 0, "min_color": "#FFFFFF", "max_color": "#F0916B"}
FAINT = "#B8BEC8"
CENTRED = theme.BASE | {"align": "center"}
BOX = CENTRED | {"border": 1, "border_color": "#E5E7EB", "num_format": COUNT}
LINE = theme.CELL | {"align": "center"}


def write(book: Book, trained: Trained) -> None:
    """Write the sheet."""
    sheet = book.sheet(trained.named(CONFUSION), theme.BAD["font_color"])
    counts = trained.examination.confusion
    for first, last, width in WIDTHS:
        sheet.set_column(first, last, width)
    for row in range(BAND_ROW, LEGEND_ROW + 6):
        sheet.set_row_pixels(row, ROW_HEIGHT)
    what = "Each test image is counted by its true digit and the digit that the network predicts."
    begin(book, sheet, trained, "Which digits are taken for which", f"{trained.whose} {what}")
    samples = trained.named(SAMPLES)
    sheet.write_url(
        1, RANK, f"internal:'{samples}'!A1", book.look(theme.LINK), f"The wrong ones as pictures: {samples}"
    )
    _write_matrix(book, sheet, counts)
    _write_ratios(book, sheet, counts)
    _write_totals(book, sheet, counts)
    _write_most_frequent(book, sheet, counts)
    _write_legend(book, sheet)
    sheet.freeze_panes(BAND_ROW, 0)


def _write_matrix(book: Book, sheet: Sheet, counts: np.ndarray) -> None:
    heading = book.look(theme.HEADING)
    sheet.merge_range(BAND_ROW, DIGIT, HEADER_ROW, DIGIT, "true digit", heading)
    sheet.merge_range(BAND_ROW, FIRST, BAND_ROW, LAST, "predicted digit", heading)
    sheet.merge_range(BAND_ROW, IMAGES, HEADER_ROW, IMAGES, "images", heading)
    sheet.write_string(PREDICTIONS_ROW, DIGIT, "predictions", book.look(theme.LABEL, align="center"))
    right, wrong = book.look(BOX | theme.GOOD, bold=True), book.look(BOX)
    total = book.look(CENTRED, num_format=COUNT, font_color=theme.MUTED)
    for digit in range(CLASSES):
        row, column = FIRST_ROW + digit, FIRST + digit
        sheet.write_number(HEADER_ROW, column, digit, heading)
        sheet.write_number(row, DIGIT, digit, heading)
        for other, count in enumerate(counts[digit].tolist()):
            sheet.write_number(row, FIRST + other, count, right if digit == other else wrong)
        along = f"=SUM({address(row, FIRST)}:{address(row, LAST)})"
        sheet.write_computed(row, IMAGES, along, int(counts[digit].sum()), total)
        down = f"=SUM({address(FIRST_ROW, column)}:{address(LAST_ROW, column)})"
        sheet.write_computed(PREDICTIONS_ROW, column, down, int(counts[:, digit].sum()), total)
    look = book.look(CENTRED, num_format=COUNT, bold=True)
    sheet.write_computed(PREDICTIONS_ROW, IMAGES, f"=SUM({MATRIX})", int(counts.sum()), look)
    # The diagonal is left out: beside a thousand, nobody would see a seven. A scale from 0 to 0 would mean nothing.
    faint = {"type": "cell", "criteria": "==", "value": 0, "format": book.look({"font_color": FAINT})}
    for condition in (faint, MANY) if counts.sum() > np.trace(counts) else (faint,):
        sheet.conditional_format(FIRST_ROW, FIRST, LAST_ROW, LAST, condition | {"multi_range": _beside_diagonal()})


def _beside_diagonal() -> str:
    return " ".join(
        address(row, first) if first == last else f"{address(row, first)}:{address(row, last)}"
        for digit, row in enumerate(range(FIRST_ROW, LAST_ROW + 1))
        for first, last in ((FIRST, FIRST + digit - 1), (FIRST + digit + 1, LAST))
        if first <= last
    )


def _write_ratios(book: Book, sheet: Sheet, counts: np.ndarray) -> None:
    for column, heading in ((RECALL, "recall"), (F1, "F1")):
        sheet.merge_range(BAND_ROW, column, HEADER_ROW, column, heading, book.look(theme.HEADING))
    sheet.write_string(PRECISION_ROW, DIGIT, "precision", book.look(theme.LABEL, align="center"))
    ratio, narrow = book.look(CENTRED, num_format=PERCENT), book.look(CENTRED, num_format=PERCENT, font_size=10)
    for digit in range(CLASSES):
        row, column = FIRST_ROW + digit, FIRST + digit
        hit, image, prediction = address(row, column), address(row, IMAGES), address(PREDICTIONS_ROW, column)
        hits, images, predictions = int(counts[digit, digit]), int(counts[digit].sum()), int(counts[:, digit].sum())
        sheet.write_computed(row, RECALL, _quotient(hit, image), _ratio(hits, images), ratio)
        sheet.write_computed(PRECISION_ROW, column, _quotient(hit, prediction), _ratio(hits, predictions), narrow)
        sheet.write_computed(row, F1, _quotient(f"2*{hit}", f"({image}+{prediction})"), _f1(counts, digit), ratio)
    for place in (
        (FIRST_ROW, RECALL, LAST_ROW, RECALL),
        (FIRST_ROW, F1, LAST_ROW, F1),
        (PRECISION_ROW, FIRST, PRECISION_ROW, LAST),
    ):
        sheet.conditional_format(*place, WEAK)


def _quotient(part: str, whole: str) -> str:
    return f'=IF({whole}=0,"{NONE}",{part}/{whole})'


def _ratio(part: float, whole: int) -> Value:
    return part / whole if whole else NONE


def _f1(counts: np.ndarray, digit: int) -> Value:
    return _ratio(2 * int(counts[digit, digit]), int(counts[digit].sum() + counts[:, digit].sum()))


def _write_totals(book: Book, sheet: Sheet, counts: np.ndarray) -> None:
    _write_section(book, sheet, BAND_ROW, "All digits together")
    images, right = int(counts.sum()), int(np.trace(counts))
    known = [value for digit in range(CLASSES) if isinstance(value := _f1(counts, digit), float)]
    count, percent = LINE | {"num_format": COUNT}, LINE | {"num_format": PERCENT}
    # SUMPRODUCT makes every spreadsheet program compute the whole range without an array formula.
    diagonal, mean = f"=SUMPRODUCT(({DOWN}={ACROSS})*{MATRIX})", f'=IF(COUNT({ALL_F1})=0,"{NONE}",AVERAGE({ALL_F1}))'
    for row, label, formula, value, look in (
        (RIGHT_ROW, "Images predicted right", diagonal, right, count),
        (WRONG_ROW, "Images predicted wrong", f"={ALL_IMAGES}-{RIGHT}", images - right, count),
        (ACCURACY_ROW, "Accuracy", _quotient(RIGHT, ALL_IMAGES), _ratio(right, images), percent | theme.GOOD),
        (MEAN_F1_ROW, "Mean of F1", mean, _ratio(sum(known), len(known)), percent),
    ):
        for column in range(RANK, KEY + 1):
            sheet.write_blank(row, column, None, book.look(theme.CELL))
        sheet.write_string(row, RANK, label, book.look(theme.CELL))
        sheet.write_computed(row, TIMES, formula, value, book.look(look, bold=True))


def _write_most_frequent(book: Book, sheet: Sheet, counts: np.ndarray) -> None:
    """The pairs that are confused most often, found by a key that holds the count and the two digits."""
    _write_section(book, sheet, LIST_ROW - 1, "Most frequent confusions")
    for column, heading in zip(
        (TRUE, PREDICTED, TIMES, SHARE, KEY),
        ("true", "predicted", "images", "of the mistakes", "sort key"),
        strict=True,
    ):
        sheet.write_string(LIST_ROW, column, heading, book.look(theme.LABEL, align="center"))
    true, predicted = np.indices(counts.shape)
    keys = np.where(true != predicted, counts * 100 + 99 - 10 * true - predicted, 0)
    wrong = int(counts.sum() - np.trace(counts))
    weighed = f"({DOWN}<>{ACROSS})*({MATRIX}*100+99-10*{DOWN}-{ACROSS})"
    for rank, value in enumerate(sorted(keys.flat, reverse=True)[:LISTED], start=1):
        row = LIST_ROW + rank
        times, code = divmod(int(value), 100)
        key, images = address(row, KEY), address(row, TIMES)
        sheet.write_number(row, RANK, rank, book.look(LINE, font_color=theme.MUTED))
        look = book.look(LINE, font_color=FAINT, font_size=10)
        sheet.write_computed(row, KEY, f"=SUMPRODUCT(LARGE({weighed},{address(row, RANK)}))", int(value), look)
        sheet.write_computed(row, TIMES, f"=INT({key}/100)", times, book.look(LINE, num_format=COUNT))
        for column, formula, shown, look in (
            (TRUE, f"INT((99-MOD({key},100))/10)", (99 - code) // 10, book.look(LINE, bold=True)),
            (PREDICTED, f"MOD(99-MOD({key},100),10)", (99 - code) % 10, book.look(LINE, bold=True)),
            (SHARE, f"{images}/{WRONG}", _ratio(times, wrong), book.look(LINE, num_format="0.0%")),
        ):
            sheet.write_computed(row, column, f'=IF({images}=0,"{NONE}",{formula})', shown if times else NONE, look)
    note = "Sort key: images × 100 + 99 − 10 × true − predicted. LARGE finds the pairs by it."
    sheet.write_string(LIST_ROW + LISTED + 1, RANK, note, book.look(theme.NOTE))


def _write_section(book: Book, sheet: Sheet, row: int, title: str) -> None:
    for column in range(RANK, KEY + 1):
        sheet.write_blank(row, column, None, book.look(theme.SECTION))
    sheet.write_string(row, RANK, title, book.look(theme.SECTION))


def _write_legend(book: Book, sheet: Sheet) -> None:
    lines: tuple[tuple[str, dict[str, Any], str], ...] = (
        ("", theme.GOOD, "images predicted right"),
        ("", {"bg_color": MANY["max_color"]}, "images predicted wrong: the more, the darker"),
        (
            "",
            {"bg_color": WEAK["min_color"]},
            f"recall, precision, F1: white at 100 %, as here from {100 * WEAK_BELOW:g} % down",
        ),
        ("recall", {}, "of the images of a digit, the part that is predicted to be it"),
        ("precision", {}, "of the images predicted to be a digit, the part that is it"),
        ("F1", {}, "the harmonic mean of the two"),
    )
    for row, (word, colours, meaning) in enumerate(lines, start=LEGEND_ROW):
        sheet.write_string(row, DIGIT, word, book.look(theme.LABEL | colours, align="center"))
        sheet.write_string(row, FIRST, meaning, book.look(theme.SUBTITLE, indent=1))
