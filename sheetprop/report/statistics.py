"""What many submissions come to: how many of which status, which mistakes are common, how the scores spread."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

from sheetprop.report.wording import SEVERITIES, count
from sheetprop.submission.findings import Code, Severity, Status, Submission

BOUNDS = tuple(n / 10 for n in range(11))
"""Where the bins of the histogram begin, as shares of the points that could be reached; the last is for all points."""


@dataclass
class Mistake:
    """How common a kind of finding is; ``severity`` is the gravest that it was found with.

    ``submissions`` have it, ``errors`` of them as an error; ``findings`` counts each mistake once, in however many
    ``quantities``.
    """

    code: Code
    severity: Severity
    submissions: int = 0
    errors: int = 0
    findings: int = 0
    quantities: Counter[str] = field(default_factory=Counter)

    @property
    def _rank(self) -> tuple[bool, int, int, int]:
        return self.severity is Severity.NOTE, -self.errors, -self.submissions, -self.findings


@dataclass
class Statistics:
    """Counted over submissions, which need not be kept.

    ``scores`` has those of what is graded, which what cannot be opened is not; ``shares`` those of more than 0 points.
    """

    by_status: dict[Status, int] = field(default_factory=lambda: dict.fromkeys(Status, 0))
    by_code: dict[Code, Mistake] = field(default_factory=dict)
    scores: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    @classmethod
    def of(cls, submissions: Iterable[Submission]) -> Statistics:
        """Count these submissions."""
        statistics = cls()
        for submission in submissions:
            statistics.add(submission)
        return statistics

    def add(self, submission: Submission) -> None:
        """Count one more submission."""
        self.by_status[submission.status] += 1
        graded = submission.status is not Status.UNREADABLE
        if graded:
            self.scores.append(submission.score)
        if graded and submission.max_score > 0:
            self.shares.append(submission.score / submission.max_score)
        for told in submission.mistakes:
            mistake = self.by_code.setdefault(told.code, Mistake(told.code, told.severity))
            mistake.severity = min(mistake.severity, told.severity, key=SEVERITIES.index)
            mistake.findings += 1
            mistake.quantities.update(told.quantities)
        for code in {finding.code for finding in submission.findings}:
            self.by_code[code].submissions += 1
        for code in {finding.code for finding in submission.of(Severity.ERROR)}:
            self.by_code[code].errors += 1

    @property
    def submissions(self) -> int:
        """How many submissions were counted."""
        return sum(self.by_status.values())

    @property
    def mean_score(self) -> float | None:
        """Points reached in the mean of what is graded, or None without any."""
        return round(fmean(self.scores), 2) if self.scores else None

    @property
    def mistakes(self) -> list[Mistake]:
        """The most common first; what only costs nothing comes last."""
        return sorted((self.by_code[code] for code in Code if code in self.by_code), key=lambda mistake: mistake._rank)

    @property
    def most_common(self) -> Mistake | None:
        """The mistake that most submissions have; notes are none."""
        return next((mistake for mistake in self.mistakes if mistake.severity is not Severity.NOTE), None)

    def histogram(self) -> list[int]:
        """How many submissions reached which share of the points, one number per bin of BOUNDS."""
        bins = [0] * len(BOUNDS)
        for share in self.shares:
            bins[max(bisect(BOUNDS, share) - 1, 0)] += 1
        return bins

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "submissions": self.submissions,
            "by_status": {status.value: number for status, number in self.by_status.items()},
            "by_code": {
                mistake.code.value: {"submissions": mistake.submissions, "findings": mistake.findings}
                for mistake in self.mistakes
            },
            "mean_score": self.mean_score,
        }

    @property
    def totals(self) -> str:
        """How many submissions, and how many of which status."""
        statuses = ", ".join(f"{number:,} {status.value}" for status, number in self.by_status.items())
        return f"{count(self.submissions, 'submission')}: {statuses}"

    def __str__(self) -> str:
        line = self.totals
        common = self.most_common
        if common:
            line += f"; most common mistake: {common.code.title} ({count(common.submissions, 'submission')})"
        return line
