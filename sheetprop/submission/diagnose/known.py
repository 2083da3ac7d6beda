"""Mistakes that the teacher's template knows of, because the hand-out had them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sheetprop.assignment import KnownMistake
from sheetprop.expression import Symbol
from sheetprop.network import partial
from sheetprop.submission.diagnose.edits import Edit
from sheetprop.submission.find.tables import WEIGHTS
from sheetprop.submission.findings import Code


def known_mistake(mistakes: Sequence[KnownMistake], key: str, edit: Edit) -> KnownMistake | None:
    """The mistake that an edit of the formula of ``key`` is, in it or in the gradient that an update contains."""
    if not (isinstance(edit.found, Symbol) and isinstance(edit.expected, Symbol)) or edit.also:
        return None
    column, before = (partial("E", key), "@-1") if key in WEIGHTS else (key, "")
    pair = edit.found.key, edit.expected.key
    for mistake in mistakes:
        if column in mistake.columns and pair == (mistake.stands + before, mistake.belongs + before):
            return mistake
    return None


def as_known(mistakes: Sequence[KnownMistake], key: str, edit: Edit) -> Edit:
    """The same edit, as one that the hand-out had where it is that."""
    if known_mistake(mistakes, key, edit):
        return replace(edit, code=Code.HANDOUT_MISTAKE)
    return replace(edit, code=Code.WRONG_QUANTITY) if edit.code is Code.HANDOUT_MISTAKE else edit


__all__ = ["as_known", "known_mistake"]
