"""The sheets "Training": one run, a complete row per epoch, its key figures, and charts of loss and accuracy."""

from __future__ import annotations

import math

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell

from sheetprop.cnn.layers import Dropout
from sheetprop.cnn.results import Epoch, Run
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, column_range
from sheetprop.workbook.cell import Value
from sheetprop.workbook.epoch_chart import Curve, insert_accuracy_chart, insert_loss_chart
from sheetprop.workbook.key_figures import ROW_HEIGHT, Figure, Number, begin, write_figures
from sheetprop.workbook.places import (
    BEST,
    BEST_ACCURACY,
    BEST_EPOCH,
    EPOCH,
    EPOCHS_ROW,
    FIGURES_ROW,
    LAST_ACCURACY,
    RATE,
    SECONDS,
    SPEED,
    TEST_ACCURACY,
    TEST_IMAGES,
    TEST_LOSS,
    TRAIN_ACCURACY,
    TRAIN_LOSS,
    TRAINING_IMAGES,
    Epochs,
)
from sheetprop.workbook.sheet_parts import write_headings, write_notes, write_stopped
from sheetprop.workbook.trained import Trained

HEADER_ROW, BAND_ROW = EPOCHS_ROW - 1, EPOCHS_ROW - 2
NEVER = "never"
CHART_COLUMN = BEST + 2
LOSS_CHART = 10
"""Under how many epochs the chart of the loss begins: there the one of the accuracy ends."""
TRAIN_COLOUR, TEST_COLOUR = "#B8860B", "#1F5C99"
HEADINGS = {
    EPOCH: ("epoch", "0", 10),
    RATE: ("learning rate", "[<0.000001]0.0E+00;0.00####", 13),
    TRAIN_LOSS: ("loss", "0.0000", 12),
    TRAIN_ACCURACY: ("accuracy (%)", "0.00", 13),
    TEST_LOSS: ("loss", "0.0000", 12),
    TEST_ACCURACY: ("accuracy (%)", "0.00", 13),
    SECONDS: ("seconds", "[<10]0.00;#,##0.0", 12),
    SPEED: ("images per second", "#,##0", 13),
    BEST: ("best", '"★";;', 8),
}
"""Per column: its label, how its numbers are shown, its width."""
RIGHT = range(RATE, BEST)
"""The columns whose numbers stand at the right."""
BANDS = {
    (TRAIN_LOSS, TRAIN_ACCURACY): ("train: while it learned", TRAIN_COLOUR),
    (TEST_LOSS, TEST_ACCURACY): ("test: after the epoch", TEST_COLOUR),
}


def write(book: Book, trained: Trained, run: Run) -> None:
    """Write the sheet of one run."""
    name = trained.training_sheet(run)
    sheet = book.sheet(name, theme.SERIES_COLOURS[trained.runs.index(run) % len(theme.SERIES_COLOURS)])
    for column, (_, _, width) in HEADINGS.items():
        sheet.set_column(column, column, width)
    sheet.set_column(BEST + 1, BEST + 1, 3)
    settings = run.settings
    seed = "" if len(trained.runs) == 1 else f", seed {settings.seed}"
    sheet.set_default_row(ROW_HEIGHT)
    begin(
        book,
        sheet,
        trained,
        f"{settings.architecture.name} on MNIST, epoch by epoch{seed}",
        f"{settings.architecture.parameters:,} parameters; {settings.recipe}; seed {settings.seed} on "
        f"{settings.device}.",
    )
    _write_figures(book, sheet, run)
    write_stopped(book, sheet, [run], BEST)
    write_notes(book, sheet, FIGURES_ROW, CHART_COLUMN, _notes(run))
    _write_table(book, sheet, run)
    _write_charts(book, sheet, Epochs(trained, run))
    sheet.freeze_panes(EPOCHS_ROW, 1)
    sheet.repeat_rows(BAND_ROW, HEADER_ROW)


def standard_error(run: Run) -> float:
    """Of the last epoch's test accuracy, in points."""
    share = run.last.test_accuracy / 100
    return 100 * math.sqrt(share * (1 - share) / run.test_images)


def first_reaching(epochs: Epochs, asked: str) -> str:
    """The formula, with its =, of the first epoch whose test accuracy is at least the one in the cell ``asked``."""
    enough = f"{epochs.column(TEST_ACCURACY)}>={asked}"
    # SUMPRODUCT makes every spreadsheet program compare the whole range without an array formula.
    found = f"INDEX({epochs.column(EPOCH)},SUMPRODUCT(MATCH(TRUE,{enough},0)))"
    return f'=IF(MAX({epochs.column(TEST_ACCURACY)})<{asked},"{NEVER}",{found})'


def first_reached(run: Run, asked: float) -> Value:
    """The first epoch whose test accuracy is at least ``asked``, or that there is none."""
    enough = (epoch.epoch for epoch in run.epochs if epoch.test_accuracy >= asked)
    return next(enough, NEVER)


