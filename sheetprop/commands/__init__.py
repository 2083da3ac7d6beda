"""The commands: a module per part of a course, a function per command. They parse, call and print."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated, Any

import typer

from sheetprop.commands.values import whole_number

INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM
Template = Annotated[
    str, typer.Option("--template", "-t", help="The assignment: a template's name, or the path of a TOML file.")
]
Assigned = Annotated[
    Path | None,
    typer.Option(
        "--assigned",
        "-a",
        metavar="DIR",
        help="What assign wrote: judge each submission by its student's own numbers.",
        show_default=False,
    ),
]
Workers = Annotated[
    Any,
    typer.Option(
        "--workers",
        "-w",
        parser=whole_number,
        metavar="COUNT",
        help="Processes that work at a time. [default: one per core]",
        show_default=False,
    ),
]
Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="SCHEDULER",
        help="Work on a Dask cluster: tcp://host:8786, or a scheduler file. Its workers need the same folders.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show Python's traceback when something fails.")]
