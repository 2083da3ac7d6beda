"""A student's page: one HTML file that needs nothing else, for the screen and for paper."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from html import escape

from sheetprop.report.look import SEVERITY_COLOURS, STATUS_COLOURS, Colours
from sheetprop.report.wording import (
    count,
    counted,
    elsewhere,
    file_name,
    gravest_first,
    harmless,
    learning_rate,
    missing,
    number,
    quantities,
    rows,
    score,
)
from sheetprop.submission.findings import Finding, FoundTable, ScoreLine, Severity, Status, Submission
from sheetprop.submission.mistake import Mistake
from sheetprop.workbook import theme

TOKEN = re.compile(
    r"""'(?:[^']|'')*'! | "(?:[^"]|"")*" | \$?[A-Za-z]{1,3}\$?\d+ | [^\W\d][\w.]* | \d+(?:\.\d*)?(?:[Ee][+-]?\d+)?
    | \.\d+ | <= | >= | <> | \s+ | .""",
    re.VERBOSE | re.DOTALL,
)
"""The parts of a formula in which a change is seen: references, names, numbers, texts, operators."""
MOST_PLACES = 24
"""Of one mistake that are listed."""
MOST_COMPARISONS = 250_000
LEAST_ALIKE = 0.35
"""Formulas that have less than this in common are shown side by side without marks."""

Change = tuple[bool, str, str]
"""Whether both formulas say the same here, and what each of them says."""

STATUS_WORDS = {
    Status.RIGHT: "Right: the workbook computes what it should, and all that was asked for is there.",
    Status.WRONG: "Not right yet: some formulas or numbers are not what the mathematics asks for.",
    Status.INCOMPLETE: "Incomplete: not everything that was asked for is there.",
    Status.UNREADABLE: "Unreadable: the file could not be opened as a workbook.",
}

STYLE = f"""
:root {{ color-scheme: light; }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: 64rem; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 3rem; background: #fff;
  color: {theme.INK}; font: 1rem/1.5 Calibri, Carlito, "Segoe UI", system-ui, sans-serif; }}
