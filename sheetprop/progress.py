"""A progress bar for a person who waits: on a terminal, on stderr, and only when there is something to wait for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sheetprop.cnn.run import Watcher

PATIENCE_SECONDS = 0.7


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None] | None]:
    """Yield a callback for (what is done, steps done, steps in all), or None where no terminal shows it."""
    if not sys.stderr.isatty():
        yield None
        return
    begin = time.monotonic()
    tasks: dict[str, Any] = {}
    with ExitStack() as stack:
        bar = None

        def report(what: str, done: int, total: int) -> None:
            nonlocal bar
            if bar is None:
                if time.monotonic() - begin < PATIENCE_SECONDS:
                    return
                from rich.console import Console
                from rich.progress import Progress

                bar = stack.enter_context(Progress(console=Console(stderr=True), transient=True))
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report


@contextmanager
def training_progress(quiet: bool) -> Iterator[Watcher | None]:
    """Yield what tells on stderr how a training goes on: a line per epoch, and on a terminal a bar for the epoch."""
    from sheetprop.cnn import check_installed

    check_installed()
    from sheetprop.cnn.processes import launched

    if quiet or not launched().first:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from sheetprop.cnn.narrator import Narrator

    console = Console(stderr=True, highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield Narrator(console, bar)
