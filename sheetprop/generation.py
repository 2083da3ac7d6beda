"""The verb ``generate``: write the workbook, re-evaluate it from the file on disk, confirm every number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sheetprop.assignment import Assignment
from sheetprop.descent import compute
from sheetprop.json_text import json_text
from sheetprop.options import DEFAULT_OUTPUT, DEFAULT_TEMPLATE, Layout
from sheetprop.output import check_output
from sheetprop.template import load_assignment
from sheetprop.verification import Progress, Verification, verify
from sheetprop.workbook import write_handout, write_workbook
from sheetprop.workbook.contents import FIRST_ROW, Contents


@dataclass(frozen=True)
class Generation:
    """A written workbook, and what was confirmed of it (None where nobody asked).

    With ``answer_key`` the workbook at ``path`` is a hand-out, and what was confirmed is its answer key.
    """

    path: Path
    assignment: Assignment
    sheets: list[str]
    formulas: int
    overflows: list[str]
    verification: Verification | None
    answer_key: Path | None = None

    @property
    def passed(self) -> bool:
        """Whether no number failed its confirmation."""
        return self.verification is None or self.verification.passed

    @property
    def remarks(self) -> list[str]:
        """What a reader must know besides the figures: overflows, and numbers that were not confirmed."""
        return [*self.overflows, *(self.verification.complaints() if self.verification else [])]

    def to_dict(self) -> dict[str, Any]:
        """As the contract of ``generate --json`` has it."""
        return {
            "path": str(self.path),
            "formulas": self.formulas,
            "sheets": self.sheets,
            "iterations": self.assignment.iterations,
            "learning_rates": list(self.assignment.learning_rates),
            "verification": self.verification.to_dict() if self.verification else None,
        } | ({"answer_key": str(self.answer_key)} if self.answer_key else {})

    def to_json(self) -> str:
        """One JSON document."""
        return json_text(self.to_dict())

    def __str__(self) -> str:
        rates = self.assignment.learning_rates
        at_rates = f"learning rate{'s' if len(rates) > 1 else ''} {', '.join(map(repr, rates))}"
        count = self.assignment.iterations
        lines = [
            f"Wrote {self.path}{', the hand-out' if self.answer_key else ''}: {len(self.sheets)} sheets, "
            f"{self.formulas:,} formulas; "
            f"{count:,} iteration{'s' if count > 1 else ''} at {at_rates}.",
            *([f"Wrote {self.answer_key}, its answer key."] if self.answer_key else []),
            str(self.verification or "Not confirmed, as asked."),
            *self.remarks,
        ]
        return "\n".join(lines)


def generate(
    *,
    path: str | Path = DEFAULT_OUTPUT,
    template: str | Path = DEFAULT_TEMPLATE,
    learning_rates: Sequence[float] | None = None,
    iterations: int | None = None,
    inputs: Sequence[float] | None = None,
    targets: Sequence[float] | None = None,
    weights: Sequence[float] | None = None,
    seed: int | None = None,
    layout: Layout | str | None = None,
    handout: bool = False,
    verify_numbers: bool = True,
    force: bool = False,
    progress: Progress | None = None,
) -> Generation:
    """Write the workbook of an assignment and confirm every number in it.

    What is None is as the template says; ``seed`` draws random weights instead of given ones. A ``handout`` has the
    columns to fill left blank; the workbook without blanks, its answer key, is then a second file beside it, named
    after it, and it is the key that is confirmed. Files are replaced only with ``force``. Raises InputError, before
    anything is written, where something cannot be used.
    """
    path = Path(path)
    key = path.with_name(f"{path.stem}-key{path.suffix}") if handout else path
    assignment = load_assignment(
        template,
        learning_rates=learning_rates,
        iterations=iterations,
        inputs=inputs,
        targets=targets,
        weights=weights,
        seed=seed,
        layout=layout,
    )
    for output in dict.fromkeys((path, key)):
        check_output(output, force)
    contents = Contents(assignment, compute(assignment))
    written = (lambda done, total: progress("writing", done, total)) if progress else None
    # The hand-out first: it is refused where nothing is left to fill.
    blank = write_handout(contents, path, written=written) if handout else None
    book = write_workbook(contents, key, written)
    verification = verify(path=key, assignment=assignment, progress=progress) if verify_numbers else None
    shown = blank or book
    return Generation(
        path, assignment, shown.sheets, shown.formulas, _overflows(contents), verification, key if handout else None
    )


def _overflows(contents: Contents) -> list[str]:
    """A line for each learning rate at which numbers overflow: the first cell that says #NUM!."""
    lines = []
    for table in contents.tables:
        values = np.stack([table.values[key] for key in table.columns], axis=1)
        cells = np.argwhere(np.isnan(values))
        if cells.size:
            iteration, column = cells[0].tolist()
            lines.append(
                f"Learning rate {table.rate!r}: the numbers overflow; the first cell to say #NUM! is "
                f"'{table.sheet}'!{table.letter(table.columns[column])}{FIRST_ROW + iteration + 1} "
                f"({table.network.label(table.columns[column])} at iteration {iteration})."
            )
    return lines
