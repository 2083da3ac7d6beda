"""The sheet "Summary": several runs that differ in their seeds, a row each, their mean and spread, and a chart."""

from __future__ import annotations

from statistics import fmean, stdev

from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, column_range
from sheetprop.workbook.epoch_chart import Curve, insert_accuracy_chart
from sheetprop.workbook.key_figures import ROW_HEIGHT, Figure, Number, begin, write_figures
from sheetprop.workbook.places import (
    BEST_ACCURACY,
    BEST_EPOCH,
    EPOCH,
    EPOCHS,
    LAST_ACCURACY,
    RUN_BEST,
    RUN_BEST_EPOCH,
    RUN_EPOCHS,
    RUN_LAST,
    RUN_LOSS,
    RUN_REACHED,
    RUN_SECONDS,
    RUNS_ROW,
    SEED,
    TEST_ACCURACY,
    TEST_LOSS,
    TIME,
    Epochs,
    asked_accuracy,
)
from sheetprop.workbook.sheet_parts import write_headings, write_notes, write_stopped
from sheetprop.workbook.targets import ACCURACY
from sheetprop.workbook.trained import SUMMARY, Trained
from sheetprop.workbook.training import first_reached, first_reaching

HEADER_ROW = RUNS_ROW - 1
SHEET = RUN_REACHED + 1
CHART_WIDTH = 900
HEADINGS = {
    SEED: ("seed", "0", 12),
    RUN_EPOCHS: ("epochs", "0", 12),
    RUN_LAST: ("test accuracy, last epoch (%)", "0.00", 16),
    RUN_BEST: ("test accuracy, best (%)", "0.00", 16),
    RUN_BEST_EPOCH: ("best epoch", "0", 12),
    RUN_LOSS: ("test loss, last epoch", "0.0000", 14),
    RUN_SECONDS: ("seconds", "#,##0.0", 12),
    RUN_REACHED: ("first epoch at the asked accuracy", "0", 18),
    SHEET: ("sheet", "General", 24),
}
SUMMED_UP = (RUN_LAST, RUN_BEST, RUN_LOSS, RUN_SECONDS)


def write(book: Book, trained: Trained) -> None:
    """Write the sheet."""
    settings = trained.first.settings
    sheet = book.sheet(trained.named(SUMMARY), theme.ACCENT)
    for column, (_, _, width) in HEADINGS.items():
        sheet.set_column(column, column, width)
    sheet.set_default_row(ROW_HEIGHT)
    begin(
        book,
        sheet,
        trained,
        f"{settings.architecture.name} on MNIST, {len(trained.runs)} runs",
        f"{settings.architecture.parameters:,} parameters; {settings.recipe}; on {settings.device}. "
        "The runs differ in their seeds.",
    )
    _write_figures(book, sheet, trained)
    write_stopped(book, sheet, trained.runs, SHEET)
    end = RUNS_ROW + len(trained.runs)
    note = (
        "The last epoch's mean is the figure to quote: the best epochs were picked on the test set itself. "
        "The standard deviation is that of a sample (n − 1)."
    )
    write_notes(book, sheet, end + 3, 0, [note])
    write_headings(book, sheet, HEADER_ROW, [heading for heading, _, _ in HEADINGS.values()])
    _write_runs(book, sheet, trained)
    _write_totals(book, sheet, trained)
    curves = [
        Curve(
            f"seed {run.settings.seed}",
            Epochs(trained, run).column(EPOCH),
            Epochs(trained, run).column(TEST_ACCURACY),
            [epoch.test_accuracy for epoch in run.epochs],
            theme.SERIES_COLOURS[n % len(theme.SERIES_COLOURS)],
            dashed=n >= len(theme.SERIES_COLOURS),
        )
        for n, run in enumerate(trained.runs)
    ]
    insert_accuracy_chart(book, sheet, (end + 5, 0), "Test accuracy by epoch", curves, CHART_WIDTH)
    sheet.freeze_panes(RUNS_ROW, 1)
    sheet.repeat_rows(HEADER_ROW)
    sheet.fit_to_pages(1, 1)


