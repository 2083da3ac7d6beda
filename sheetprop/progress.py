"""A progress bar for a person who waits: on a terminal, on stderr, and only when there is something to wait for."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

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
