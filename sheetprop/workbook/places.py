"""Where the sheets of a trained CNN have the cells that others of them refer to; rows and columns from zero."""

from __future__ import annotations

from dataclasses import dataclass

from sheetprop.cnn.results import Run
from sheetprop.workbook.book import reference
from sheetprop.workbook.trained import MODEL, SUMMARY, TARGETS, Trained

Place = tuple[int, int]

FIGURES_ROW = 5
"""Of the sheets that begin with key figures: their labels; below follow the numbers, and what is said of them."""
NUMBER_ROW, BELOW_ROW = FIGURES_ROW + 1, FIGURES_ROW + 2

EPOCH, RATE, TRAIN_LOSS, TRAIN_ACCURACY, TEST_LOSS, TEST_ACCURACY, SECONDS, SPEED, BEST = range(9)
"""The columns of the sheets "Training"."""
EPOCHS_ROW = 11
"""The row of epoch 1 on the sheets "Training"."""
LAST_ACCURACY, BEST_ACCURACY, TIME, TRAINING_IMAGES = ((NUMBER_ROW, column) for column in (0, 2, 4, 6))
STANDARD_ERROR, BEST_EPOCH, EPOCHS, TEST_IMAGES = ((BELOW_ROW, column) for column in (0, 2, 4, 6))

NUMBER, KIND, DETAIL, OUTPUT, PARAMETERS, SHARE, MULTIPLY_ADDS, FIELD, JUMP = range(9)
"""The columns of the sheet "Model"."""
LAYERS_ROW = 11
"""The row of the first layer on the sheet "Model"."""

SEED, RUN_EPOCHS, RUN_LAST, RUN_BEST, RUN_BEST_EPOCH, RUN_LOSS, RUN_SECONDS, RUN_REACHED = range(8)
"""The columns of the sheet "Summary"."""
RUNS_ROW = 10
"""The row of the first run on the sheet "Summary"."""

ASKED_ACCURACY: Place = (7, 2)
"""The cell of the sheet "Targets" that says which test accuracy is asked for."""


@dataclass(frozen=True)
class Epochs:
    """A run's sheet "Training", as other sheets refer to it."""

    trained: Trained
    run: Run

    @property
    def last_row(self) -> int:
        """The row of the last epoch."""
        return EPOCHS_ROW + len(self.run.epochs) - 1

    def cell(self, place: Place) -> str:
        """The reference of a cell."""
        return reference(self.trained.training_sheet(self.run), *place)

    def column(self, column: int) -> str:
        """The reference of a column of the table, from the first epoch to the last."""
        return reference(self.trained.training_sheet(self.run), EPOCHS_ROW, column, self.last_row)


def layers(trained: Trained, column: int) -> str:
    """The reference, from any sheet, of a column of the table of layers."""
    last = LAYERS_ROW + len(trained.first.settings.architecture.layers) - 1
    return reference(trained.named(MODEL), LAYERS_ROW, column, last)


def total_of_layers(trained: Trained, column: int) -> str:
    """The reference, from any sheet, of the sum over all layers."""
    row = LAYERS_ROW + len(trained.first.settings.architecture.layers)
    return reference(trained.named(MODEL), row, column)


def summary(trained: Trained, column: int) -> str:
    """The reference, from any sheet, of a column of the table of runs."""
    return reference(trained.named(SUMMARY), RUNS_ROW, column, RUNS_ROW + len(trained.runs) - 1)


def asked_accuracy(trained: Trained) -> str:
    """The reference, from any sheet, of the test accuracy that is asked for."""
    return reference(trained.named(TARGETS), *ASKED_ACCURACY)
