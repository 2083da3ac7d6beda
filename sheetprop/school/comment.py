"""The feedback on a submission as one cell of a gradebook."""

from __future__ import annotations

import html

from sheetprop.report.wording import count, gravest_first, harmless, verdict
from sheetprop.submission.findings import Finding, Submission

LENGTH = 1000
"""The longest comment, in characters."""
FINDING = 250
"""The longest text of one finding."""


def comment(submission: Submission) -> str:
    """Status, score and the gravest findings, on one line and as HTML, which is what Moodle takes a comment for."""
    text = f"{verdict(submission).capitalize()}."
    findings = [mistake.first for mistake in gravest_first(submission.mistakes)]
    for told, finding in enumerate(findings):
        longer = f"{text} {html.escape(_finding(finding), quote=False)}"
        left = len(findings) - told - 1
        if len(longer) + (len(_left(left)) if left else 0) > LENGTH:
            return text + _left(left + 1)
        text = longer
    return text


def _finding(finding: Finding) -> str:
    place = f"{harmless(finding.place)}: " if finding.place else ""
    text = f"{place}{harmless(finding.message)}"
    return _sentence(text if len(text) <= FINDING else f"{text[: FINDING - 1]}…")


def _left(findings: int) -> str:
    return f" {count(findings, 'more finding')}: see the feedback file."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "…", "!", "?")) else f"{text}."
