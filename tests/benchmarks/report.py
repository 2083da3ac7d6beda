"""What a benchmark reports: rows of ratios, printed as a table or as JSON."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.table import Table

SECONDS = "s"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison; ``ours`` and ``other`` are in ``unit``, ``stretch`` marks a target that is only hoped for."""

    benchmark: str
    what: str
    ours: float | None = None
    other: float | None = None
    unit: str = SECONDS
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    stretch: bool = False
    note: str = ""


def faster(benchmark: str, what: str, ours: float, other: float, at_least: float, note: str = "") -> Row:
    """A row that says how many times as long the other takes; at least ``at_least`` is wanted."""
    ratio = other / ours
    return Row(benchmark=benchmark, what=what, ours=ours, other=other, ratio=ratio, target=f"≥ {at_least:g}",
               met=ratio >= at_least, note=note)  # fmt: skip


def within(
    benchmark: str,
    what: str,
    ours: float,
    other: float,
    at_most: float | None,
    *,
    unit: str = SECONDS,
    stretch: bool = False,
    note: str = "",
) -> Row:
    """A row that says how many times as much as the other ours takes; ``at_most`` is wanted, None asks nothing."""
    ratio = ours / other
    target, met = ("", None) if at_most is None else (f"≤ {at_most:g}", ratio <= at_most)
    return Row(benchmark=benchmark, what=what, ours=ours, other=other, unit=unit, ratio=ratio, target=target, met=met,
               stretch=stretch, note=note)  # fmt: skip


def skipped(benchmark: str, what: str, reason: str) -> Row:
    """A row of a comparison that this machine does not allow."""
    return Row(benchmark=benchmark, what=what, note=f"skipped: {reason}")


@dataclass
class Report:
    """Everything of one run."""

    python: str
    cores: int
    repeats: int
    quick: bool
    rows: list[Row] = field(default_factory=list)

    def to_json(self) -> str:
        """One JSON document, as the package's docstring says."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=2)

    def __str__(self) -> str:
        table = Table(
            title=f"Python {self.python}, {self.cores} cores, best of {self.repeats}"
            + (", quick: too small for the targets" if self.quick else ""),
            title_justify="left",
        )
        for heading in ("benchmark", "comparison"):
            table.add_column(heading, overflow="fold")
        for heading in ("ours", "other", "ratio", "target"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("met", no_wrap=True)
        table.add_column("note", overflow="fold")
        before = ""
        for row in self.rows:
            if before not in ("", row.benchmark):
                table.add_section()
            ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
            table.add_row(row.benchmark, row.what, _amount(row.ours, row.unit), _amount(row.other, row.unit), ratio,
                          row.target, _verdict(row), row.note)  # fmt: skip
            before = row.benchmark
        text = io.StringIO()
        # A fixed width: the table is read in logs and copied into documents more than in terminals.
        Console(file=text, width=150, no_color=True).print(table)
        return text.getvalue().rstrip()


def _amount(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"


def _verdict(row: Row) -> str:
    if row.met is None:
        return "–"
    return ("yes" if row.met else "NO") + (" (stretch)" if row.stretch else "")
