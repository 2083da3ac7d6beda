"""Run the benchmarks and print their table; see the package's docstring."""

from __future__ import annotations

import platform
from enum import StrEnum
from typing import Annotated

import typer

from tests.benchmarks import assigning, confirming, linearity, scaling, startup, training, validating, writing
from tests.benchmarks.report import Report
from tests.benchmarks.timing import cores

BENCHMARKS = (writing, assigning, confirming, validating, scaling, training, linearity, startup)


class Name(StrEnum):
    """What ``--only`` takes."""

    WRITING = writing.NAME
    ASSIGNING = assigning.NAME
    CONFIRMING = confirming.NAME
    VALIDATING = validating.NAME
    SCALING = scaling.NAME
    TRAINING = training.NAME
    LINEARITY = linearity.NAME
    STARTUP = startup.NAME


def main(
    only: Annotated[
        list[Name] | None, typer.Option("--only", help="Run this one; repeat for several. [default: all]")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes, once each: shows that it runs.")] = False,
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Each time is the best of so many.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of a table.")] = False,
) -> None:
    """Compare sheetprop with other ways to do the same; ratios count, seconds are information.

    Exit code 0 whatever the ratios are: no build should depend on how busy a machine is.
    """
    repeats = 1 if quick else repeats
    report = Report(platform.python_version(), cores(), repeats, quick)
    for benchmark in BENCHMARKS:
        if not only or benchmark.NAME in only:
            typer.echo(f"{benchmark.NAME} …", err=True)
            report.rows += benchmark.rows(quick, repeats)
    typer.echo(report.to_json() if as_json else str(report))


if __name__ == "__main__":
    typer.run(main)