def _values(trained: Trained, column: int) -> list[float]:
    values = {
        RUN_LAST: lambda run: run.last.test_accuracy,
        RUN_BEST: lambda run: run.best.test_accuracy,
        RUN_LOSS: lambda run: run.last.test_loss,
        RUN_SECONDS: lambda run: run.seconds,
    }
    return [values[column](run) for run in trained.runs]


def _write_figures(book: Book, sheet: Sheet, trained: Trained) -> None:
    mean_row = RUNS_ROW + len(trained.runs)
    last, best, seconds = (_values(trained, column) for column in (RUN_LAST, RUN_BEST, RUN_SECONDS))
    seeds = column_range(RUNS_ROW, SEED, mean_row - 1)
    figures = [
        Figure(
            "Test accuracy, last epoch: mean",
            Number(fmean(last), '0.00" %"', f"={address(mean_row, RUN_LAST)}"),
            Number(stdev(last), '"± "0.00" standard deviation"', f"={address(mean_row + 1, RUN_LAST)}"),
        ),
        Figure(
            "Best test accuracy: mean",
            Number(fmean(best), '0.00" %"', f"={address(mean_row, RUN_BEST)}"),
            Number(stdev(best), '"± "0.00" standard deviation"', f"={address(mean_row + 1, RUN_BEST)}"),
            True,
        ),
        Figure(
            "Time, all runs",
            Number(
                sum(seconds), '[<100]0.0" s";#,##0" s"', f"=SUM({column_range(RUNS_ROW, RUN_SECONDS, mean_row - 1)})"
            ),
            Number(len(seconds), '"for "0" runs"', f"=COUNT({seeds})"),
            True,
        ),
    ]
    write_figures(book, sheet, figures, [(0, 2), (3, 4), (5, 6)])


def _write_runs(book: Book, sheet: Sheet, trained: Trained) -> None:
    for row, run in enumerate(trained.runs, start=RUNS_ROW):
        epochs = Epochs(trained, run)
        name = trained.training_sheet(run)
        for column, formula, value in (
            (RUN_EPOCHS, f"={epochs.cell(EPOCHS)}", len(run.epochs)),
            (RUN_LAST, f"={epochs.cell(LAST_ACCURACY)}", run.last.test_accuracy),
            (RUN_BEST, f"={epochs.cell(BEST_ACCURACY)}", run.best.test_accuracy),
            (RUN_BEST_EPOCH, f"={epochs.cell(BEST_EPOCH)}", run.best.epoch),
            (RUN_LOSS, f"={epochs.cell((epochs.last_row, TEST_LOSS))}", run.last.test_loss),
            (RUN_SECONDS, f"={epochs.cell(TIME)}", run.seconds),
            (RUN_REACHED, first_reaching(epochs, asked_accuracy(trained)), first_reached(run, ACCURACY)),
        ):
            look = book.look(theme.CELL, num_format=HEADINGS[column][1], align="center", bold=column == RUN_LAST)
            sheet.write_computed(row, column, formula, value, look)
        sheet.write_number(row, SEED, run.settings.seed, book.look(theme.CELL, num_format="0", align="center"))
        sheet.write_url(row, SHEET, f"internal:'{name}'!A1", book.look(theme.CELL | theme.LINK, indent=1), name)


def _write_totals(book: Book, sheet: Sheet, trained: Trained) -> None:
    end = RUNS_ROW + len(trained.runs)
    for row, label, function, compute in ((end, "mean", "AVERAGE", fmean), (end + 1, "std. dev.", "STDEV", stdev)):
        look = theme.BASE | {"bold": True, "align": "center"}
        look |= {"top": 2, "top_color": theme.ACCENT} if row == end else {}
        for column in HEADINGS:
            sheet.write_blank(row, column, None, book.look(look))
        sheet.write_string(row, SEED, label, book.look(look))
        for column in SUMMED_UP:
            formula = f"={function}({address(RUNS_ROW, column)}:{address(end - 1, column)})"
            shown = book.look(look, num_format="0.000" if column in (RUN_LAST, RUN_BEST) else HEADINGS[column][1])
            sheet.write_computed(row, column, formula, compute(_values(trained, column)), shown)
