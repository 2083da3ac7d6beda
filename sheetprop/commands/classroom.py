"""The commands for a whole class: hand-outs, judging, and judging on Gradescope."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from sheetprop.commands import AsJson, Assigned, Dask, Debug, Template, Workers
from sheetprop.commands.values import whole_number
from sheetprop.options import DEFAULT_SEED, DEFAULT_TEMPLATE


def assign(
    roster: Annotated[
        Path,
        typer.Argument(metavar="ROSTER.csv", help="The class: an export of Canvas, Moodle or Gradescope, or any list."),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="The folder for hand-outs, answer keys and their list."),
    ],
    template: Template = DEFAULT_TEMPLATE,
    seed: Annotated[
        Any,
        typer.Option(
            "--seed",
            parser=whole_number,
            metavar="NUMBER",
            help="What chance begins with: the same seed gives the same files.",
        ),
    ] = DEFAULT_SEED,
    verify: Annotated[
        bool, typer.Option("--verify", help="Confirm every number of every answer key, as generate does.")
    ] = False,
    workers: Workers = None,
    dask: Dask = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace what is in the folder already.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write a hand-out and an answer key for each student, with numbers of their own.

    The numbers are drawn from the ranges that the template gives, by the seed and the student's ID; no two students
    share theirs. Exit codes: 0 written; 1 written, but a number is not confirmed; 2 not written.
    """
    from sheetprop.assigning import assign as run
    from sheetprop.progress import progress_bar

    with progress_bar() as progress:
        result = run(
            roster=roster,
            output=output,
            template=template,
            seed=seed,
            verify_numbers=verify,
            workers=workers,
            dask=dask,
            force=force,
            progress=progress,
        )
    typer.echo(result.to_json() if as_json else str(result))
    raise typer.Exit(0 if result.passed else 1)


def validate(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Workbooks, folders of them, or zip archives.")
    ],
    template: Template = DEFAULT_TEMPLATE,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            "-r",
            metavar="DIR",
            help="Write a gradebook, and for each submission an annotated copy and a page, into this folder.",
            show_default=False,
        ),
    ] = None,
    assigned: Assigned = None,
    gradebook: Annotated[
        Path | None,
        typer.Option(
            "--gradebook",
            "-g",
            metavar="EXPORT.csv",
            help="Put a filled copy of your school's gradebook (Canvas, Moodle) into the report.",
            show_default=False,
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option("--column", help="The assignment in a gradebook that has several.", show_default=False),
    ] = None,
    replace_grades: Annotated[
        bool,
        typer.Option("--replace-grades", help="Replace grades and comments that are in the gradebook already."),
    ] = False,
    student: Annotated[
        str | None,
        typer.Option(
            "--student",
            metavar="ID",
            help="With --assigned: the student whose all these submissions are. [default: the files' names tell]",
            show_default=False,
        ),
    ] = None,
    workers: Workers = None,
    dask: Dask = None,
    seed: Annotated[
        Any,
        typer.Option(
            "--seed",
            parser=whole_number,
            metavar="NUMBER",
            help="Draw the numbers that right formulas are tried with from this seed, to judge the same to the letter. "
            "[default: drawn anew; a report keeps it]",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Complete a report: what it holds of the same files is not judged again.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace a report that is there already.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but what --json asks for; the exit code tells.")
    ] = False,
    brief: Annotated[
        bool,
        typer.Option("--brief", "-b", help="A class on one screen: the grades, the totals and the common mistakes."),
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Judge anyone's workbooks: which cell is wrong, why, and what belongs there.

    Exit codes: 0 all are right; 1 some are wrong, incomplete or unreadable; 2 nothing could be judged.
    """
    from contextlib import nullcontext

    from sheetprop.progress import progress_bar
    from sheetprop.validation import validate as run

    with nullcontext() if quiet else progress_bar() as progress:
        result = run(
            paths=paths,
            template=template,
            report=report,
            gradebook=gradebook,
            column=column,
            assigned=assigned,
            student=student,
            replace_grades=replace_grades,
            workers=workers,
            dask=dask,
            seed=seed,
            resume=resume,
            force=force,
            progress=progress,
        )
    if as_json:
        result.write_json(sys.stdout)
    elif not quiet:
        result.write_text(sys.stdout, short=brief)
        sys.stdout.flush()  # before what stderr says
        if report is not None:
            typer.echo(f"Report: {report}", err=True)
    raise typer.Exit(0 if result.passed else 1)


def autograder(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder to write; beside it DIR.zip, which Gradescope takes.")
    ],
    template: Template = DEFAULT_TEMPLATE,
    assigned: Assigned = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an autograder that is there already.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write what Gradescope needs to judge hand-ins as validate does: this program, the template, the numbers.

    Exit codes: 0 written; 2 not written.
    """
    from sheetprop.autograder import write_autograder

    result = write_autograder(path=folder, template=template, assigned=assigned, force=force)
    typer.echo(result.to_json() if as_json else str(result))
