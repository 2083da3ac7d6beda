"""The command ``sheetprop``: its commands, and how every failure is told."""

from __future__ import annotations

import signal
import sys
from typing import Annotated, NoReturn

import typer

from sheetprop import __version__
from sheetprop.commands import INTERRUPTED, TERMINATED, classroom, network, workbook
from sheetprop.commands.usage import Command, UsageError, told
from sheetprop.errors import InputError, Terminated
from sheetprop.streams import steady_streams

app = typer.Typer(
    name="sheetprop",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


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


app.command(cls=Command, short_help="Write the workbook and confirm every number in it.")(workbook.generate)
app.command(cls=Command, short_help="Print a commented template to start your own from.")(workbook.template)
app.command(cls=Command, short_help="Give each student of a roster a hand-out with numbers of their own.")(
    classroom.assign
)
app.command(cls=Command, short_help="Judge students' workbooks: which cell is wrong, why, what belongs there.")(
    classroom.validate
)
app.command(cls=Command, short_help="Write an autograder with which Gradescope judges what students hand in.")(
    classroom.autograder
)
app.command("train-cnn", cls=Command, short_help="Train a CNN on MNIST and leave its epochs in a workbook.")(
    network.train_cnn
)
app.command(cls=Command, short_help="Classify your own handwritten digits with a trained CNN.")(network.predict)


def main() -> NoReturn:
    """Run the command; every failure is one line on stderr, without a traceback unless --debug asks for it."""
    # A request to end unwinds like Ctrl-C, so that what is done is kept and unfinished files are removed.
    signal.signal(signal.SIGTERM, _terminate)
    steady_streams()
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
        # Typer ends by itself at Ctrl-C, with this code and without a word.
        if code == INTERRUPTED:
            raise typer.Abort
        sys.exit(code)
    except InputError as error:
        _fail(str(error))
    except UsageError as error:
        _fail(told(error))
    except Terminated:
        _fail("ended by SIGTERM; nothing was left half written", code=TERMINATED)
    except typer.Abort:
        _fail("interrupted; nothing was left half written", code=INTERRUPTED)
    except MemoryError:
        _fail("not enough memory; ask for fewer iterations or learning rates")
    except Exception as error:
        _fail(f"unexpected failure: {type(error).__name__}: {error} (run again with --debug for the traceback)")


def _terminate(*_: object) -> NoReturn:
    raise Terminated(TERMINATED)


def _fail(message: str, code: int = 2) -> NoReturn:
    if "--debug" in sys.argv:
        import traceback

        traceback.print_exc()
    typer.echo("sheetprop: " + " ".join(message.split()), err=True)
    sys.exit(code)
