"""Which of a student's several submissions counts, and when each was handed in."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import fmean
from typing import Protocol

from sheetprop.school.matching import CANVAS
from sheetprop.submission.open.intake import Source

_NUMBERS = re.compile(r"(\d+)")


class Scored(Protocol):
    """A submission with its points."""

    @property
    def score(self) -> float:
        """Points reached."""

    @property
    def source(self) -> Source:
        """Where it is."""


@dataclass(frozen=True)
class Attempts:
    """How several submissions make one grade: which of them count, and what is said of it."""

    counting: Callable[[Sequence[Scored]], Sequence[Scored]]
    remark: str

    def score(self, submissions: Sequence[Scored]) -> float | None:
        """The points that they come to, None without any."""
        return round(fmean(each.score for each in self.counting(submissions)), 2) if submissions else None


def latest(submissions: Sequence[Scored]) -> Sequence[Scored]:
    """The one that was handed in last: by Canvas's numbers, else by the dates of the files, else by their names."""
    numbers = [_canvas_number(each.source) for each in submissions]
    if all(number is not None for number in numbers):
        return [max(zip(numbers, submissions, strict=True), key=lambda pair: pair[0] or 0)[1]] if submissions else []
    return sorted(submissions, key=lambda each: (_date(each.source), _natural(each.source.name)))[-1:]


def best(submissions: Sequence[Scored]) -> Sequence[Scored]:
    """The one with the most points, of equal ones the later."""
    most = max((each.score for each in submissions), default=0.0)
    return latest([each for each in submissions if each.score == most])


ATTEMPTS: Mapping[str, Attempts] = {
    "latest": Attempts(latest, "the latest of {} submissions"),
    "best": Attempts(best, "the best of {} submissions"),
    "mean": Attempts(lambda submissions: submissions, "the mean of {} submissions"),
}
"""By their names in a template."""


def _canvas_number(source: Source) -> int | None:
    """The number that Canvas gave the file when it was handed in; later ones are larger."""
    found = CANVAS.fullmatch(PurePosixPath(source.inner or source.member or source.path.name).name)
    return int(found["file"]) if found else None


def _date(source: Source) -> tuple[int, ...]:
    """When the file was changed last, as its folder or archive has it; nothing where that cannot be read."""
    try:
        if source.member is None:
            return (int(source.path.stat().st_mtime),)
        with zipfile.ZipFile(source.path) as archive:
            return archive.getinfo(source.member).date_time
    except (OSError, KeyError, zipfile.BadZipFile):
        return ()


def _natural(name: str) -> list[tuple[int, str]]:
    """For sorting names with numbers in them as people do: homework 2 before homework 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in _NUMBERS.split(name)]