def _write_figures(book: Book, sheet: Sheet, run: Run) -> None:
    last_row = EPOCHS_ROW + len(run.epochs) - 1
    epochs, accuracies, seconds = (
        column_range(EPOCHS_ROW, column, last_row) for column in (EPOCH, TEST_ACCURACY, SECONDS)
    )
    last, best, images = address(*LAST_ACCURACY), address(*BEST_ACCURACY), address(*TEST_IMAGES)
    percent, count = '0.00" %"', "#,##0"
    error = Number(
        standard_error(run), '"± "0.00" standard error"', f"=100*SQRT({last}/100*(1-{last}/100)/{images})"
    )  # fmt: skip
    best_epoch = Number(
        run.best.epoch, '"in epoch "0', f"=INDEX({epochs},MATCH({best},{accuracies},0))"
    )  # fmt: skip
    figures = [
        Figure(
            "Test accuracy, last epoch",
            Number(run.last.test_accuracy, percent, f"={address(last_row, TEST_ACCURACY)}"),
            error,
        ),
        Figure("Best test accuracy", Number(run.best.test_accuracy, percent, f"=MAX({accuracies})"), best_epoch, True),
        Figure(
            "Time",
            Number(run.seconds, '[<100]0.0" s";#,##0" s"', f"=SUM({seconds})"),
            Number(len(run.epochs), '[=1]"for "0" epoch";"for "0" epochs"', f"=COUNT({epochs})"),
            True,
        ),
        Figure(
            "Training images",
            Number(run.training_images, count),
            Number(run.test_images, '#,##0" test images"'),
            True,
        ),
    ]
    write_figures(book, sheet, figures, [(0, 1), (2, 3), (4, 5), (6, 7)])


def _notes(run: Run) -> list[str]:
    settings = run.settings
    at_work = []
    if settings.architecture.uses(Dropout):
        at_work.append("dropout")
    if settings.recipe.augmentation.changes:
        at_work.append("augmentation")
    with_these = f", with {' and '.join(at_work)}" if at_work else ""
    return [
        "Quote the last epoch: the best one (★) was picked on the test set itself.",
        "Differences of less than about two standard errors mean nothing. Seconds include the test.",
        f"Train figures are taken while the network learns{with_these}: they may lie below the test's.",
    ]


def _write_table(book: Book, sheet: Sheet, run: Run) -> None:
    for (first, last), (band, colour) in BANDS.items():
        look = theme.BASE | {"bold": True, "font_size": 10, "font_color": "#FFFFFF", "bg_color": colour}
        sheet.merge_range(BAND_ROW, first, BAND_ROW, last, band, book.look(look, align="center"))
    colours = {column: colour for columns, (_, colour) in BANDS.items() for column in columns}
    write_headings(book, sheet, HEADER_ROW, [heading for heading, _, _ in HEADINGS.values()], RIGHT, colours)
    for row, epoch in enumerate(run.epochs, start=EPOCHS_ROW):
        _write_epoch(book, sheet, run, row, epoch)
    best = f"={xl_rowcol_to_cell(EPOCHS_ROW, EPOCH, col_abs=True)}={address(*BEST_EPOCH, absolute=True)}"
    sheet.conditional_format(
        EPOCHS_ROW, EPOCH, EPOCHS_ROW + len(run.epochs) - 1, BEST,
        {"type": "formula", "criteria": best, "format": book.look(theme.GOOD)},
    )  # fmt: skip


def _write_epoch(book: Book, sheet: Sheet, run: Run, row: int, epoch: Epoch) -> None:
    def look(column: int) -> Format:
        alignment = {"align": "right", "indent": 1} if column in RIGHT else {"align": "center"}
        return book.look(theme.CELL | alignment, num_format=HEADINGS[column][1], bold=column == TEST_ACCURACY)

    for column, value in (
        (EPOCH, epoch.epoch),
        (RATE, epoch.learning_rate),
        (TRAIN_LOSS, epoch.train_loss),
        (TRAIN_ACCURACY, epoch.train_accuracy),
        (TEST_LOSS, epoch.test_loss),
        (TEST_ACCURACY, epoch.test_accuracy),
        (SECONDS, epoch.seconds),
    ):
        sheet.write_number(row, column, value, look(column))
    speed = f"={address(*TRAINING_IMAGES, absolute=True)}/{address(row, SECONDS)}"
    sheet.write_computed(row, SPEED, speed, run.training_images / epoch.seconds, look(SPEED))
    marked = f"=IF({address(row, EPOCH)}={address(*BEST_EPOCH, absolute=True)},1,0)"
    sheet.write_computed(row, BEST, marked, float(epoch == run.best), look(BEST))


def _write_charts(book: Book, sheet: Sheet, epochs: Epochs) -> None:
    run = epochs.run

    def curve(name: str, column: int, values: list[float], colour: str) -> Curve:
        return Curve(name, epochs.column(EPOCH), epochs.column(column), values, colour)

    accuracies = [
        curve("train", TRAIN_ACCURACY, [epoch.train_accuracy for epoch in run.epochs], TRAIN_COLOUR),
        curve("test", TEST_ACCURACY, [epoch.test_accuracy for epoch in run.epochs], TEST_COLOUR),
    ]
    losses = [
        curve("train", TRAIN_LOSS, [epoch.train_loss for epoch in run.epochs], TRAIN_COLOUR),
        curve("test", TEST_LOSS, [epoch.test_loss for epoch in run.epochs], TEST_COLOUR),
    ]
    insert_accuracy_chart(book, sheet, (BAND_ROW, CHART_COLUMN), "Accuracy by epoch", accuracies)
    insert_loss_chart(book, sheet, (EPOCHS_ROW + LOSS_CHART, CHART_COLUMN), "Loss by epoch", losses)
