"""The validation's text for the terminal: a table of the submissions, what was found in each, and the totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len, chop_cells

from sheetprop.report.statistics import Statistics
from sheetprop.report.wording import counted, elsewhere, gravest_first, harmless, missing, number, score, verdict
from sheetprop.submission.findings import Severity, Status, Submission
from sheetprop.submission.mistake import Mistake

WIDTH, NARROWEST = 100, 70
TEXT_INDENT, FORMULA_INDENT = 11, 13
HEADINGS = ("submission", "status", "score", "tables", "errors", "warnings")


def summary(submissions: Sequence[Submission], width: int = WIDTH) -> str:
    """Everything for people: for one submission what was found in it, for several also a table and the totals."""
    return "\n\n".join(paragraphs(submissions, width))


def paragraphs(submissions: Sequence[Submission], width: int = WIDTH) -> Iterator[str]:
    """The summary, which is long for many submissions, piece by piece; blank lines belong between them."""
    if len(submissions) == 1:
        yield findings_text(submissions[0], width)
        return
    width = max(width, NARROWEST)
    if submissions:
        yield _table(submissions, width, {})
    for submission in submissions:
        if submission.findings:
            yield findings_text(submission, width)
    yield "\n".join(_wrapped(str(Statistics.of(submissions)), width, 2))


def brief(
    submissions: Sequence[Submission], owners: Mapping[str, str] | None = None, width: int = WIDTH
) -> Iterator[str]:
    """A class on one screen: a line for each submission, the totals, and how many made which mistake.

    ``owners`` has the names of students by the paths of their submissions, as far as they are known.
    """
    width = max(width, NARROWEST)
    if submissions:
        yield _table(submissions, width, owners or {})
    statistics = Statistics.of(submissions)
    yield "\n".join(_wrapped(statistics.totals, width, 2))
    common = [mistake for mistake in statistics.mistakes if mistake.severity is not Severity.NOTE]
    if common:
        lines = ["Common mistakes, and how many submissions have each"]
        digits = max(len(f"{mistake.submissions:,}") for mistake in common)
        for mistake in common:
            start = f"  {mistake.submissions:>{digits},}  {mistake.severity.value:<{TEXT_INDENT - 2}}"
            lines += _wrapped(mistake.code.title, width, len(start), start)
        yield "\n".join(lines)


def findings_text(submission: Submission, width: int = WIDTH) -> str:
    """A submission's name, status and score, and below them what was found in it."""
    width = max(width, NARROWEST)
    lines = _wrapped(f"{harmless(submission.path)}: {verdict(submission)}", width, 2)
    if lacking := missing(submission):
        lines += _wrapped(harmless(lacking), width, TEXT_INDENT, f"{'':2}{'missing':<{TEXT_INDENT - 2}}")
    for mistake in gravest_first(submission.mistakes):
        lines += _mistake(mistake, width)
    lines += _points(submission, width)
    return "\n".join(lines if submission.findings else [*lines, "  no findings"])


def _mistake(mistake: Mistake, width: int) -> list[str]:
    finding = mistake.first
    place = f"{harmless(finding.place)}  " if finding.place else ""
    head = f"{'':2}{finding.severity.value:<{TEXT_INDENT - 2}}"
    lines = _wrapped(f"{place}{harmless(finding.message)}", width, TEXT_INDENT, head)
    told = {"found": finding.found, "expected": finding.expected, "also in": elsewhere(mistake) or None}
    for label, text in told.items():
        if text is not None:
            start = f"{'':{FORMULA_INDENT}}{label:<10}"
            lines += _wrapped(harmless(text), width, len(start), start)
    return lines


def _points(submission: Submission, width: int) -> list[str]:
    """The criteria on which points are missing, and why."""
    lacking = [line for line in submission.score_lines if line.points < line.max_points]
    if not lacking or submission.status is Status.UNREADABLE:
        return []
    told = submission.status is Status.INCOMPLETE  # why is said as what is missing
    parts = [
        f"{line.title} {number(line.points)} of {number(line.max_points)}" + ("" if told else f" ({line.reason})")
        for line in lacking
    ]
    return _wrapped(harmless("; ".join(parts)), width, TEXT_INDENT, f"{'':2}{'points':<{TEXT_INDENT - 2}}")


def _table(submissions: Sequence[Submission], width: int, owners: Mapping[str, str]) -> str:
    rows = [HEADINGS] + [
        (
            harmless(owners.get(submission.path, submission.path)),
            submission.status.value,
            score(submission),
            f"{len(submission.tables):,}",
            f"{counted(submission, Severity.ERROR):,}",
            f"{counted(submission, Severity.WARNING):,}",
        )
        for submission in submissions
    ]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    widths[0] = min(widths[0], max(width - sum(widths[1:]) - 2 * (len(widths) - 1), len(HEADINGS[0])))
    lines = []
    for name, status, *numbers in rows:
        shown = _shortened(name, widths[0])
        cells = [shown + " " * (widths[0] - cell_len(shown)), f"{status:<{widths[1]}}"]
        cells += [f"{text:>{wide}}" for text, wide in zip(numbers, widths[2:], strict=True)]
        lines.append("  ".join(cells))
    return "\n".join(lines)


def _shortened(name: str, cells: int) -> str:
    """The end of a name that is too long: it tells more than the folders that it begins with."""
    if cell_len(name) <= cells:
        return name
    end = name[1 - cells :]
    while cell_len(end) >= cells:
        end = end[1:]
    return f"…{end}"


def _wrapped(text: str, width: int, indent: int, start: str = "") -> list[str]:
    """Lines of at most ``width`` terminal cells, the first after ``start``, the others indented."""
    room = width - indent
    lines: list[str] = []
    for word in text.split(" "):
        for n, piece in enumerate(chop_cells(word, room) or [""]):
            if lines and n == 0 and cell_len(lines[-1]) + 1 + cell_len(piece) <= room:
                lines[-1] += f" {piece}"
            else:
                lines.append(piece)
    return [f"{' ' * indent if n else start}{line.rstrip()}" for n, line in enumerate(lines)]
