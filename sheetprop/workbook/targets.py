"""The sheet "Targets": what the assignment asks of the CNN, what was reached, and the published accuracy beside it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

from sheetprop.cnn.layers import AvgPool2d, BatchNorm2d, Dropout, Linear
from sheetprop.workbook import theme
from sheetprop.workbook.book import Book, Sheet, address, column_range
from sheetprop.workbook.cell import Value
from sheetprop.workbook.key_figures import ROW_HEIGHT, begin
from sheetprop.workbook.places import (
    ASKED_ACCURACY,
    BEST_ACCURACY,
    EPOCHS,
    KIND,
    LAST_ACCURACY,
    OUTPUT,
    PARAMETERS,
    RUN_BEST,
    RUN_EPOCHS,
    RUN_LAST,
    RUN_REACHED,
    Epochs,
    layers,
    summary,
    total_of_layers,
)
from sheetprop.workbook.published import write_published
from sheetprop.workbook.sheet_parts import colour_words, write_headings, write_section
from sheetprop.workbook.trained import MODEL, TARGETS, Trained
from sheetprop.workbook.training import NEVER, first_reached, first_reaching

ACCURACY, FEWER_PARAMETERS, MOST_EPOCHS = 99.4, 20_000, 20
"""What is asked for, until a reader changes it."""
DIGITS = 6
"""To which numbers are rounded before they are compared: a mean of 99.4 may be a hair less in binary fractions."""
REACHED, MISSED, FREE = "reached", "missed", "free"
YES, EITHER, NO = "yes", "either", "no"
QUANTITY, CONDITION, ASKED, FOUND, VERDICT, LAST = range(6)
WIDTHS = (46, 13, 15, 15, 22, 20)
HEADER_ROW, FIRST_ROW = ASKED_ACCURACY[0] - 1, ASKED_ACCURACY[0]
VERDICT_ROW = HEADER_ROW - 2
PERCENT, COUNT, LAYERS = "0.00", "#,##0", '[=0]"none";[=1]0" layer";0" layers"'


@dataclass(frozen=True)
class _Target:
    """A row: what is asked, what was found (``value`` by ``formula``), and in how many of several runs it is so.

    ``compared`` is how the found number is compared with the asked one; without it, ``asked`` is yes, either or no.
    ``sheet`` is where the found number comes from.
    """

    label: str
    condition: str
    asked: float | str
    formula: str
    value: float
    shown: str
    sheet: str
    compared: str | None = None
    runs: tuple[str, int] | None = None

    @property
    def verdict(self) -> str:
        """What the computed values say."""
        if self.compared is None:
            return FREE if self.asked == EITHER else _said((self.asked == YES) == (self.value > 0))
        assert isinstance(self.asked, float | int)
        found = round(self.value, DIGITS)
        return _said({">=": found >= self.asked, "<": found < self.asked, "<=": found <= self.asked}[self.compared])

    def verdict_formula(self, row: int) -> str:
        """The same as a formula."""
        asked, found = address(row, ASKED), address(row, FOUND)
        if self.compared is None:
            return f'=IF({asked}="{EITHER}","{FREE}",IF(({asked}="{YES}")=({found}>0),"{REACHED}","{MISSED}"))'
        return f'=IF(ROUND({found},{DIGITS}){self.compared}{asked},"{REACHED}","{MISSED}")'


def write(book: Book, trained: Trained) -> None:
    """Write the sheet."""
    sheet = book.sheet(trained.named(TARGETS), theme.GOOD["font_color"])
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    architecture = trained.first.settings.architecture
    sheet.set_default_row(ROW_HEIGHT)
    begin(
        book,
        sheet,
        trained,
        f"{architecture.name}: asked and reached",
        "What the assignment asks, beside what was trained. Change the yellow cells, and the verdicts follow.",
    )
    targets = [*_results(trained), *_layers(trained)]
    several = len(trained.runs) > 1
    found, last = ("reached, mean of the runs", "runs that reach it") if several else ("reached", "on the sheet")
    write_headings(book, sheet, HEADER_ROW, ("quantity", "condition", "asked", found, "verdict", last))
    for row, target in enumerate(targets, start=FIRST_ROW):
        _write_target(book, sheet, row, target)
        _write_last(book, sheet, trained, row, target)
    end = FIRST_ROW + len(targets)
    colours = {REACHED: theme.GOOD, MISSED: theme.BAD, FREE: {"font_color": theme.MUTED}}
    colour_words(book, sheet, (FIRST_ROW, VERDICT, end - 1, VERDICT), colours)
    _write_verdict(book, sheet, targets)
    end = _write_information(book, sheet, trained, end + 1)
    write_published(book, sheet, trained, end + 1)
    sheet.fit_to_pages(1, 1)
    sheet.freeze_panes(VERDICT_ROW + 1, 0)


def _said(met: bool) -> str:
    return REACHED if met else MISSED


def _results(trained: Trained) -> list[_Target]:
    runs, first = trained.runs, Epochs(trained, trained.first)
    lasts, counts = [run.last.test_accuracy for run in runs], [len(run.epochs) for run in runs]
    accuracy, epochs, longest = first.cell(LAST_ACCURACY), first.cell(EPOCHS), ""
    enough = few = None
    if len(runs) > 1:
        accuracies, all_epochs = summary(trained, RUN_LAST), summary(trained, RUN_EPOCHS)
        accuracy, epochs, longest = f"AVERAGE({accuracies})", f"MAX({all_epochs})", ", longest run"
        reaching = f"=SUMPRODUCT(--({accuracies}>={address(FIRST_ROW, ASKED)}))"
        enough = reaching, sum(last >= ACCURACY for last in lasts)
        within = f"=SUMPRODUCT(--({all_epochs}<={address(FIRST_ROW + 2, ASKED)}))"
        few = within, sum(count <= MOST_EPOCHS for count in counts)
    training, model = trained.training_sheet(trained.first), trained.named(MODEL)
    parameters, total = trained.first.settings.architecture.parameters, total_of_layers(trained, PARAMETERS)
    last = "Test accuracy of the last epoch (%)"
    return [
        _Target(last, "at least", ACCURACY, f"={accuracy}", fmean(lasts), PERCENT, training, ">=", enough),
        _Target("Parameters", "fewer than", FEWER_PARAMETERS, f"={total}", parameters, COUNT, model, "<"),
        _Target(
            f"Epochs trained{longest}", "at most", MOST_EPOCHS, f"={epochs}", max(counts), COUNT, training, "<=", few
        ),
    ]


def _layers(trained: Trained) -> list[_Target]:
    kinds, outputs = layers(trained, KIND), layers(trained, OUTPUT)
    steps = trained.first.settings.architecture.steps
    # Averaged over the whole picture: one number is left of each channel.
    pooled = sum(isinstance(step.layer, AvgPool2d) and step.output[1:] == (1, 1) for step in steps)
    normalised, dropped, connected = (
        sum(isinstance(step.layer, kind) for step in steps) for kind in (BatchNorm2d, Dropout, Linear)
    )
    pooling = f'COUNTIFS({kinds},"AvgPool2d",{outputs},"*×1×1")'
    linear = f'COUNTIF({kinds},"Linear")'
    return [
        _Target(label, "used", asked, f"={formula}", value, LAYERS, trained.named(MODEL))
        for label, asked, formula, value in (
            ("Batch normalisation", YES, f'COUNTIF({kinds},"BatchNorm2d")', normalised),
            ("Dropout", YES, f'COUNTIF({kinds},"Dropout")+COUNTIF({kinds},"Dropout2d")', dropped),
            ("Global average pooling or a fully connected layer", YES, f"{pooling}+{linear}", pooled + connected),
            ("Global average pooling", EITHER, pooling, pooled),
            ("Fully connected layer", EITHER, linear, connected),
        )
    ]


def _write_target(book: Book, sheet: Sheet, row: int, target: _Target) -> None:
    centred = theme.CELL | {"align": "center"}
    sheet.write_string(row, QUANTITY, target.label, book.look(theme.CELL, indent=1))
    sheet.write_string(row, CONDITION, target.condition, book.look(centred, font_color=theme.MUTED))
    if isinstance(target.asked, str):
        sheet.write_string(row, ASKED, target.asked, book.look(theme.CHANGEABLE))
        sheet.data_validation(row, ASKED, row, ASKED, {"validate": "list", "source": [YES, EITHER, NO]})
    else:
        shown = "0.0#" if target.shown == PERCENT else COUNT
        sheet.write_number(row, ASKED, target.asked, book.look(theme.CHANGEABLE, num_format=shown))
    sheet.write_computed(
        row, FOUND, target.formula, target.value, book.look(centred, num_format=target.shown, bold=True)
    )
    sheet.write_computed(row, VERDICT, target.verdict_formula(row), target.verdict, book.look(centred, bold=True))


def _write_last(book: Book, sheet: Sheet, trained: Trained, row: int, target: _Target) -> None:
    """Of several runs, how many reach it; of one, where its number stands."""
    centred = theme.CELL | {"align": "center"}
    if target.runs:
        formula, count = target.runs
        sheet.write_computed(row, LAST, formula, count, book.look(centred, num_format=f'0" of {len(trained.runs)}"'))
    elif len(trained.runs) > 1:
        sheet.write_blank(row, LAST, None, book.look(theme.CELL))
    else:
        look = book.look(theme.CELL | theme.LINK, align="center")
        sheet.write_url(row, LAST, f"internal:'{target.sheet}'!A1", look, target.sheet)


def _write_verdict(book: Book, sheet: Sheet, targets: list[_Target]) -> None:
    verdicts = column_range(FIRST_ROW, VERDICT, FIRST_ROW + len(targets) - 1)
    missed, reached = f'COUNTIF({verdicts},"{MISSED}")', f'COUNTIF({verdicts},"{REACHED}")'
    failed = sum(target.verdict == MISSED for target in targets)
    judged = failed + sum(target.verdict == REACHED for target in targets)
    sheet.set_row(VERDICT_ROW, 26)
    look = book.look(theme.BASE, bold=True, font_size=14, indent=1)
    for column in range(LAST + 1):
        sheet.write_blank(VERDICT_ROW, column, None, look)
    sheet.write_computed(
        VERDICT_ROW,
        0,
        f'=IF({missed}=0,"All "&{reached}&" targets reached",{missed}&" of "&({missed}+{reached})&" targets missed")',
        f"{failed} of {judged} targets missed" if failed else f"All {judged} targets reached",
        look,
    )
    for criteria, colour in ((f"={missed}=0", theme.GOOD), (f"={missed}>0", theme.BAD)):
        condition = {"type": "formula", "criteria": criteria, "format": book.look(colour)}
        sheet.conditional_format(VERDICT_ROW, 0, VERDICT_ROW, LAST, condition)


def _write_information(book: Book, sheet: Sheet, trained: Trained, row: int) -> int:
    """What is told but not judged; returns the row after it."""
    runs, first = trained.runs, Epochs(trained, trained.first)
    asked = f"={address(FIRST_ROW, ASKED)}"
    best, reaching = f"={first.cell(BEST_ACCURACY)}", first_reaching(first, address(FIRST_ROW, ASKED, absolute=True))
    reached = [first_reached(run, ACCURACY) for run in runs]
    mean, earliest = "", ""
    if len(runs) > 1:
        firsts = summary(trained, RUN_REACHED)
        best, reaching = f"=AVERAGE({summary(trained, RUN_BEST)})", f'=IF(COUNT({firsts})=0,"{NEVER}",MIN({firsts}))'
        mean, earliest = ", mean", ", earliest run"
    epochs = [epoch for epoch in reached if not isinstance(epoch, str)]
    found: tuple[tuple[str, str, Value, str], ...] = (
        (
            f"Best test accuracy (%){mean}: picked on the test set",
            best,
            fmean(run.best.test_accuracy for run in runs),
            PERCENT,
        ),
        (f"First epoch with the asked accuracy{earliest}", reaching, min(epochs) if epochs else NEVER, "0"),
    )
    centred = theme.CELL | {"align": "center"}
    write_section(book, sheet, row, "For information", LAST)
    for label, formula, value, shown in found:
        row += 1
        sheet.write_string(row, QUANTITY, label, book.look(theme.CELL, indent=1))
        sheet.write_string(row, CONDITION, "at least", book.look(centred, font_color=theme.MUTED))
        sheet.write_computed(row, ASKED, asked, ACCURACY, book.look(centred, num_format="0.0#"))
        sheet.write_computed(row, FOUND, formula, value, book.look(centred, num_format=shown, bold=True))
        sheet.write_string(row, VERDICT, "not judged", book.look(centred, font_color=theme.MUTED))
        sheet.write_blank(row, LAST, None, book.look(centred))
    return row + 1
