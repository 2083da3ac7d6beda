"""The validator catches and locates planted mistakes, and finds right workbooks right, whatever their form."""

import math
from pathlib import Path

import numpy as np
import pytest

from sheetprop.descent import compute
from sheetprop.submission.findings import Code, Finding, Severity, Status, Submission
from tests.mutations.model import Table, Variant, recalculated
from tests.mutations.mutants import mutation
from tests.mutations.planting import KINDS, Planted
from tests.mutations.score import compare, score
from tests.mutations.variants import variant

SAMPLE = 40
"""How many right workbooks are confirmed by the formula engine."""
RIGHT_SAMPLE = 24
"""How many of them the validator judges; of mistakes, it judges one of each kind."""


def shown(made: Variant, table: Table, key: str) -> np.ndarray:
    """What a column shows once the file is recalculated; NaN for anything but numbers."""
    # the engine cannot follow references by column name, so of such tables a plain copy is looked at
    structured = any(other.structured for other in made.tables)
    values = recalculated(made.plain(made.path.parent) if structured else made.path, table.sheet)
    found = [values.get(table.place(key, k)) for k in range(table.count)]
    return np.array([x if isinstance(x, float) else math.nan for x in found])


@pytest.mark.parametrize("seed", range(SAMPLE))
def test_variants_are_right(seed: int, tmp_path: Path) -> None:
    """Every workbook before a mistake is planted shows the numbers of gradient descent in every column."""
    made = variant(seed, tmp_path)
    expected = compute(made.assignment)
    for n, table in enumerate(made.tables):
        for key in set(table.columns) & set(expected):
            np.testing.assert_allclose(shown(made, table, key), expected[key][n], rtol=1e-9, atol=1e-13, err_msg=key)


def all_right(made: Variant, sheet: str) -> bool:
    """Whether the tables of a sheet show the numbers of gradient descent."""
    expected = compute(made.assignment)
    return all(
        np.allclose(shown(made, table, key), expected[key][n], rtol=1e-9, atol=1e-13)
        for n, table in enumerate(made.tables)
        if table.sheet == sheet
        for key in set(table.columns) & set(expected)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_do_what_they_say(kind: str, tmp_path: Path) -> None:
    """A mistake changes numbers, unless two quantities happen to be equal; an equal change never does."""
    results = (all_right(made, planted.sheet) for made, planted in (mutation(n, tmp_path, kind) for n in range(3)))
    assert all(results) is KINDS[kind].equal


PLANTED = Planted("wrong-sign", "Sheet1", frozenset({(3, 2), (4, 2)}), "w1", "", equal=False)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        (["B3:B4"], (True, True, True, True)),
        (["A1,B4"], (True, True, True, False)),
        (["B3:B4", "C3"], (True, False, True, False)),
        (["B3:B4", "C3", "D3", "E3"], (True, False, False, False)),
        (["C3"], (True, False, False, False)),
        ([], (False, False, False, False)),
    ],
)
def test_scores(places: list[str], expected: tuple[bool, ...], tmp_path: Path) -> None:
    """Caught by any error; located by one in its cells with none elsewhere; loosely with two, exactly with no more."""
    found = [Finding(Code.WRONG_SIGN, Severity.ERROR, "", "w1", "Sheet1", cells) for cells in places]
    submission = Submission("", Status.WRONG, (), found, ())
    outcome = compare(0, variant(0, tmp_path), PLANTED, submission)
    assert (outcome.caught, outcome.located, outcome.loosely, outcome.exactly) == expected


@pytest.fixture(scope="module")
def outcomes() -> list[object]:
    """A sample of mistakes of every kind and of right workbooks, judged."""
    pytest.importorskip("sheetprop.validation", reason="there is no validator yet")
    return list(score(range(len(KINDS)), range(RIGHT_SAMPLE)).outcomes)


def test_mistakes_are_located(outcomes: list) -> None:
    """A planted mistake is reported in its own cells, and its consequences are not."""
    assert not [str(outcome) for outcome in outcomes if outcome.wrong and not outcome.located]


def test_right_is_right(outcomes: list) -> None:
    """No error is reported for a right workbook, nor for a change that leaves it right."""
    assert not [str(outcome) for outcome in outcomes if not outcome.wrong and not outcome.located]
