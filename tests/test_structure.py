"""Tables in other layouts than rows under headings are the same tables: right ones right, mistakes in their cells."""

import dataclasses
from collections.abc import Callable

import pytest

from sheetprop.submission.findings import Code, Status
from tests.layouts import Laid, banded, headed_blocks, in_pairs, labelled, rows_apart, sheet_each, three_sheets
from tests.student import HANDOUT, errors

LAYOUTS: dict[str, Callable[[], Laid]] = {
    "every second row": rows_apart,
    "every fourth row": lambda: rows_apart(4),
    "blocks of one": headed_blocks,
    "blocks of three": lambda: headed_blocks(3),
    "a sheet each": sheet_each,
    "labels, blocks below": labelled,
    "labels, blocks to the right": lambda: labelled(below=False),
    "labels, inputs once": lambda: labelled(given_once=True),
    "bands": banded,
    "three sheets": three_sheets,
    "pairs": in_pairs,
}


@pytest.fixture(params=LAYOUTS.values(), ids=list(LAYOUTS))
def laid(request: pytest.FixtureRequest) -> Laid:
    """A right table in some layout."""
    made: Laid = request.param()
    return made


def test_a_right_table_is_right(laid: Laid) -> None:
    """However it is laid out, it is one table with all its iterations and quantities, and nothing in it is wrong."""
    submission = laid.judged()
    (table,) = submission.tables
    assert table.iterations == laid.iterations
    assert set(table.columns) >= {key for key in HANDOUT if key[0] not in "ti"}
    assert [finding.code for finding in submission.findings] == [Code.CHART_MISSING]
    (chart,) = (line for line in submission.score_lines if line.criterion == "chart")
    assert submission.score == submission.max_score - chart.max_points


def test_a_mistake_is_told_at_its_cell(laid: Laid) -> None:
    """One formula that is wrong at one iteration is told there, and nowhere else."""
    submission = dataclasses.replace(laid, wrong={("o2", 5): "=w7*a_h1-w8*a_h2"}).judged()
    (finding,) = errors(submission)
    assert submission.status is Status.WRONG
    assert (finding.quantity, finding.code) == ("o2", Code.WRONG_SIGN)
    assert (finding.sheet, finding.cells) == laid.cell("o2", 5)


def test_an_update_from_the_wrong_iteration(laid: Laid) -> None:
    """A weight that is updated with its own iteration's gradient is told, at its cell."""
    submission = dataclasses.replace(laid, wrong={("w6", 4): "=w6[-1]-lr*dE_dw6[-2]"}).judged()
    (finding,) = errors(submission)
    assert (finding.quantity, finding.code) == ("w6", Code.WRONG_ROW)
    assert (finding.sheet, finding.cells) == laid.cell("w6", 4)


def test_a_mistake_everywhere_is_told_everywhere(laid: Laid) -> None:
    """A formula that is wrong at each iteration is told with all its cells."""
    wrong = {("dE_dw3", k): "=(dE_dw5/a_h1*w6+dE_dw7/a_h1*w8)*a_h1*(1-a_h2)*i1" for k in range(laid.iterations)}
    found = errors(dataclasses.replace(laid, wrong=wrong).judged())
    assert {(finding.quantity, finding.code) for finding in found} == {("dE_dw3", Code.WRONG_QUANTITY)} or all(
        finding.quantity == "dE_dw3" for finding in found
    )
    assert len({finding.sheet for finding in found}) == len(found)
    assert found[0].sheet == laid.cell("dE_dw3", 0)[0]