h1, h2 {{ color: {theme.ACCENT}; line-height: 1.2; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.7rem; margin: 0 0 .25rem; }}
h2 {{ font-size: 1.2rem; margin: 2.25rem 0 .75rem; padding-bottom: .25rem; border-bottom: 2px solid {theme.ACCENT}; }}
h3 {{ font-size: 1rem; margin: 0; font-weight: 600; overflow-wrap: anywhere; }}
p {{ margin: .35rem 0; overflow-wrap: anywhere; }}
.muted {{ color: #4b5563; }}
.badge {{ display: inline-block; padding: .05rem .6rem; border-radius: 1rem; font-weight: 600; font-size: .9rem;
  border: 1px solid currentColor; white-space: nowrap; }}
.result {{ display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center; margin: 1rem 0; }}
.score {{ font-size: 1.5rem; font-weight: 700; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; }}
caption {{ text-align: left; color: #4b5563; padding-bottom: .4rem; }}
th, td {{ text-align: left; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid {theme.RULE}; vertical-align: top;
  overflow-wrap: anywhere; }}
thead th {{ font-size: .9rem; color: {theme.ACCENT}; }}
tbody th {{ font-weight: 600; }}
.points {{ white-space: nowrap; font-variant-numeric: tabular-nums; }}
.bar {{ width: 7rem; height: .7rem; margin: .15rem 0 .2rem; border: 1px solid #9ca3af;
  border-radius: .35rem; overflow: hidden; background: #fff; }}
.bar > span {{ display: block; height: 100%; background: {theme.SERIES_COLOURS[0]}; }}
.finding {{ margin: 0 0 1rem; padding: .75rem 1rem .8rem; border: 1px solid {theme.RULE}; border-left-width: .35rem;
  border-radius: .4rem; break-inside: avoid; }}
.finding header {{ display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }}
.finding table {{ width: auto; margin-top: .5rem; }}
.finding th, .finding td {{ border: 0; padding: .1rem .9rem .1rem 0; }}
.finding th {{ font-weight: 400; color: #4b5563; white-space: nowrap; }}
.finding td {{ font: .9rem/1.5 Consolas, "DejaVu Sans Mono", Menlo, monospace; white-space: pre; tab-size: 1; }}
del, ins {{ text-decoration: none; font-weight: 700; border-radius: .15rem; }}
del {{ background: {theme.BAD["bg_color"]}; color: {theme.BAD["font_color"]}; border-bottom: 2px dashed; }}
ins {{ background: {theme.GOOD["bg_color"]}; color: {theme.GOOD["font_color"]}; border-bottom: 2px solid; }}
.gap {{ user-select: none; }}
footer {{ margin-top: 2.5rem; font-size: .85rem; }}
@page {{ margin: 16mm; }}
@media print {{
  body {{ max-width: none; padding: 0; font-size: 10pt; }}
  * {{ print-color-adjust: exact; -webkit-print-color-adjust: exact; }}
  .wide {{ overflow: visible; }}
  .finding td {{ white-space: pre-wrap; overflow-wrap: anywhere; font-size: 8pt; }}
  .gap {{ display: none; }}
  h2 {{ break-after: avoid; }}
}}
"""


def page(submission: Submission, title: str = "", student: str = "") -> str:
    """The page of one submission: of which assignment, and whose, where that is known."""
    name = student or file_name(submission)
    heading = title or name
    about = " · ".join(_text(text) for text in dict.fromkeys((name, submission.path)) if text != heading)
    parts = [
        f"<h1>{_text(heading)}</h1>",
        f'<p class="muted">{about}</p>' if about else "",
        _result(submission),
        _score_lines(submission),
        _findings(submission),
        _tables(submission.tables),
    ]
    body = "\n".join(part for part in parts if part)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{_text(": ".join(dict.fromkeys((heading, name))))}</title>
<style>{STYLE}{_colour_rules()}</style>
</head>
<body>
<main>
{body}
</main>
<footer class="muted">Checked with sheetprop.</footer>
</body>
</html>
"""


def _text(text: str) -> str:
    return escape(harmless(text), quote=True)


def _colour_rules() -> str:
    """A rule for the badge of every status and severity, and for the edge of every finding."""

    def rule(word: str, colours: Colours) -> str:
        return f".{word} {{ background: {colours['bg_color']}; color: {colours['font_color']}; }}"

    rules = [rule(status.value, colours) for status, colours in STATUS_COLOURS.items()]
    for severity, colours in SEVERITY_COLOURS.items():
        rules.append(rule(severity.value, colours))
        rules.append(f".finding.of-{severity.value} {{ border-left-color: {colours['font_color']}; }}")
    return "\n".join(rules) + "\n"


def _result(submission: Submission) -> str:
    status = submission.status
    lacking = f" Missing: {_text(lack)}." if (lack := missing(submission)) else ""
    return (
        f'<div class="result"><span class="badge {status.value}">{status.value}</span>'
        f'<span class="score">{score(submission)} points</span></div>\n<p>{STATUS_WORDS[status]}{lacking}</p>'
    )


def _score_lines(submission: Submission) -> str:
    if not submission.score_lines:
        return ""
    lines = "\n".join(map(_score_line, submission.score_lines))
    return f"""<h2>Score</h2>
<div class="wide">
<table>
<caption>Points for each criterion, and why</caption>
<thead><tr><th scope="col">criterion</th><th scope="col">points</th><th scope="col">why</th></tr></thead>
<tbody>
{lines}
</tbody>
</table>
</div>"""


def _score_line(line: ScoreLine) -> str:
    reached = min(max(line.points / line.max_points, 0.0), 1.0) if line.max_points > 0 else 0.0
    return (
        f'<tr><th scope="row">{_text(line.title)}</th>'
        f'<td class="points">{number(line.points)} of {number(line.max_points)}'
        f'<div class="bar" aria-hidden="true"><span style="width:{reached:.1%}"></span></div></td>'
        f"<td>{_text(line.reason)}</td></tr>"
    )


def _findings(submission: Submission) -> str:
    if not submission.findings:
        praise = "Nothing to remark: every check passed. Well done!"
        return f"<h2>Findings</h2>\n<p>{praise if submission.status is Status.RIGHT else 'No findings.'}</p>"
    counts = [count(found, severity.value) for severity in Severity if (found := counted(submission, severity))]
    findings = "\n".join(map(_mistake, gravest_first(submission.mistakes)))
    return f'<h2>Findings</h2>\n<p class="muted">{", ".join(counts)}</p>\n{findings}'


def _mistake(mistake: Mistake) -> str:
    finding, further = mistake.first, elsewhere(mistake, MOST_PLACES)
    severity = finding.severity.value
    where = " · ".join(_text(text) for text in (quantities(mistake), finding.place) if text)
    place = f'<span class="muted">{where}</span>' if where else ""
    return (
        f'<article class="finding of-{severity}">\n'
        f'<header><span class="badge {severity}">{severity}</span>'
        f"<h3>{_text(finding.code.title)}</h3>{place}</header>\n"
        f"<p>{_text(finding.message)}</p>{_formulas(finding)}"
        + (f'\n<p class="muted">Also in: {_text(further)}</p>' if further else "")
        + "\n</article>"
    )


def _formulas(finding: Finding) -> str:
    found, expected = finding.found, finding.expected
    if found is None and expected is None:
        return ""
    rows_of = {"found": found, "expected": expected}
    cells = {label: _text(text) for label, text in rows_of.items() if text is not None}
    if found is not None and expected is not None and (changes := compare(harmless(found), harmless(expected))):
        cells = {
            "found": _marked("del", ((same, old, len(new)) for same, old, new in changes)),
            "expected": _marked("ins", ((same, new, len(old)) for same, old, new in changes)),
        }
    table = "\n".join(f'<tr><th scope="row">{label}</th><td>{cell}</td></tr>' for label, cell in cells.items())
    return (
        f'\n<div class="wide" tabindex="0" role="group" aria-label="{" and ".join(cells)}">'
        f"<table>\n{table}\n</table></div>"
    )


def _marked(tag: str, parts: Iterable[tuple[bool, str, int]]) -> str:
    """One formula with its changes marked, and gaps where the other one is longer so that the rest stands below it."""
    html = []
    for same, text, other in parts:
        if text:
            html.append(escape(text) if same else f"<{tag}>{escape(text)}</{tag}>")
        if other > len(text):
            html.append(f'<span class="gap" aria-hidden="true">{" " * (other - len(text))}</span>')
    return "".join(html)


def compare(found: str, expected: str) -> list[Change]:
    """The parts of two formulas, in order, that are the same or differ; none where the formulas are too unlike."""
    old, new = TOKEN.findall(found), TOKEN.findall(expected)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    middle = old[start : len(old) - end], new[start : len(new) - end]
    changes: list[Change] = [(True, "".join(old[:start]), "".join(new[:start]))]
    # Comparing costs up to the product of the lengths and more: a hostile formula could cost minutes.
    if len(middle[0]) * len(middle[1]) > MOST_COMPARISONS:
        changes.append((False, "".join(middle[0]), "".join(middle[1])))
    else:
        for tag, i, j, k, m in SequenceMatcher(None, *middle, autojunk=False).get_opcodes():
            changes.append((tag == "equal", "".join(middle[0][i:j]), "".join(middle[1][k:m])))
    changes.append((True, "".join(old[len(old) - end :]), "".join(new[len(new) - end :])))
    alike = sum(len(text) for same, text, _ in changes if same)
    if 2 * alike < LEAST_ALIKE * (len(found) + len(expected)):
        return []
    return [change for change in changes if change[1] or change[2]]


def _tables(tables: Iterable[FoundTable]) -> str:
    lines = "\n".join(
        f'<tr><th scope="row">{_text(table.sheet)}</th><td>{rows(table)}</td>'
        f"<td>{table.iterations:,}</td><td>{_text(learning_rate(table))}</td>"
        f"<td>{'live formulas' if table.live else 'pasted values'}</td></tr>"
        for table in tables
    )
    if not lines:
        return "<h2>Tables found</h2>\n<p>No iteration table was found.</p>"
    return f"""<h2>Tables found</h2>
<div class="wide">
<table>
<caption>Where the iterations of gradient descent stand</caption>
<thead><tr><th scope="col">sheet</th><th scope="col">where</th><th scope="col">iterations</th>\
<th scope="col">learning rate</th><th scope="col">made of</th></tr></thead>
<tbody>
{lines}
</tbody>
</table>
</div>"""
