"""On the sheet "Targets": the accuracy that was reached beside the one that the network's author published."""

from __future__ import annotations

import math
from statistics import fmean

from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address
from sheetprop.workbook.places import (
    BEST_ACCURACY,
    LAST_ACCURACY,
    RUN_BEST,
    RUN_LAST,
    TEST_IMAGES,
    Epochs,
    summary,
)
from sheetprop.workbook.sheet_parts import colour_words, write_headings, write_section
from sheetprop.workbook.trained import Trained

AGREES, ABOVE, BELOW = "agrees", "above", "below"
QUANTITY, PUBLISHED, REACHED, DIFFERENCE, ERRORS, VERDICT = range(6)
NOTE = (
    "A test accuracy is itself uncertain: three standard errors of the published one, on so many test images, are how "
    "far chance and the seed may take a run."
)
PERCENT = "0.00"


def write_published(book: Book, sheet: Sheet, trained: Trained, row: int) -> None:
    """Write the comparison from ``row`` on, or why there is none."""
    write_section(book, sheet, row, "Beside the published accuracy", VERDICT)
    settings = trained.first.settings
    if settings.recipe == settings.architecture.recipe:
        _write_comparisons(book, sheet, trained, row + 1)
    else:
        _write_why_not(book, sheet, trained, row + 1)


def _write_why_not(book: Book, sheet: Sheet, trained: Trained, row: int) -> None:
    settings = trained.first.settings
    published = settings.architecture.published
    for line, (text, look) in enumerate(
        (
            ("Not compared, since the recipe was changed.", theme.LABEL),
            (f"Trained with {settings.recipe}.", theme.BASE),
            (
                f"Published are {published.last:.2f} % after the last epoch and {published.best:.2f} % at best, "
                f"with {settings.architecture.recipe}.",
                theme.BASE,
            ),
        )
    ):
        sheet.write_string(row + line, 0, text, book.look(look, indent=1))


def _write_comparisons(book: Book, sheet: Sheet, trained: Trained, row: int) -> None:
    runs, first = trained.runs, Epochs(trained, trained.first)
    headings = ("test accuracy (%)", "published", "reached", "difference (points)", "three standard errors", "verdict")
    write_headings(book, sheet, row, headings)
    published = trained.first.settings.architecture.published
    for line, (label, theirs, one, several, values) in enumerate(
        (
            ("Last epoch", published.last, LAST_ACCURACY, RUN_LAST, [run.last.test_accuracy for run in runs]),
            ("Best epoch", published.best, BEST_ACCURACY, RUN_BEST, [run.best.test_accuracy for run in runs]),
        ),
        start=row + 1,
    ):
        centred = theme.CELL | {"align": "center"}
        mean = "" if len(runs) == 1 else ", mean of the runs"
        live = f"={first.cell(one)}" if len(runs) == 1 else f"=AVERAGE({summary(trained, several)})"
        sheet.write_string(line, QUANTITY, label + mean, book.look(theme.CELL, indent=1))
        sheet.write_number(line, PUBLISHED, theirs, book.look(centred, num_format=PERCENT))
        sheet.write_computed(line, REACHED, live, fmean(values), book.look(centred, num_format=PERCENT, bold=True))
        _write_distance(book, sheet, line, fmean(values) - theirs, theirs, first)
    colours = {AGREES: theme.GOOD, ABOVE: theme.GOOD, BELOW: theme.BAD}
    colour_words(book, sheet, (row + 1, VERDICT, row + 2, VERDICT), colours)
    sheet.write_string(row + 3, 0, NOTE, book.look(theme.NOTE))
    if stopped := sum(run.stopped is not None for run in runs):
        which = "The run" if len(runs) == 1 else f"{stopped} of the {len(runs)} runs"
        epochs = trained.first.settings.recipe.epochs
        text = f"{which} stopped before all {epochs} epochs of the recipe were done."
        sheet.write_string(row + 4, 0, text, book.look(theme.NOTE))


def _write_distance(book: Book, sheet: Sheet, row: int, distance: float, published: float, first: Epochs) -> None:
    theirs, ours, difference, errors = (address(row, n) for n in (PUBLISHED, REACHED, DIFFERENCE, ERRORS))
    centred = theme.CELL | {"align": "center"}
    share = published / 100
    allowed = 300 * math.sqrt(share * (1 - share) / first.run.test_images)
    signed = book.look(centred, num_format='+0.00;"−"0.00;0.00')
    sheet.write_computed(row, DIFFERENCE, f"={ours}-{theirs}", distance, signed)
    error = f"=300*SQRT({theirs}/100*(1-{theirs}/100)/{first.cell(TEST_IMAGES)})"
    sheet.write_computed(row, ERRORS, error, allowed, book.look(centred, num_format=PERCENT))
    verdict = f'=IF(ABS({difference})<={errors},"{AGREES}",IF({difference}>0,"{ABOVE}","{BELOW}"))'
    said = AGREES if abs(distance) <= allowed else ABOVE if distance > 0 else BELOW
    sheet.write_computed(row, VERDICT, verdict, said, book.look(centred, bold=True))
