"""How much is told of a submission: the first mistakes and the first places of each, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence

from sheetprop.submission.findings import Code, Finding, Severity
from sheetprop.submission.mistake import mistakes

MOST_MISTAKES = 200
"""Mistakes and remarks that are told."""
MOST_PLACES = 2_000
"""Places, of all of them together; each mistake has its first in any case."""


def first_of(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that are told, in their order, with a note on how many more there are."""
    if len(findings) <= MOST_MISTAKES:
        return list(findings)
    every = mistakes(findings)
    told, rest = every[:MOST_MISTAKES], every[MOST_MISTAKES:]
    each = max(MOST_PLACES // len(told), 1)
    left, shares = MOST_PLACES, list[int]()
    for n, mistake in enumerate(told):
        # As many as its share and what those before it have left of theirs.
        shares.append(min(len(mistake.findings), max(each, left - each * (len(told) - n - 1))))
        left -= shares[-1]
    kept = {id(one) for mistake, share in zip(told, shares, strict=True) for one in mistake.findings[:share]}
    places = sum(len(mistake.findings) for mistake in told) - len(kept)
    notes = []
    if rest:
        errors = sum(mistake.severity is Severity.ERROR for mistake in rest)
        notes.append(
            f"{_counted(len(rest), 'more mistake or remark', 'more mistakes and remarks')} "
            f"{'is' if len(rest) == 1 else 'are'} not listed; {_counted(errors, 'is an error', 'are errors')}."
        )
    if places:
        notes.append(f"Of the listed ones, {_counted(places, 'more place is', 'more places are')} not named.")
    if not notes:
        return list(findings)
    note = Finding(Code.MORE_FINDINGS, Severity.NOTE, " ".join(notes))
    return [*(finding for finding in findings if id(finding) in kept), note]


def _counted(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"


__all__ = ["first_of"]
