"""The workbook of a trained CNN: its sheets in the order of their tabs; see :func:`write_training_book`."""

from __future__ import annotations

from pathlib import Path

from sheetprop.output import written_whole
from sheetprop.workbook import confusion, model, run, samples, summary, targets, training
from sheetprop.workbook.book import Book
from sheetprop.workbook.trained import Trained


def write_training_book(trained: Trained, path: Path) -> Book:
    """Write the workbook to ``path``, whole or not at all, in the place of a file that may be there.

    Returns the closed book, which knows its sheets and how many formulas they hold. Raises InputError where the folder
    cannot be written to.
    """
    with written_whole(path) as unfinished:
        book = Book(unfinished, unfinished.parent, f"{trained.first.settings.architecture.name} on MNIST")
        if len(trained.runs) > 1:
            summary.write(book, trained)
        for one in trained.runs:
            training.write(book, trained, one)
        for sheet in (model, targets, confusion, samples, run):
            sheet.write(book, trained)
        book.close()
    return book
