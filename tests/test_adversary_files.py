"""Files that programs stumble over: judged as usual or refused in one sentence, with all their feedback."""

import json
from pathlib import Path

import pytest

from sheetprop.submission.findings import Status
from sheetprop.validation import validate
from tests.adversary.files import ATTACKS
from tests.test_hostile import strict


@pytest.mark.filterwarnings("ignore:Invalid cell reference")
@pytest.mark.parametrize("name", ATTACKS)
def test_each_file_is_judged_or_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    """No defect of ours is told to anybody, and whoever handed it in finds a page and, if judged, a copy."""
    attack = ATTACKS[name]
    (tmp_path / "bp.xlsx").write_bytes(attack.make())
    (submission,) = validate(paths=[tmp_path / "bp.xlsx"], report=tmp_path / "report", workers=1).submissions
    messages = [finding.message for finding in submission.findings]
    assert submission.status in attack.gets, messages
    assert attack.words in messages[0]
    assert all(message.isprintable() and len(message) < 600 for message in messages)
    strict(json.dumps(submission.to_dict()))
    own = tmp_path / "report" / "submissions" / "bp"
    assert (own / "feedback.html").is_file()
    assert (own / "feedback.xlsx").is_file() == (submission.status is not Status.UNREADABLE)
