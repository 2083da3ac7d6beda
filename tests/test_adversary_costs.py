"""What is costly to judge is judged within bounds: of work, of what is told, and of what is written."""

import io
import json
import math

import pytest

from sheetprop.json_text import json_text
from sheetprop.report.stream import Streamed, write_json
from sheetprop.submission.diagnose import diagnosis
from sheetprop.submission.diagnose.budget import MOST_WORK_ON_ONE, Budget
from sheetprop.submission.findings import Code, Finding, Severity, Submission
from sheetprop.submission.grade import judgement
from sheetprop.submission.grade.extent import MOST_MISTAKES, MOST_PLACES, first_of
from tests.adversary.costs import COMPUTED, Costly, every_formula_another_mistake, long_formula, wrong_tables
from tests.student import errors

SMALL = 60_000
"""Steps of work in the place of what a submission has, so that little is enough to spend it."""
NOT_SEARCHED = "was not diagnosed further: the file has more different mistakes than are searched."


class Watched(Budget):
    """A budget that notes what is paid from it."""

    paid: list[int]

    def __init__(self) -> None:
        super().__init__(SMALL)
        Watched.paid = []

    def pay(self, work: int, case: object = None) -> None:
        """Note the work, and take it off."""
        Watched.paid.append(work)
        super().pay(work, case)


@pytest.fixture
def small_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every submission has little to spend, and nothing is known from others."""
    monkeypatch.setattr(judgement, "Budget", Watched)
    monkeypatch.setattr(diagnosis, "_KNOWN", {})


def _said(submission: Submission) -> list[tuple[object, ...]]:
    return [(each.code, each.quantity, each.cells, each.message, each.expected) for each in submission.findings]


@pytest.mark.usefixtures("small_budget")
def test_many_mistakes_are_searched_within_a_budget() -> None:
    """Where every formula is wrong in its own way, each column has an error, and what was not searched says so."""
    costly = Costly(lambda: every_formula_another_mistake(5), 5)
    submission = costly.judged()
    assert sum(Watched.paid[:-1]) < SMALL
    assert max(Watched.paid) <= 2 * MOST_WORK_ON_ONE
    told = errors(submission)
    assert {each.quantity for each in told} == set(COMPUTED)
    unsearched = [each for each in told if NOT_SEARCHED in each.message]
    assert unsearched
    assert all(each.code is Code.WRONG_FORMULA and each.expected for each in unsearched)
    assert len({each.quantity for each in unsearched}) == len(unsearched), "more than one for a column"


@pytest.mark.usefixtures("small_budget")
def test_what_was_judged_before_changes_nothing() -> None:
    """A file is told the same, and pays the same, whether its mistakes are known from another file or not."""
    costly = Costly(lambda: every_formula_another_mistake(4), 4)
    first, paid = _said(costly.judged()), Watched.paid
    assert diagnosis._KNOWN
    assert _said(costly.judged()) == first
    assert Watched.paid == paid


@pytest.mark.usefixtures("small_budget")
def test_what_stands_on_many_sheets_is_paid_once() -> None:
    """The same wrong table on more sheets takes no more work, and is the same mistakes in more places."""
    one = Costly(lambda: wrong_tables(1, rows=4), 4).judged()
    paid = Watched.paid
    three = Costly(lambda: wrong_tables(3, rows=4), 4).judged()
    assert sum(Watched.paid) == sum(paid)
    assert {each.quantity for each in errors(one)} == {each.quantity for each in errors(three)}


def test_a_long_formula_ends_its_own_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """One wrong formula of a hundred terms is told as it is, after no more work than one formula may take."""
    monkeypatch.setattr(judgement, "Budget", Watched)
    submission = Costly(lambda: long_formula(100, rows=3), 3).judged()
    assert sum(Watched.paid) <= 2 * MOST_WORK_ON_ONE
    assert [(each.code, each.quantity) for each in errors(submission)] == [(Code.WRONG_FORMULA, "dE_dw1")]


def test_tables_share_a_budget() -> None:
    """The first of three tables has a third; what it leaves is the others'."""
    budget = Budget(90)
    budget.begin_table(3)
    budget.pay(10)
    assert not budget.spent
    budget.pay(20)
    assert budget.spent
    budget.begin_table(2)
    assert not budget.spent
    budget.pay(5)
    budget.begin_table(1)
    budget.pay(54)
    assert not budget.spent
    budget.pay(1)
    assert budget.spent


def _finding(n: int, sheet: str = "Sheet1", severity: Severity = Severity.ERROR) -> Finding:
    return Finding(Code.WRONG_SIGN, severity, f"mistake number {'x' * n}", "h1", sheet, f"A{n + 1}")


def test_the_first_mistakes_are_told_and_how_many_more_there_are() -> None:
    """Of 250 mistakes the first 200 are told, with a note that counts the others and the errors among them."""
    every = [_finding(n, severity=Severity.ERROR if n < 220 else Severity.WARNING) for n in range(250)]
    told = first_of(every)
    assert told[:-1] == every[:MOST_MISTAKES]
    assert (told[-1].code, told[-1].severity) == (Code.MORE_FINDINGS, Severity.NOTE)
    assert told[-1].message == "50 more mistakes and remarks are not listed; 20 are errors."


def test_few_findings_are_all_told() -> None:
    """What fits is told as it is."""
    every = [_finding(n % 7, f"Sheet{n}") for n in range(199)]
    assert first_of(every) == every


def test_a_mistake_in_very_many_places_names_the_first() -> None:
    """Of one mistake on 5,000 sheets some are named, and another beside it keeps its place."""
    every = [*(_finding(1, f"Sheet{n}") for n in range(5_000)), _finding(2)]
    told = first_of(every)
    assert len(told) <= MOST_PLACES + 1
    assert _finding(2) in told
    assert "not named" in told[-1].message


def test_json_has_no_infinity() -> None:
    """What is no finite number is null, wherever it stands and however the document is written."""
    document = {"a": math.inf, "b": [{"c": -math.inf}, (math.nan, 1.5)], "d": "Infinity", "e": 7}
    right = {"a": None, "b": [{"c": None}, [None, 1.5]], "d": "Infinity", "e": 7}
    assert json.loads(json_text(document)) == right
    file = io.StringIO()
    write_json({"all": Streamed(lambda x: x, [document, document]), "one": document}, file)
    assert json.loads(file.getvalue()) == {"all": [right, right], "one": right}
