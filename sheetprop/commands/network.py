"""The commands for the CNNs that the course trains on MNIST."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from sheetprop.commands import AsJson, Debug
from sheetprop.commands.values import number, whole_number
from sheetprop.options import AUTO, DEFAULT_ARCHITECTURE, DEFAULT_CNN_OUTPUT, DEFAULT_SEED


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
        Any,
        typer.Option(
            "--epochs",
            "-n",
            parser=whole_number,
            metavar="COUNT",
            help="How often it sees all images. [default: the recipe's]",
        ),
    ] = None,
    batch_size: Annotated[
        Any,
        typer.Option(
            "--batch-size",
            "-b",
            parser=whole_number,
            metavar="COUNT",
            help="Images per step, of all processes together. [default: the recipe's]",
        ),
    ] = None,
    lr: Annotated[
        Any,
        typer.Option("--lr", parser=number, metavar="NUMBER", help="The learning rate. [default: the recipe's]"),
    ] = None,
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
        Any,
        typer.Option(
            "--seed",
            parser=whole_number,
            metavar="NUMBER",
            help=f"What chance begins with. [default: {DEFAULT_SEED}]",
        ),
    ] = None,
    runs: Annotated[
        Any,
        typer.Option(
            "--runs",
            parser=whole_number,
            metavar="COUNT",
            help="Train so many times, with this seed and those that follow it.",
        ),
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
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Train one of the students' CNNs on MNIST; leave its epochs, with charts, in a workbook.

    Defaults are each architecture's own recipe. Under torchrun, several processes train together. Exit codes: 0 all
    epochs done; 1 ended early, since the loss was not a number any more; 130 interrupted, or 143 by SIGTERM; 2 nothing
    trained. What was trained is written in all cases but the last.
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
    raise typer.Exit(result.exit_code)


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
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Classify handwritten digits: dark on light or light on dark, any size, colour or grey.

    Each image is brought to MNIST's form first, as the picture that is printed shows. Exit codes: 0 classified;
    2 an image or the checkpoint cannot be used.
    """
    from sheetprop.prediction import predict as run

    result = run(images=images, model=model, output=output, force=force)
    typer.echo(result.to_json() if as_json else str(result))
