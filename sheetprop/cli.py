"""The command ``sheetprop``: parses, calls, prints."""

from __future__ import annotations

import io
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from sheetprop import __version__
from sheetprop.errors import InputError
from sheetprop.options import (
    AUTO,
    DEFAULT_ARCHITECTURE,
    DEFAULT_CNN_OUTPUT,
    DEFAULT_OUTPUT,
    DEFAULT_SEED,
    DEFAULT_TEMPLATE,
    Layout,
)

# Typer carries its own click; this is the class of its usage errors, wherever it lives.
ClickException: Any = typer.BadParameter.__mro__[2]

app = typer.Typer(
    name="sheetprop",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

INTERRUPTED = 128 + signal.SIGINT
Debug = Annotated[bool, typer.Option("--debug", help="Show Python's traceback when something fails.")]


@app.callback(invoke_without_command=True)
def sheetprop(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Make the spreadsheet that teaches backpropagation, judge students' own, train the course's CNNs."""
    if version:
        typer.echo(f"sheetprop {__version__}")
    elif context.invoked_subcommand is None:
        typer.echo(context.get_help())


def numbers(text: str) -> tuple[float, ...]:
    """The numbers in ``text``, separated by commas or blanks."""
    try:
        return tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a list of numbers like 0.05,0.1") from error


@app.command(short_help="Write the workbook and confirm every number in it.")
def generate(
    output: Annotated[Path, typer.Argument(metavar="OUTPUT.xlsx", help="The workbook to write.")] = Path(
        DEFAULT_OUTPUT
    ),
    template: Annotated[
        str, typer.Option("--template", "-t", help="What to generate: a template's name, or the path of a TOML file.")
    ] = DEFAULT_TEMPLATE,
    learning_rates: Annotated[
        list[float] | None,
        typer.Option(
            "--learning-rate",
            "--lr",
            help="A learning rate; repeat it for several. [default: the template's]",
            show_default=False,
        ),
    ] = None,
    iterations: Annotated[
        int | None,
        typer.Option(
            "--iterations", "-n", help="Rows per learning rate, iteration 0 included. [default: the template's]"
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
        int | None, typer.Option("--seed", help="Draw the initial weights at random from −1 to 1 with this seed.")
    ] = None,
    layout: Annotated[
        Layout | None,
        typer.Option(
            "--layout",
            help="full: every step of the chain rule; classic: the columns of the class hand-out. "
            "[default: the template's]",
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify/--no-verify", help="Re-evaluate the written file and confirm every number.")
    ] = True,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
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


@app.command(short_help="Judge students' workbooks: which cell is wrong, why, what belongs there.")
def validate(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Workbooks, folders of them, or zip archives.")
    ],
    template: Annotated[
        str, typer.Option("--template", "-t", help="What was asked: a template's name, or the path of a TOML file.")
    ] = DEFAULT_TEMPLATE,
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
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", "-w", help="Processes that judge at a time. [default: one per core]", show_default=False
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace a report that is there already.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Print nothing but what --json asks for; the exit code tells.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
    debug: Debug = False,
) -> None:
    """Judge anyone's workbooks: which cell is wrong, why, and what belongs there.

    Exit codes: 0 all are right; 1 some are wrong, incomplete or unreadable; 2 nothing could be judged.
    """
    from contextlib import nullcontext

    from sheetprop.progress import progress_bar
    from sheetprop.validation import validate as run

    with nullcontext() if quiet else progress_bar() as progress:
        result = run(paths=paths, template=template, report=report, workers=workers, force=force, progress=progress)
    if as_json:
        typer.echo(result.to_json())
    elif not quiet:
        typer.echo(str(result))
        if report is not None:
            typer.echo(f"Report: {report}", err=True)
    raise typer.Exit(0 if result.passed else 1)


@app.command("train-cnn", short_help="Train a CNN on MNIST and leave its epochs in a workbook.")
def train_cnn(
    output: Annotated[
        Path, typer.Argument(metavar="OUTPUT.xlsx", help="The workbook to write; a checkpoint is kept beside it.")
    ] = Path(DEFAULT_CNN_OUTPUT),
    arch: Annotated[
        str | None,
        typer.Option("--arch", "-a", help=f"The architecture; --list shows all. [default: {DEFAULT_ARCHITECTURE}]"),
    ] = None,
    list_all: Annotated[
        bool, typer.Option("--list", help="Print the architectures with their recipes, and exit.")
    ] = False,
    epochs: Annotated[
        int | None, typer.Option("--epochs", "-n", help="How often it sees all images. [default: the recipe's]")
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option("--batch-size", "-b", help="Images per step, of all processes together. [default: the recipe's]"),
    ] = None,
    lr: Annotated[float | None, typer.Option("--lr", help="The learning rate. [default: the recipe's]")] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            "--schedule", help="constant, cosine, or step:EVERY:FACTOR, as step:6:0.1. [default: the recipe's]"
        ),
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(
            "--augment",
            help="none, rotation:DEGREES, or affine:DEGREES:SHIFT:SCALE as affine:20:0.1:0.9-1.1; with :fill=1 at the "
            "end, that grey level comes in from outside. [default: the recipe's]",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help=f"What chance begins with. [default: {DEFAULT_SEED}]")
    ] = None,
    runs: Annotated[
        int, typer.Option("--runs", help="Train so many times, with this seed and those that follow it.")
    ] = 1,
    device: Annotated[
        str, typer.Option("--device", "-d", help="auto (a GPU where there is one), cuda, cuda:N, mps or cpu.")
    ] = AUTO,
    precision: Annotated[
        str, typer.Option("--precision", help="float32, bfloat16, or auto: bfloat16 on GPUs that compute it.")
    ] = AUTO,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            metavar="DIR",
            help="The folder with MNIST; downloaded there when missing. [default: in your cache]",
        ),
    ] = None,
    append: Annotated[
        bool, typer.Option("--append", help="Add the sheets to OUTPUT.xlsx; all that it holds is kept.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint, with the options that it was begun with.")
    ] = False,
    metrics: Annotated[
        list[Path] | None,
        typer.Option("--metrics", metavar="FILE.csv", help="Write the epochs to a .csv or .json file too."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace files that are there already.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Do not tell how the training goes on.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
    debug: Debug = False,
) -> None:
    """Train one of the students' CNNs on MNIST; leave its epochs, with charts, in a workbook.

    Defaults are each architecture's own recipe. Under torchrun, several processes train together. Exit codes: 0 all
    epochs done; 1 ended early, since the loss was not a number any more; 130 interrupted; 2 nothing trained. What was
    trained is written in all cases but the last.
    """
    if list_all:
        from sheetprop.cnn.architectures import catalogue

        listed = catalogue()
        typer.echo(listed.to_json() if as_json else str(listed))
        return
    from sheetprop.progress import training_progress
    from sheetprop.training import train_cnn as run

    with training_progress(quiet) as watcher:
        result = run(
            path=output,
            arch=arch,
            epochs=epochs,
            batch_size=batch_size,
            lr=lr,
            schedule=schedule,
            augment=augment,
            seed=seed,
            runs=runs,
            device=device,
            precision=precision,
            data=data,
            append=append,
            resume=resume,
            metrics=metrics or (),
            force=force,
            watcher=watcher,
        )
    if result is None:
        return
    typer.echo(result.to_json() if as_json else str(result))
    if as_json and result.stopped and not result.interrupted:
        typer.echo(f"Stopped early: {result.stopped}", err=True)
    raise typer.Exit(0 if result.passed else INTERRUPTED if result.interrupted else 1)


@app.command(short_help="Classify your own handwritten digits with a trained CNN.")
def predict(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Photos or scans, one digit each.")],
    model: Annotated[
        Path, typer.Option("--model", "-m", metavar="CHECKPOINT", help="What train-cnn wrote beside its workbook.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUTPUT.xlsx", help="Show them in a workbook too.", show_default=False),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace an existing workbook.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
    debug: Debug = False,
) -> None:
    """Classify handwritten digits: dark on light or light on dark, any size, colour or grey.

    Each image is brought to MNIST's form first, as the picture that is printed shows. Exit codes: 0 classified;
    2 an image or the checkpoint cannot be used.
    """
    from sheetprop.prediction import predict as run

    result = run(images=images, model=model, output=output, force=force)
    typer.echo(result.to_json() if as_json else str(result))


def main() -> NoReturn:
    """Run the command; every failure is one line on stderr, without a traceback unless --debug asks for it."""
    # A termination request unwinds like Ctrl-C, so that unfinished files are removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    for stream in (sys.stdout, sys.stderr):
        # A console without η shows "?" instead of failing.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = app(standalone_mode=False)
        # Typer ends by itself at Ctrl-C, with this code and without a word.
        if code == INTERRUPTED:
            raise typer.Abort
        sys.exit(code)
    except InputError as error:
        _fail(str(error))
    except ClickException as error:
        _fail(f"{error.format_message()} (see --help)")
    except typer.Abort:
        _fail("interrupted; nothing was left half written", code=INTERRUPTED)
    except MemoryError:
        _fail("not enough memory; ask for fewer iterations or learning rates")
    except Exception as error:
        _fail(f"unexpected failure: {type(error).__name__}: {error} (run again with --debug for the traceback)")


def _fail(message: str, code: int = 2) -> NoReturn:
    if "--debug" in sys.argv:
        import traceback

        traceback.print_exc()
    typer.echo("sheetprop: " + " ".join(message.split()), err=True)
    sys.exit(code)
