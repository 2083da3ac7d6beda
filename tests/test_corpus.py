"""Workbooks that students published, judged: what the labels tell is found, and nothing that they do not tell.

The labels beside the workbooks were made by another program and by hand, and can be wrong. Where they are, DISPUTED
tells how it was found out in the file itself.
"""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openpyxl.utils.cell import range_boundaries

import sheetprop
from sheetprop.submission.findings import Code, Finding, FoundTable, Severity, Status, Submission

FOLDER = os.environ.get("SHEETPROP_SUBMISSIONS")
pytestmark = pytest.mark.skipif(
    not FOLDER, reason="SHEETPROP_SUBMISSIONS does not name the folder with students' workbooks"
)

WEIGHTS = "w1 w2 w3 w4 w5 w6 w7 w8"
CUT = (
    "Pasted with six decimals, gradients with nine. Computed from the numbers of their own row (weights from the row "
    "above), all are off by no more than such numbers can be: h .5e-6, a_h .6e-6, o 5e-6, E 1e-6, w 9e-6, ∂E/∂w .5e-7."
)
TEN_DIGITS = (
    "Each row has the right formula, the first one copied down; only ten digits are stored, hence off by 1e-10."
)
TYPED = "Typed in for iteration 0 with four to six digits, to which they follow; told as not live."
ENCRYPTED = "legacy-xls-named-xlsx"
"""Not the old Excel file that its name says: its streams are those of rights management."""


class Disputed(NamedTuple):
    """Quantities that are wrong on a sheet, or that are not, against what its labels say; ``evidence`` says why."""

    workbook: str
    sheet: str
    quantities: str
    wrong: bool
    evidence: str


DISPUTED = [
    Disputed(
        "2c261b7e",
        "Sheet2",
        "E1",
        True,
        "U31 is =1/2*(B31-R31)^2, where t1 stands in A31 and t2 in B31. Both are .5, so that no number shows it.",
    ),
    Disputed(
        "5b799b02",
        "Sheet1",
        "a_o1 a_o2",
        True,
        "S17 is typed as .5639 = 1/(1+e^o1), U17 as .5765 = 1/(1+e^o2): the sign is lost. With it .4360 and .4235.",
    ),
    Disputed(
        "00fbbb8e",
        "Sheet1",
        WEIGHTS,
        True,
        "E22 is =E21-$G$49*X21, where G49 is the w3 of another iteration; the rate, 2, stands in G19. The stored "
        "numbers are those of a rate of 1, as if never computed again, so that they follow.",
    ),
    Disputed(
        "2b947c46",
        "Sheet1",
        "dE_dw4",
        False,
        "AE41 is =Y41*D41, which is right; the mistake stands in the helper column Y, and is told there for ∂E/∂w3.",
    ),
    Disputed("4e2aa8a8", "Sheet2", "w1", False, TEN_DIGITS),
    Disputed("56ecd08a", "backpropagation-1", "w1 w2", False, TEN_DIGITS),
    Disputed("ae70f995", "LR=1.0", "w1", False, TEN_DIGITS),
    Disputed("ae70f995", "LR=2.0", "w1 w2 w3 w4", False, TEN_DIGITS),
    *(
        Disputed("45ce9ea8", f"lr={rate}", "E1 E2 a_o1 a_o2", False, TYPED)
        for rate in ("0.1", "0.2", "0.5", "0.8", "1.0", "2.0")
    ),
    *(
        Disputed(
            "896354a5",
            f"L.R. {rate}",
            f"{WEIGHTS} h1 h2 a_h1 a_h2 o1 o2 E1 E2 E_total dE_dw1 dE_dw2",
            False,
            CUT,
        )
        for rate in ("0.2", "0.5", "0.8", "1", "2")
    ),
]
RATES = {
    ("00fbbb8e", "Sheet1"): ("G19", 2.0),  # the labels have G49, which the formulas use by mistake
    ("4106650a", "Simulation"): ("C1", 0.1),  # by the name Learning_Rate
    **{("896354a5", f"L.R. {rate}"): ("B1", rate) for rate in (0.2, 0.5, 0.8)},  # beside its label L.R.
    **{("896354a5", f"L.R. {rate:g}"): ("B1", rate) for rate in (1.0, 2.0)},
}
"""Learning rates that the labels lack or have otherwise: on sheets of these workbooks, cell and value."""

