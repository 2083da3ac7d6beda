"""The sheet "Run": every option, the machine and the versions, and the command that does it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from sheetprop.cnn.recipe import MEAN, MOMENTUM, STANDARD_DEVIATION
from sheetprop.cnn.results import OPTIONS, Run, Settings
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet
from sheetprop.workbook.key_figures import ROW_HEIGHT, begin
from sheetprop.workbook.places import TEST_IMAGES, TRAINING_IMAGES, Epochs
from sheetprop.workbook.sheet_parts import write_headings, write_section
from sheetprop.workbook.trained import RUN, Trained

HEADER_ROW, FIRST_ROW = 4, 5
LABEL_WIDTH, NARROWEST, TOGETHER = 22, 18, 100
"""Columns: of the labels, of a run at least, of all runs at least."""
LINE_HEIGHT = 15
Row = tuple[str, Sequence[str | int | float]]


def write(book: Book, trained: Trained) -> None:
    """Write the sheet."""
    runs = trained.runs
    sheet = book.sheet(trained.named(RUN), theme.MUTED)
    width = max(NARROWEST, ceil(TOGETHER / len(runs)))
    sheet.set_column(0, 0, LABEL_WIDTH)
    sheet.set_column(1, len(runs), width)
    sheet.set_default_row(ROW_HEIGHT)
    begin(
        book,
        sheet,
        trained,
        "How it was trained",
        "Everything that the numbers depend on, so that it can be done again.",
    )
    if len(runs) > 1:
        write_headings(book, sheet, HEADER_ROW, ["option", *(f"seed {run.settings.seed}" for run in runs)])
    row = FIRST_ROW
    for title, rows in (
        ("Options", _options(runs)),
        ("The same in every training", _fixed(runs)),
        ("What happened", _events(runs)),
        ("Machine and versions", _environment(runs)),
    ):
        row = _write_rows(book, sheet, row, title, rows, len(runs), width) + 1
    row = _write_data(book, sheet, trained, row) + 1
    _write_commands(book, sheet, runs, row, width * len(runs))
    sheet.freeze_panes(FIRST_ROW, 1)
    sheet.set_portrait()
    sheet.fit_to_pages(1, 1)


def command(settings: Settings) -> str:
    """The command line that trains with these settings."""
    device = settings.device
    program = "sheetprop"
    if settings.processes > 1:
        program = f"torchrun --nproc-per-node {settings.processes} -m sheetprop"
        # Each process takes the device of its own number.
        device = device.partition(":")[0]
    told = settings.to_dict() | {"device": device}
    return " ".join((f"{program} train-cnn", *(f"{option} {told[key]}" for key, option in OPTIONS.items())))


def _options(runs: Sequence[Run]) -> list[Row]:
    kept = [run.settings.to_dict() for run in runs]
    rows: list[Row] = [(_label(key), [settings[key] for settings in kept]) for key in kept[0]]
    return [rows[0], ("recipe", [_changes(run.settings) for run in runs]), *rows[1:]]


def _changes(settings: Settings) -> str:
    """What is not as in the architecture's own recipe."""
    used, own = (each.to_dict() for each in (settings, replace(settings, recipe=settings.architecture.recipe)))
    changed = [f"{_label(key)} {value}" for key, value in own.items() if value != used[key]]
    return f"changed; the architecture's own has {', '.join(changed)}" if changed else "the architecture's own"


def _label(key: str) -> str:
    return key.replace("_", " ")


def _fixed(runs: Sequence[Run]) -> list[Row]:
    facts = {
        "optimiser": f"stochastic gradient descent, momentum {MOMENTUM}, weight decay 0",
        "loss": "negative log likelihood of the log softmax, mean over the batch",
        "normalisation": f"(pixel / 255 − {MEAN}) / {STANDARD_DEVIATION}",
        "test images": "never augmented; all of them after each epoch",
    }
    return [(label, [fact] * len(runs)) for label, fact in facts.items()]


def _events(runs: Sequence[Run]) -> list[Row]:
    def ended(run: Run) -> str:
        done = f"after {len(run.epochs)} of {run.settings.recipe.epochs} epochs"
        return f"stopped {done}: {run.stopped}" if run.stopped else f"as planned, {done}"

    def continued(run: Run) -> str:
        return f"after epoch {', '.join(map(str, run.resumed))}" if run.resumed else "no, in one go"

    return [("ended", [ended(run) for run in runs]), ("resumed", [continued(run) for run in runs])]


def _environment(runs: Sequence[Run]) -> list[Row]:
    keys = list(dict.fromkeys(key for run in runs for key in run.environment))
    return [(key, [run.environment.get(key, "–") for run in runs]) for key in keys]


def _write_rows(book: Book, sheet: Sheet, row: int, title: str, rows: Sequence[Row], runs: int, width: int) -> int:
    """Write rows under a title; returns the row after them."""
    write_section(book, sheet, row, title, runs)
    for label, values in rows:
        row += 1
        sheet.write_string(row, 0, label, book.look(theme.CELL, indent=1, font_color=theme.MUTED))
        look = book.look(theme.CELL, align="left" if runs == 1 else "center", text_wrap=True)
        shared = len(set(values)) == 1
        if shared and runs > 1:
            sheet.merge_range(row, 1, row, runs, "", look)
        room = width * (runs if shared else 1)
        sheet.set_row(row, ROW_HEIGHT + LINE_HEIGHT * max(ceil(len(str(value)) * 1.05 / room) - 1 for value in values))
        for column, value in enumerate(values[:1] if shared else values, start=1):
            if isinstance(value, str):
                sheet.write_string(row, column, value, look)
            else:
                sheet.write_number(row, column, value, look)
    return row + 1


def _write_data(book: Book, sheet: Sheet, trained: Trained, row: int) -> int:
    write_section(book, sheet, row, "Data: MNIST", len(trained.runs))
    look = book.look(theme.CELL, align="left" if len(trained.runs) == 1 else "center", num_format="#,##0")
    for label, place in (("training images", TRAINING_IMAGES), ("test images", TEST_IMAGES)):
        row += 1
        sheet.write_string(row, 0, label, book.look(theme.CELL, indent=1, font_color=theme.MUTED))
        for column, run in enumerate(trained.runs, start=1):
            count = run.training_images if place == TRAINING_IMAGES else run.test_images
            sheet.write_computed(row, column, f"={Epochs(trained, run).cell(place)}", count, look)
    return row + 1


def _write_commands(book: Book, sheet: Sheet, runs: Sequence[Run], row: int, width: int) -> None:
    write_section(book, sheet, row, "To do it again: copy the command", len(runs))
    look = book.look(theme.FORMULA, text_wrap=True, align="left", bg_color="#F3F4F6")
    for run in runs:
        row += 1
        line = command(run.settings)
        sheet.set_row(row, LINE_HEIGHT * ceil(len(line) * 1.15 / width) + 6)
        label = "command" if len(runs) == 1 else f"seed {run.settings.seed}"
        sheet.write_string(row, 0, label, book.look(theme.CELL, indent=1, font_color=theme.MUTED))
        if len(runs) > 1:
            sheet.merge_range(row, 1, row, len(runs), "", look)
        sheet.write_string(row, 1, line, look)
