"""The faults, as data: how each is put into a command, and whether the command may still do its work."""

from __future__ import annotations

import os
import random
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

SECONDS = 120
"""After which a command that does not end is a violation."""
ENDS_WITHIN = 15
"""Seconds in which a command must have ended that was asked to."""


@dataclass(frozen=True)
class Ended:
    """How a disturbed command ended: its exit code (negative: the signal), what it said, what was wrong with that."""

    code: int
    said: str
    wrong: tuple[str, ...] = ()


Disturb = Callable[[list[str], Path, float, random.Random], Ended]
"""Runs a command in a folder, where it takes so many seconds undisturbed, and puts the fault into it."""


def started(line: list[str], folder: Path, limit: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """A command in a group of processes of its own, with the limits that a function sets."""
    return subprocess.Popen(
        line,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=limit,
    )


def _killed(number: signal.Signals, line: list[str], folder: Path, seconds: float, draw: random.Random) -> Ended:
    process = started(line, folder)
    time.sleep(draw.uniform(0, seconds))
    wrong = []
    if number is signal.SIGSTOP:
        os.killpg(process.pid, signal.SIGSTOP)
        time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.send_signal(number)
    try:
        _, said = process.communicate(timeout=ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        wrong.append(f"does not end within {ENDS_WITHIN} seconds")
        os.killpg(process.pid, signal.SIGKILL)
        _, said = process.communicate()
    if not _gone(process.pid):
        wrong.append("leaves processes behind")
        os.killpg(process.pid, signal.SIGKILL)
    return Ended(process.returncode, said, tuple(wrong))


def _gone(group: int) -> bool:
    """Whether all processes of a group have ended, some time after the first."""
    end = time.monotonic() + ENDS_WITHIN
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def _limited(kind: int, low: int, high: int, line: list[str], folder: Path, _: float, draw: random.Random) -> Ended:
    limit = draw.randint(low, high)
    process = started(line, folder, partial(resource.setrlimit, kind, (limit, limit)))
    _, said = process.communicate(timeout=SECONDS)
    return Ended(process.returncode, said)


def _at_once(line: list[str], folder: Path, _: float, __: random.Random) -> Ended:
    """Three runs of one command; the worst of their ends."""
    processes = [started(line, folder) for _ in range(3)]
    ends = [(process.communicate(timeout=SECONDS)[1], process.returncode) for process in processes]
    wrong = () if any(code in (0, 1) for _, code in ends) else ("none of three runs did its work",)
    said, code = max(ends, key=lambda end: end[1])
    return Ended(code, said, wrong)


def _misdated(line: list[str], folder: Path, _: float, draw: random.Random) -> Ended:
    """A clock that stood wrong when the files were written."""
    for path in folder.rglob("*"):
        os.utime(path, (when := draw.choice([0.0, 4e9]), when))
    process = started(line, folder)
    _, said = process.communicate(timeout=SECONDS)
    return Ended(process.returncode, said)


KILLS: dict[str, Disturb] = {
    "killed": partial(_killed, signal.SIGKILL),
    "terminated": partial(_killed, signal.SIGTERM),
    "interrupted": partial(_killed, signal.SIGINT),
    "stopped, then killed": partial(_killed, signal.SIGSTOP),
}
"""At a moment that is drawn."""
OTHERS: dict[str, Disturb] = {
    "no large files": partial(_limited, resource.RLIMIT_FSIZE, 500, 60_000),
    "few open files": partial(_limited, resource.RLIMIT_NOFILE, 8, 40),
    "little memory": partial(_limited, resource.RLIMIT_AS, 150 << 20, 1_200 << 20),
    "three runs at once": _at_once,
    "files of another time": _misdated,
}
FAULTS = KILLS | OTHERS