COMPARED = "0ce6f56b 25a33525 26043d2a 4106650a 6f954425 8be60330 9ab42099 bf96b922 e0e8eb89 e1ab5b63 fa42f088 fc6e4cea"
"""Workbooks with one table, and the errors at all rates in columns beside each other, as seen by opening them."""


COPIES = {("66e3ecf8", "BP-Calc", 102), ("16dcbe71", "learning rate=0.5", 33), ("2d576038", "η = 0.5", 21)}
"""Tables, by workbook, sheet and headings' row, that are cell by cell another one of their workbook, as seen by opening
them. They are left out of the count."""


class Labelled(NamedTuple):
    """A table as the labels have it, and what was found."""

    workbook: str
    label: dict[str, Any]
    submission: Submission

    def __str__(self) -> str:
        return f"{self.workbook} {self.label['sheet']!r} row {self.label['header_row']}"

    @property
    def found(self) -> FoundTable:
        """The table that was found there."""
        place = self.label["sheet"], self.label["header_row"]
        tables = {(table.sheet, table.header_row): table for table in self.submission.tables}
        assert place in tables, f"{self} is not found"
        return tables[place]

    @property
    def wrong(self) -> set[str]:
        """The quantities that are wrong by the labels and by what is disputed."""
        wrong = {*self.label["wrong_values_in"], *self.label["wrong_updates_in"]}
        for disputed in DISPUTED:
            if (disputed.workbook, disputed.sheet) == (self.workbook, self.label["sheet"]):
                quantities = set(disputed.quantities.split())
                wrong = wrong | quantities if disputed.wrong else wrong - quantities
        return wrong

    @property
    def errors(self) -> list[Finding]:
        """Errors found in cells of the table's rows."""
        first, last = self.found.first_row, self.found.last_row
        return [
            finding
            for finding in self.submission.of(Severity.ERROR)
            if finding.sheet == self.label["sheet"]
            and finding.code is not Code.TOO_FEW_ITERATIONS
            and any(top <= last and bottom >= first for top, bottom in rows(finding))
        ]


class Corpus(NamedTuple):
    """The labels, and the judged workbooks by name."""

    labels: dict[str, Any]
    submissions: dict[str, Submission]

    @property
    def tables(self) -> Iterable[Labelled]:
        """All labelled tables."""
        for workbook, label in self.labels.items():
            for table in label["tables"]:
                if (workbook, table["sheet"], table["header_row"]) not in COPIES:
                    yield Labelled(workbook, table, self.submissions[workbook])


def rows(finding: Finding) -> list[tuple[int, int]]:
    """The first and last rows of a finding's ranges."""
    ranges = (range_boundaries(cells) for cells in (finding.cells or "").split(",") if cells)
    return [(top, bottom) for _, top, _, bottom in ranges if top is not None and bottom is not None]


@pytest.fixture(scope="session")
def corpus() -> Corpus:
    """All workbooks of the folder, judged together as a class's batch is."""
    folder = Path(FOLDER or "")
    judged = sheetprop.validate(paths=[folder]).submissions
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    return Corpus(labels, {Path(submission.path).stem: submission for submission in judged})


def test_every_workbook_is_judged(corpus: Corpus) -> None:
    """All labelled workbooks can be read; the one that cannot be is told to be encrypted."""
    submissions = dict(corpus.submissions)
    encrypted = submissions.pop(ENCRYPTED)
    assert submissions.keys() == corpus.labels.keys()
    assert not [name for name, submission in submissions.items() if submission.status is Status.UNREADABLE]
    assert encrypted.status is Status.UNREADABLE
    assert "encrypted by its organization's rights management" in encrypted.findings[0].message


