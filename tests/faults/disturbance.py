"""One command disturbed once: prepared, run, looked at, run again."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.faults.commands import Command
from tests.faults.faults import SECONDS, Disturb, started
from tests.faults.whole import files, left_over, violations

MOST_SAID = 200
"""Characters of what a command said that are shown."""


@dataclass(frozen=True)
class Undisturbed:
    """A command as it runs alone: its folder before and after, how long it takes and its exit code."""

    command: Command
    before: Path
    after: Path
    seconds: float
    code: int


def undisturbed(command: Command, folder: Path) -> Undisturbed:
    """Run a command in a new folder."""
    before, after = folder / "before", folder / "after"
    before.mkdir(parents=True)
    command.prepare(before)
    shutil.copytree(before, after)
    code = _run(command, after)  # its modules are compiled
    shutil.rmtree(after)
    shutil.copytree(before, after)
    begin = time.monotonic()
    code = _run(command, after)
    return Undisturbed(command, before, after, time.monotonic() - begin, code)


def disturbed(alone: Undisturbed, disturb: Disturb, folder: Path, seed: int) -> Iterator[str]:
    """Disturb a command in a new folder, half of the times over what an earlier run left; what does not hold then."""
    draw = random.Random(seed)
    shutil.copytree(alone.after if seed % 2 else alone.before, folder)
    before = files(folder)
    ended = disturb(alone.command.line, folder, alone.seconds, draw)
    yield from ended.wrong
    if "Traceback" in ended.said:
        yield f"shows a traceback: {ended.said[-MOST_SAID:]!r}"
    yield from violations(folder, before, alone.command.leaves)
    code = _run(alone.command, folder)
    if code != alone.code:
        yield f"the next run ends with {code}, and one that was never disturbed with {alone.code}"
        return
    yield from (f"{name} is left over after the next run" for name in left_over(folder))
    now, right = files(folder), files(alone.after)
    yield from (
        f"{name} is {'another' if name in now else 'not there'} after the next run" for name in _others(now, right)
    )


def _others(now: dict[str, bytes], right: dict[str, bytes]) -> list[str]:
    """The names of files that are not as they should be, but for keys, which are drawn, and what they sign."""
    drawn = {name for name in right if name.endswith(".key") or "/handouts/" in name}
    return sorted(name for name in {*now, *right} - drawn if now.get(name) != right.get(name))


def _run(command: Command, folder: Path) -> int:
    process: subprocess.Popen[str] = started(command.line, folder)
    process.communicate(timeout=SECONDS)
    return process.returncode
