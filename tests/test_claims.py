"""Every claim is true: the formula engine is asked about what findings advise, the formulas about circles."""

import os
from pathlib import Path

import pytest

import sheetprop
from sheetprop.assignment import Assignment
from tests.claims import false_claims
from tests.mutations.mutants import mutation
from tests.mutations.planting import KINDS
from tests.mutations.score import findings

FOLDER = os.environ.get("SHEETPROP_SUBMISSIONS")
SEEDS = range(100, 102)
"""Of each kind of mistake."""
COURSE: Assignment = sheetprop.load_assignment()


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if not kind.equal])
def test_claims_about_mutations_hold(kind: str, tmp_path: Path) -> None:
    """What is advised for a planted mistake gives NumPy's numbers in all its cells; what is circular has the circle."""
    for seed in SEEDS:
        made, _ = mutation(seed, tmp_path, kind)
        false, _ = false_claims(made.path.read_bytes(), findings(made.path), made.assignment.given)
        assert not false, f"{kind} {seed}"


@pytest.mark.skipif(not FOLDER, reason="SHEETPROP_SUBMISSIONS does not name the folder with students' workbooks")
def test_claims_about_students_hold() -> None:
    """The same of the workbooks that students published."""
    paths = sorted(Path(FOLDER or "").glob("*.xlsx"))
    false, asked = [], 0
    for submission in sheetprop.validate(paths=paths).submissions:
        if submission.tables:
            untrue, count = false_claims(Path(submission.path).read_bytes(), submission, COURSE.given)
            false += [f"{Path(submission.path).stem}: {claim}" for claim in untrue]
            asked += count
    assert not false
    assert asked > 150
