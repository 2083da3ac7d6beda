"""The commands that are disturbed: what lies in the folder before, the words of the command, what it leaves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.student import Student

TEMPLATE = 'title = "Homework"\niterations = 6\nlearning_rates = [0.5]\n'
ROSTER = "Name,ID,Email\n" + "".join(f"Student {n},{100 + n},s{n}@example.org\n" for n in range(8))
RUN = (sys.executable, "-m", "sheetprop")


@dataclass(frozen=True)
class Command:
    """A command, its words, what is made for it beforehand, and the names of what it leaves in its folder."""

    words: Sequence[str]
    leaves: Sequence[str]
    prepare: Callable[[Path], None]

    @property
    def line(self) -> list[str]:
        """What is executed."""
        return [*RUN, *self.words]


def _template(folder: Path) -> None:
    (folder / "task.toml").write_text(TEMPLATE, encoding="utf-8")


def _roster(folder: Path) -> None:
    _template(folder)
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")


def _hand_ins(folder: Path) -> None:
    _template(folder)
    (folder / "in").mkdir()
    for n in range(6):
        student = Student(iterations=6, sheet=f"Work {n}")
        if n % 2:
            student.fill("o1", "=w5*a_h1-w6*a_h2")
        (folder / "in" / f"hw{n}.xlsx").write_bytes(student.book.saved())
    (folder / "in" / "broken.xlsx").write_bytes(b"no workbook")


COMMANDS = {
    "generate": Command(
        ("generate", "out.xlsx", "--template", "task.toml", "--force"),
        ("out.xlsx",),
        _template,
    ),
    "hand-out": Command(
        ("generate", "out.xlsx", "--template", "task.toml", "--handout", "--force"),
        ("out.xlsx", "out-key.xlsx"),
        _template,
    ),
    "template": Command(("template", "--output", "own.toml", "--force"), ("own.toml",), _template),
    "assign": Command(
        ("assign", "roster.csv", "--template", "task.toml", "--output", "class", "--force", "--workers", "2"),
        ("class",),
        _roster,
    ),
    "validate": Command(
        ("validate", "in", "--template", "task.toml", "--report", "report", "--force", "--seed", "7", "--workers", "2"),
        ("report",),
        _hand_ins,
    ),
    "autograder": Command(
        ("autograder", "grader", "--template", "task.toml", "--force"), ("grader", "grader.zip"), _template
    ),
}
"""Each with --force, so that it can be run again over what an earlier run, or a disturbed one, left."""
