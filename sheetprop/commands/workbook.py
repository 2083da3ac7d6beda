"""The commands that make workbooks of an assignment, and the template of one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sheetprop.commands import AsJson, Debug, Template
from sheetprop.commands.values import layout as layout_named
from sheetprop.commands.values import number, numbers, whole_number
from sheetprop.options import DEFAULT_OUTPUT, DEFAULT_TEMPLATE


def generate(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT.xlsx", help="The workbook to write.")] = Path(
        DEFAULT_OUTPUT
    ),
    template: Template = DEFAULT_TEMPLATE,
    learning_rates: Annotated[
        list[Any] | None,
        typer.Option(
            "--learning-rate",
            "--lr",
            parser=number,
            metavar="NUMBER",
            help="A learning rate; repeat it for several. [default: the template's]",
            show_default=False,
        ),
    ] = None,
    iterations: Annotated[
        Any,
        typer.Option(
            "--iterations",
            "-n",
            parser=whole_number,
            metavar="COUNT",
            help="Rows per learning rate, iteration 0 included. [default: the template's]",
        ),
    ] = None,
    inputs: Annotated[
        Any, typer.Option("--inputs", parser=numbers, metavar="I1,I2", help="The inputs. [default: the template's]")
    ] = None,
    targets: Annotated[
        Any, typer.Option("--targets", parser=numbers, metavar="T1,T2", help="The targets. [default: the template's]")
    ] = None,
    weights: Annotated[
        Any,
        typer.Option(
            "--weights", parser=numbers, metavar="W1,…,W8", help="The initial weights. [default: the template's]"
        ),
    ] = None,
    seed: Annotated[
        Any,
        typer.Option(
            "--seed",
            parser=whole_number,
            metavar="NUMBER",
            help="Draw the initial weights at random from −1 to 1 with this seed.",
        ),
    ] = None,
    layout: Annotated[
        Any,
        typer.Option(
            "--layout",
            parser=layout_named,
            metavar="[full|classic]",
            help="full: every step of the chain rule; classic: the columns of the class hand-out. "
            "[default: the template's]",
        ),
    ] = None,
    handout: Annotated[
        bool,
        typer.Option(
            "--handout",
            help="Leave the columns that students fill blank; the answer key is a second file, OUTPUT-key.xlsx.",
        ),
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Re-evaluate the written file and confirm every number.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing file.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write the workbook with live formulas, re-evaluate it from disk, confirm every number.

    Exit codes: 0 written and confirmed; 1 written, but a number is not confirmed; 2 not written.
    """
    from sheetprop.generation import generate as run
    from sheetprop.progress import progress_bar

    with progress_bar() as progress:
        result = run(
            path=output,
            template=template,
            learning_rates=learning_rates,
            iterations=iterations,
            inputs=inputs,
            targets=targets,
            weights=weights,
            seed=seed,
            layout=layout,
            handout=handout,
            verify_numbers=verify,
            force=force,
            progress=progress,
        )
    if as_json:
        typer.echo(result.to_json())
        for line in result.remarks:
            typer.echo(line, err=True)
    else:
        typer.echo(str(result))
    raise typer.Exit(0 if result.passed else 1)


def template(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The template to begin with; --list shows all.")
    ] = DEFAULT_TEMPLATE,
    list_all: Annotated[bool, typer.Option("--list", help="Print the templates with their titles, and exit.")] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE.toml", help="Write it to this file.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing file.")] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Print a template in which every key is explained; change it, and give its path to --template.

    Exit codes: 0 printed or written; 2 there is no such template, or the file cannot be written.
    """
    from sheetprop.templating import catalogue, start_template

    result = catalogue() if list_all else start_template(template=name, output=output, force=force)
    typer.echo(result.to_json() if as_json else str(result))