def test_every_table_is_found(corpus: Corpus) -> None:
    """Tables are where the labels have them, with their rows, and no others are found."""
    expected, found = set(), set()
    for table in corpus.tables:
        label = table.label
        # Of unfinished tables the labels tell only the header
        first, last = label["first_row"], label["last_row"]
        if first is None:
            first, last = table.found.first_row, table.found.last_row
        expected.add((table.workbook, label["sheet"], label["header_row"], first, last))
    for name, submission in corpus.submissions.items():
        found |= {(name, t.sheet, t.header_row, t.first_row, t.last_row) for t in submission.tables}
    assert sorted(found) == sorted(expected)


def test_copies_are_left_out(corpus: Corpus) -> None:
    """Tables that are others over again are told as such, and no others are left out of the count."""
    told = {
        (name, finding.sheet, rows(finding)[0][0] - 1)
        for name, submission in corpus.submissions.items()
        for finding in submission.findings
        if finding.code is Code.LEFT_OUT
    }
    assert told == COPIES


def test_columns_are_recognized(corpus: Corpus) -> None:
    """Every labelled column is known for what it is, however it is spelled; but not those that nothing stands under."""
    wrong = []
    for table in corpus.tables:
        columns = {"iteration" if key == "#" else key: column for key, column in table.label["columns"].items()}
        if table.workbook == "fc01243c":  # one row of initial values under a full header
            columns = {key: column for key, column in columns.items() if key[0] in "tiw"}
        others = {k: (column, table.found.columns.get(k)) for k, column in columns.items()}
        wrong += [f"{table}: {k} is {of[0]}, found {of[1]}" for k, of in others.items() if of[0] != of[1]]
    assert not wrong


def test_learning_rates_are_found(corpus: Corpus) -> None:
    """The cell that holds a table's learning rate is known, and what it holds."""
    wrong = []
    for table in corpus.tables:
        label, found = table.label["learning_rate"], table.found.learning_rate
        labelled = (label["cell"].replace("$", ""), label["value"]) if label and label["cell"] else None
        expected = RATES.get((table.workbook, table.label["sheet"]), labelled)
        if (found and (found.cell, found.value)) != expected:
            wrong.append(f"{table}: {found}, expected {expected}")
    assert not wrong


def test_pasted_tables_are_known(corpus: Corpus) -> None:
    """A table without formulas is told from one with formulas."""
    assert not [str(table) for table in corpus.tables if table.found.live is not table.label["live_formulas"]]


def test_every_mistake_is_reported(corpus: Corpus) -> None:
    """Each quantity of a table that is wrong is named in an error, in that table's rows."""
    missed = {str(table): table.wrong - {finding.quantity for finding in table.errors} for table in corpus.tables}
    assert not {table: sorted(quantities) for table, quantities in missed.items() if quantities}


def test_nothing_else_is_reported(corpus: Corpus) -> None:
    """No error names a quantity that is right, though fed with wrong numbers; so right workbooks have no errors."""
    invented = [
        f"{table}: {finding.quantity}, {finding.cells}: {finding.message}"
        for table in corpus.tables
        for finding in table.errors
        if finding.quantity not in table.wrong
    ]
    assert not invented


def test_each_mistake_is_reported_once(corpus: Corpus) -> None:
    """No two errors of one kind are about the same quantity in the same row."""
    twice = []
    for table in corpus.tables:
        known: dict[tuple[Code, str | None, int], Finding] = {}
        for finding in table.errors:
            for row in (row for top, bottom in rows(finding) for row in range(top, bottom + 1)):
                if known.setdefault((finding.code, finding.quantity, row), finding) is not finding:
                    twice.append(f"{table}: row {row}, {finding.quantity}: {finding.message}")
                    break
    assert not twice


