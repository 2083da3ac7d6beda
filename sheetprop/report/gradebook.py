"""The instructor's gradebook: the grades, common mistakes, every finding, statistics, and pairs to look into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median

from sheetprop.network import partial_label
from sheetprop.output import written_whole
from sheetprop.report.count_chart import count_chart
from sheetprop.report.list_book import (
    CODE,
    LINE_HEIGHT,
    LIST_TOP,
    NUMBER,
    TEXT,
    WRAPPED,
    ListBook,
    for_paper,
    row_height,
)
from sheetprop.report.look import GREY, SEVERITY_COLOURS, STATUS_COLOURS
from sheetprop.report.pairs_sheet import PAIRS, write_pairs
from sheetprop.report.statistics import BOUNDS, Statistics
from sheetprop.report.students_sheet import STUDENTS, write_students
from sheetprop.report.wording import counted, elsewhere, file_name, gravest_first, missing, quantities
from sheetprop.school.roll import Roll
from sheetprop.submission.findings import ScoreLine, Severity, Status, Submission
from sheetprop.submission.mistake import Mistake
from sheetprop.submission.resemblance.resemblance import Comparison, Resemblance
from sheetprop.workbook import theme
from sheetprop.workbook.book import Sheet, address, column_range, reference
from sheetprop.workbook.cell import Value

GRADES, MISTAKES, FINDINGS, STATISTICS = "Grades", "Common mistakes", "Findings", "Statistics"
MOST_FINDINGS = 200_000
"""More rows than anyone reads; a sheet of Excel has room for a million."""
MOST_IN_CHART = 12
NAME_WIDTH, FIRST_FINDING_WIDTH = 30, 80
MOST_NAME_LINES = 4
MOST_QUANTITIES = 6
OFTEN_WIDTH = 44
TOTALS: dict[str, tuple[str, Callable[[Sequence[float]], float]]] = {
    "mean": ("AVERAGE", fmean),
    "median": ("MEDIAN", median),
    "min": ("MIN", min),
    "max": ("MAX", max),
}
TOTALS_ROW = 3
HEADER_ROW = TOTALS_ROW + len(TOTALS) + 1
FIRST_ROW = HEADER_ROW + 1
NAME, STATUS, SCORE, MAX_SCORE, SHARE, FIRST_CRITERION = range(6)
POINTS, TOTAL, PERCENT, COUNT = "0.0#", "0.00", "0.0%", "#,##0"


@dataclass(frozen=True, slots=True)
class _Row:
    """What the grades need of a submission; its findings, which are most of it, are written and forgotten."""

    name: str
    path: str
    status: Status
    score: float
    max_score: float
    lines: dict[str, float]
    errors: int
    warnings: int
    first_finding: str

    @property
    def graded(self) -> bool:
        return self.status is not Status.UNREADABLE

    @property
    def total(self) -> Value:
        return self.score if self.graded else ""

    @property
    def share(self) -> Value:
        return self.score / self.max_score if self.graded and self.max_score > 0 else ""


def write_gradebook(path: Path, submissions: Iterable[Submission], roll: Roll | None = None) -> Resemblance:
    """Write the workbook to ``path``, whole or not at all, in the place of a file that may be there.

    ``submissions`` are taken one by one and not kept; ``roll`` is the class, where it is known. Returns which of them
    have rare things in common. Raises InputError where the file cannot be written.
    """
    with written_whole(path) as unfinished:
        book = ListBook(unfinished, unfinished.parent, "Gradebook")
        names = [GRADES, *([STUDENTS] if roll and roll.pupils else []), MISTAKES, FINDINGS, STATISTICS, PAIRS]
        sheets = {name: book.sheet(name, colour) for name, colour in zip(names, theme.SERIES_COLOURS, strict=False)}
        statistics, comparison = Statistics(), Comparison()
        names_of = roll.owners if roll else {}
        rows: list[_Row] = []
        criteria: dict[str, ScoreLine] = {}
        findings = _Findings(book, sheets[FINDINGS])
        for submission in submissions:
            statistics.add(submission)
            comparison.add(submission)
            rows.append(_row(submission, names_of.get(submission.path)))
            criteria |= {line.criterion: line for line in submission.score_lines}
            findings.write(submission)
        findings.finish()
        _write_grades(book, sheets[GRADES], _told_apart(rows), list(criteria.values()), statistics)
        if roll and roll.pupils:
            write_students(book, sheets[STUDENTS], roll)
        _write_mistakes(book, sheets[MISTAKES], statistics)
        _write_statistics(book, sheets[STATISTICS], statistics)
        resemblance = comparison.found()
        write_pairs(book, sheets[PAIRS], resemblance)
        book.close()
    return resemblance


def _row(submission: Submission, student: str | None) -> _Row:
    worst = next(iter(gravest_first(submission.mistakes)), None)
    told = f"{worst.first.place} {worst.first.message}".strip() if worst else ""
    if lacking := missing(submission):
        told = f"missing: {lacking}"
    return _Row(
        student or file_name(submission),
        submission.path,
        submission.status,
        submission.score,
        submission.max_score,
        {line.criterion: line.points for line in submission.score_lines if submission.status is not Status.UNREADABLE},
        counted(submission, Severity.ERROR),
        counted(submission, Severity.WARNING),
        told,
    )


def _told_apart(rows: list[_Row]) -> list[_Row]:
    """The rows, with whole paths for names where several have the same one."""
    names = Counter(row.name for row in rows)
    return [replace(row, name=row.path) if names[row.name] > 1 else row for row in rows]


def _last_row(submissions: int) -> int:
    """Formulas need at least one row, also where there is no submission."""
    return FIRST_ROW + max(submissions, 1) - 1


def _write_grades(
    book: ListBook, sheet: Sheet, rows: list[_Row], criteria: list[ScoreLine], statistics: Statistics
) -> None:
    errors = FIRST_CRITERION + len(criteria)
    warnings, first_finding, path = errors + 1, errors + 2, errors + 3
    last = _last_row(len(rows))
    sheet.set_column(NAME, NAME, NAME_WIDTH)
    sheet.set_column(STATUS, STATUS, 12)
    sheet.set_column(SCORE, SHARE, 9)
    sheet.set_column(FIRST_CRITERION, warnings, 10)
    sheet.set_column(first_finding, path, FIRST_FINDING_WIDTH)
    sheet.set_row(0, 30)
    sheet.write_string(0, NAME, "Grades", book.look(theme.TITLE))
    sheet.write_string(1, NAME, str(statistics), book.look(theme.SUBTITLE))

    columns: dict[int, tuple[str, list[Value]]] = {
        SCORE: (TOTAL, [row.total for row in rows]),
        MAX_SCORE: (TOTAL, [row.max_score for row in rows]),
        SHARE: (PERCENT, [row.share for row in rows]),
        errors: (TOTAL, [row.errors for row in rows]),
        warnings: (TOTAL, [row.warnings for row in rows]),
    }
    for column, line in enumerate(criteria, start=FIRST_CRITERION):
        columns[column] = TOTAL, [row.lines[line.criterion] for row in rows if line.criterion in row.lines]
    for row, (label, (function, compute)) in enumerate(TOTALS.items(), start=TOTALS_ROW):
        sheet.write_string(row, NAME, label, book.look(theme.LABEL, align="right", indent=1))
        for column, (look, values) in sorted(columns.items()):
            cells = column_range(FIRST_ROW, column, last)
            numbers = [float(value) for value in values if not isinstance(value, str)]
            formula = f'=IF(COUNT({cells})=0,"",{function}({cells}))'
            total = book.look(NUMBER, num_format=look, bg_color=GREY["bg_color"], bold=label == "mean")
            sheet.write_computed(row, column, formula, compute(numbers) if numbers else "", total)

    titles = [line.title for line in criteria]
    counts = ("errors", "warnings", "first finding, or what is missing", "submission")
    headings = ("name", "status", "score", "maximum", "percent", *titles, *counts)
    book.headings(sheet, HEADER_ROW, headings, 3 * LINE_HEIGHT)
    for n, row_of in enumerate(rows, start=FIRST_ROW):
        _write_grade(book, sheet, n, row_of, criteria)

    book.colour(sheet, (FIRST_ROW, STATUS, last, STATUS), dict(STATUS_COLOURS))
    bars = {SHARE: (1.0, "#BFDBFE")}
    bars |= {column: (line.max_points, "#E2E8F0") for column, line in enumerate(criteria, start=FIRST_CRITERION)}
    for column, (most, colour) in bars.items():
        bar = {"type": "data_bar", "data_bar_2010": True, "bar_solid": True, "bar_color": colour,
               "min_type": "num", "min_value": 0, "max_type": "num", "max_value": max(most, 1e-9)}  # fmt: skip
        sheet.conditional_format(FIRST_ROW, column, last, column, bar)
    sheet.autofilter(HEADER_ROW, NAME, last, path)
    sheet.freeze_panes(FIRST_ROW, NAME + 1)
    sheet.repeat_rows(HEADER_ROW)
    # On paper the names and points, large enough to read; findings have a sheet of their own.
    sheet.print_area(0, NAME, last, warnings)
    for_paper(sheet)


def _write_grade(book: ListBook, sheet: Sheet, row: int, grade: _Row, criteria: list[ScoreLine]) -> None:
    points = book.look(NUMBER, num_format=POINTS)
    count = book.look(NUMBER, num_format=COUNT)
    texts = {NAME: (grade.name, NAME_WIDTH)}
    first = FIRST_CRITERION + len(criteria) + 2
    texts |= {first: (grade.first_finding, FIRST_FINDING_WIDTH), first + 1: (grade.path, FIRST_FINDING_WIDTH)}
    sheet.set_row(row, row_height(texts.values(), MOST_NAME_LINES))
    book.text(sheet, row, NAME, grade.name, WRAPPED | {"valign": "vcenter"})
    sheet.write_string(row, STATUS, grade.status.value, book.look(NUMBER))
    if criteria:
        # Whoever overrides the points of a criterion sees the score follow.
        points_of = f"{address(row, FIRST_CRITERION)}:{address(row, FIRST_CRITERION + len(criteria) - 1)}"
        score = book.look(NUMBER, num_format=POINTS, bold=True)
        # What cannot be opened is not graded, until the teacher gives it points.
        formula = f'=IF(COUNT({points_of})=0,"",ROUND(SUM({points_of}),2))'
        sheet.write_computed(row, SCORE, formula, grade.total, score)
    elif grade.graded:
        sheet.write_number(row, SCORE, grade.score, points)
    else:
        sheet.write_blank(row, SCORE, None, points)
    sheet.write_number(row, MAX_SCORE, grade.max_score, points)
    reached, reachable = address(row, SCORE), address(row, MAX_SCORE)
    formula = f'=IF(AND(COUNT({reached})=1,{reachable}>0),{reached}/{reachable},"")'
    sheet.write_computed(row, SHARE, formula, grade.share, book.look(NUMBER, num_format=PERCENT))
    for column, line in enumerate(criteria, start=FIRST_CRITERION):
        if line.criterion in grade.lines:
            sheet.write_number(row, column, grade.lines[line.criterion], points)
        else:
            sheet.write_blank(row, column, None, points)
    column = FIRST_CRITERION + len(criteria)
    sheet.write_number(row, column, grade.errors, count)
    sheet.write_number(row, column + 1, grade.warnings, count)
    for column in (first, first + 1):
        book.text(sheet, row, column, texts[column][0], WRAPPED | {"valign": "vcenter"})


class _Findings:
    """The sheet of the findings, written while the submissions come."""

    HEADINGS = ("submission", "severity", "kind", "quantity", "where", "also in", "message", "found", "expected")
    WIDTHS = (20, 10, 20, 10, 18, 24, 40, 30, 30)

    def __init__(self, book: ListBook, sheet: Sheet) -> None:
        self._book, self._sheet = book, sheet
        self._count = 0
        for column, width in enumerate(self.WIDTHS):
            sheet.set_column(column, column, width)
        book.heading(sheet, FINDINGS)
        book.headings(sheet, LIST_TOP, self.HEADINGS)
        sheet.freeze_panes(LIST_TOP + 1, 1)
        sheet.repeat_rows(LIST_TOP)
        for_paper(sheet)

    def write(self, submission: Submission) -> None:
        """Write the findings of one submission."""
        for mistake in gravest_first(submission.mistakes):
            self._count += 1
            if self._count <= MOST_FINDINGS:
                self._write(LIST_TOP + self._count, submission.path, mistake)

    def _write(self, row: int, name: str, mistake: Mistake) -> None:
        finding = mistake.first
        texts = (
            (name, WRAPPED),
            (finding.severity.value, NUMBER | {"valign": "top"}),
            (finding.code.title, WRAPPED),
            (quantities(mistake), WRAPPED),
            (finding.place, WRAPPED),
            (elsewhere(mistake), WRAPPED),
            (finding.message, WRAPPED),
            (finding.found, CODE),
            (finding.expected, CODE),
        )
        self._sheet.set_row(
            row, row_height((text or "", width) for (text, _), width in zip(texts, self.WIDTHS, strict=True))
        )
        for column, (text, look) in enumerate(texts):
            self._book.text(self._sheet, row, column, text or "", look)
        # The row before is in the file now; XlsxWriter would keep its height, by which pictures are placed, for ever.
        self._sheet.row_info.pop(row - 1, None)
        self._sheet.row_sizes.pop(row - 1, None)

    def finish(self) -> None:
        """Write what can only be written below the last finding."""
        sheet, last = self._sheet, LIST_TOP + min(self._count, MOST_FINDINGS)
        more = self._count - MOST_FINDINGS
        if more > 0:
            text = f"… and {more:,} more findings, which stand in the pages of their submissions"
            sheet.write_string(last + 1, 0, text, self._book.look(theme.NOTE))
        last = max(last, LIST_TOP + 1)
        self._book.colour(sheet, (LIST_TOP + 1, 1, last, 1), dict(SEVERITY_COLOURS))
        sheet.autofilter(LIST_TOP, 0, last, len(self.HEADINGS) - 1)


def _write_mistakes(book: ListBook, sheet: Sheet, statistics: Statistics) -> None:
    sheet.set_column(0, 0, 56)
    sheet.set_column(1, 4, 12)
    sheet.set_column(5, 5, OFTEN_WIDTH)
    for_paper(sheet)
    sheet.repeat_rows(LIST_TOP)
    book.heading(sheet, MISTAKES)
    book.headings(sheet, LIST_TOP, ("mistake", "severity", "submissions", "share", "times", "most often in"))
    mistakes = statistics.mistakes
    count = book.look(NUMBER, num_format=COUNT)
    everyone = f"ROWS({reference(GRADES, FIRST_ROW, STATUS, _last_row(statistics.submissions))})"
    for row, mistake in enumerate(mistakes, start=LIST_TOP + 1):
        share = mistake.submissions / statistics.submissions
        often = sorted(mistake.quantities.items(), key=lambda item: (-item[1], item[0]))[:MOST_QUANTITIES]
        book.text(sheet, row, 0, mistake.code.title)
        book.text(sheet, row, 1, mistake.severity.value, NUMBER)
        sheet.write_number(row, 2, mistake.submissions, count)
        percent = book.look(NUMBER, num_format=PERCENT)
        sheet.write_computed(row, 3, f"={address(row, 2)}/{everyone}", share, percent)
        sheet.write_number(row, 4, mistake.findings, count)
        text = ", ".join(f"{partial_label(quantity)} ({number:,})" for quantity, number in often)
        sheet.set_row(row, row_height([(text, OFTEN_WIDTH)]))
        book.text(sheet, row, 5, text, WRAPPED)
    last = LIST_TOP + max(len(mistakes), 1)
    if not mistakes:
        sheet.write_string(last, 0, "Nothing was found in any submission.", book.look(theme.NOTE))
    book.colour(sheet, (LIST_TOP + 1, 1, last, 1), dict(SEVERITY_COLOURS))
    sheet.freeze_panes(LIST_TOP + 1, 1)
    if mistakes:
        shown = mistakes[:MOST_IN_CHART]
        chart = count_chart(book, "bar", "Submissions by mistake", "Which mistake is in how many submissions")
        labels, numbers = [mistake.code.title for mistake in shown], [mistake.submissions for mistake in shown]
        chart.add(MISTAKES, LIST_TOP + 1, (0, labels), (2, numbers))
        chart.insert(sheet, last + 2, 0, 1100, 110 + 34 * len(shown))


def _write_statistics(book: ListBook, sheet: Sheet, statistics: Statistics) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 2, 14)
    book.heading(sheet, STATISTICS)
    book.headings(sheet, LIST_TOP, ("status", "submissions", "share"))
    last = _last_row(statistics.submissions)
    statuses, shares = (reference(GRADES, FIRST_ROW, column, last) for column in (STATUS, SHARE))
    top = LIST_TOP + 1
    for row, (status, number) in enumerate(statistics.by_status.items(), start=top):
        colours = STATUS_COLOURS[status]
        sheet.write_string(row, 0, status.value, book.look(TEXT | colours, bold=True))
        formula = f"=COUNTIF({statuses},{address(row, 0)})"
        _write_count(book, sheet, row, formula, number, (top, len(Status)), statistics.submissions)
    second = top + len(Status) + 1
    book.headings(sheet, second, ("share of the points", "submissions", "share"))
    histogram = statistics.histogram()
    for row, (n, number) in enumerate(enumerate(histogram), start=second + 1):
        label, formula = _bin(n, shares)
        sheet.write_string(row, 0, label, book.look(TEXT))
        _write_count(book, sheet, row, formula, number, (second + 1, len(BOUNDS)), len(statistics.shares))
    chart = count_chart(book, "column", "Submissions by status", "How many submissions are right, wrong and so on")
    colours_of = [STATUS_COLOURS[status]["font_color"] for status in Status]
    chart.add(STATISTICS, top, (0, list(Status)), (1, list(statistics.by_status.values())), colours_of)
    chart.insert(sheet, LIST_TOP, 4, 640, 300)
    chart = count_chart(book, "column", "Submissions by share of the points", "How the scores spread")
    chart.add(STATISTICS, second + 1, (0, [_bin(n, shares)[0] for n in range(len(BOUNDS))]), (1, histogram))
    chart.insert(sheet, LIST_TOP + 14, 4, 640, 320)


def _write_count(
    book: ListBook, sheet: Sheet, row: int, formula: str, number: int, table: tuple[int, int], whole: int
) -> None:
    """A count, and its share of the sum of its table (first row, rows)."""
    sheet.write_computed(row, 1, formula, number, book.look(NUMBER, num_format=COUNT))
    everything = column_range(table[0], 1, table[0] + table[1] - 1)
    share = f'=IF(SUM({everything})=0,"",{address(row, 1)}/SUM({everything}))'
    value: Value = number / whole if whole else ""
    sheet.write_computed(row, 2, share, value, book.look(NUMBER, num_format=PERCENT))


def _bin(n: int, shares: str) -> tuple[str, str]:
    """The label of a bin of the histogram, and the formula that counts it.

    A condition with the number in its text would be read with a decimal comma in half of the world.
    """
    if n == 0:
        return f"below {BOUNDS[1]:.0%}", f'=COUNTIF({shares},"<"&{BOUNDS[1]})'
    if n == len(BOUNDS) - 1:
        return "all points", f'=COUNTIF({shares},">="&{BOUNDS[n]})'
    label = f"{BOUNDS[n]:.0%} to below {BOUNDS[n + 1]:.0%}"
    return label, f'=COUNTIFS({shares},">="&{BOUNDS[n]},{shares},"<"&{BOUNDS[n + 1]})'
