"""Full marks are earned: no attack gets them, each is told for what it is, and honest sheets keep theirs."""

from __future__ import annotations

import pytest

from sheetprop.submission.findings import Status
from tests.adversary.earned import ATTACKS, COMPUTED
from tests.student import ASKED, Student


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_get_no_full_marks(name: str) -> None:
    """Each is told for what it is, and earns nothing for formulas that are none."""
    attack = ATTACKS[name]
    submission = attack.build().judged()
    assert submission.status is attack.status
    told = [finding.message for finding in submission.findings if finding.code is attack.code]
    assert any(attack.says in message for message in told), [finding.message for finding in submission.findings]
    assert submission.score < ASKED.points


HONEST = {
    "rounded e": "=IFERROR(RIGHT,0)",
    "a condition that always holds for numbers": '=IF(ISNUMBER(i1),RIGHT,"")',
    "a maximum that never cuts": "=MAX(RIGHT,-1000)",
    "a condition on its own value": "=IF(RIGHT>-1000,RIGHT,0)",
    "an unknown function of no effect": "=RIGHT+0*MEDIAN(i1,i2)",
}
"""Formulas in which ``RIGHT`` is the right one, and that are right wherever a network of this kind is trained."""


@pytest.mark.parametrize("name", HONEST)
def test_honest_formulas_that_cannot_be_followed_keep_full_marks(name: str) -> None:
    """What gives the network's numbers with any others put in is right, however it is written."""
    student = Student()
    for key in COMPUTED:
        student.fill(key, HONEST[name].replace("RIGHT", student.equation(key)[1:]))
    submission = student.judged()
    assert submission.status is Status.RIGHT, [finding.message for finding in submission.findings]
    assert submission.score == submission.max_score