def test_errors_are_all_in_tables(corpus: Corpus) -> None:
    """No error stands outside of the labelled tables, but for what is wrong with a file as a whole."""
    inside = {id(finding) for table in corpus.tables for finding in table.errors}
    whole = (Code.UNREADABLE, Code.NOTHING_FILLED, Code.TOO_FEW_ITERATIONS)
    assert not [
        f"{name}: {finding.message}"
        for name, submission in corpus.submissions.items()
        for finding in submission.of(Severity.ERROR)
        if id(finding) not in inside and finding.code not in whole
    ]


def test_the_handouts_mistake_is_named(corpus: Corpus) -> None:
    """Each table with the mistake of the class hand-out, live or pasted, has it named, and no other workbook has."""
    unnamed, invented = [], []
    for table in corpus.tables:
        named = {finding.quantity for finding in table.errors if finding.code is Code.HANDOUT_MISTAKE}
        having = corpus.labels[table.workbook]["class_file_mistake"]
        expected = table.wrong & {"dE_dw3", "dE_dw4"} if having else set()
        unnamed += [str(table)] if expected - named else []
        invented += [str(table)] if named and not having else []
    assert not unnamed
    assert not invented


def test_verdicts(corpus: Corpus) -> None:
    """A workbook is wrong where a table is; else right exactly where it has all points, and incomplete where not."""
    wrong = {table.workbook for table in corpus.tables if table.wrong}
    finished = {name for name, label in corpus.labels.items() if label["verdict"] != "incomplete"}
    statuses = {name: corpus.submissions[name].status for name in corpus.labels}
    assert {name for name in finished if statuses[name] is Status.WRONG} == wrong & finished
    full = {name for name in finished - wrong if corpus.submissions[name].score == corpus.submissions[name].max_score}
    assert {name for name, status in statuses.items() if status is Status.RIGHT} == full
    assert full


def test_initial_values_are_told(corpus: Corpus) -> None:
    """Workbooks that start from other values than asked are told so, and no others."""
    asked = sheetprop.load_assignment().given
    expected = {
        table.workbook
        for table in corpus.tables
        for key, value in (table.label["initial"] or {}).items()
        if value is not None and abs(value - asked[key]) > 1e-9
    }
    expected.add("5b799b02")  # of unfinished tables the labels have no values; this one has w1 = .3 and others
    assert with_warning(corpus, Code.INITIAL_VALUES) == expected


def test_charts_are_judged(corpus: Corpus) -> None:
    """Missing charts are told as counted in the files, and charts that end before their table does."""
    assert with_warning(corpus, Code.CHART_MISSING) == {k for k, label in corpus.labels.items() if not label["charts"]}
    # 7a9daf71: W34:W100 of 33 to 132; bea1e7d9: X34:X100 of 33 to 150; f71ca226: X37:X103 of 36 to 115;
    # 45ce9ea8: every series refers to another workbook, as '[1]LR=0.1'!
    assert with_warning(corpus, Code.CHART_SHORT) == {"7a9daf71", "bea1e7d9", "f71ca226", "45ce9ea8"}


def test_learning_rates_are_covered(corpus: Corpus) -> None:
    """A rate that was asked is missed unless a table or a column of errors is for it."""
    asked = set(sheetprop.load_assignment().learning_rates)
    rates: dict[str, set[float | None]] = {name: set() for name in corpus.labels}
    for table in corpus.tables:
        label = table.label["learning_rate"]
        found = RATES.get((table.workbook, table.label["sheet"]), (None, label["value"]) if label else (None, None))
        rates[table.workbook].add(found[1])
    expected = {name for name, covered in rates.items() if not asked <= covered} - set(COMPARED.split())
    # fc01243c: headings and one row of what was given, of which this is not said besides.
    assert with_warning(corpus, Code.RATE_NOT_COVERED) == expected - {"fc01243c"}


def with_warning(corpus: Corpus, code: Code) -> set[str]:
    """The workbooks with a warning of this kind."""
    warnings = {name: submission.of(Severity.WARNING) for name, submission in corpus.submissions.items()}
    return {name for name, findings in warnings.items() if any(finding.code is code for finding in findings)}
