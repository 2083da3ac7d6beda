"""Which findings cost once: those of one idea, in however many columns it stands.

Of what is told as one mistake, some pays for each quantity (a column that is missing), and some of what is told apart
is one idea (a forgotten $ wherever the reference slides to).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sheetprop.network import NETWORK
from sheetprop.submission.findings import Code, Finding

OWN_IDEA = frozenset(
    {
        Code.WRONG_VALUE,
        Code.TYPED_PART,
        Code.WRONG_FORMULA,
        Code.OVERWRITTEN,
        Code.ERROR_VALUE,
        Code.UNKNOWN_FUNCTION,
        Code.MISSING_COLUMN,
        Code.DRIFTING_INPUT,
        Code.OTHER_RULE,
    }
)
"""Kinds that have no idea in common, or that leave nothing of what was asked: each quantity pays for itself."""
DOLLAR = frozenset({Code.SLIDING_REFERENCE, Code.STUCK_REFERENCE})
"""Kinds that are one idea wherever they are made, whatever the references slide to."""
Idea = tuple[str, ...]
"""What two findings share exactly where they are one idea."""
_HELPER = re.compile(r"^The helper cells? \S+ ")
_SENTENCE = re.compile(r"\.\s|\.$")
_CELL = re.compile(r"\s?\(\$?[A-Z]{1,3}\$?\d+\)")
_INDEX = re.compile(r"(?<=[A-Za-z_])\d+")


def idea(finding: Finding) -> Idea:
    """The idea that a finding tells of: its kind, what kind of quantity it is made in, and what is told of it.

    What is told is the first sentence without the quantity that it is about, without cells and without the numbers of
    neurons and weights: "uses a_h1 (J4) where h1 (I4) belongs" is one idea in h1's and in h2's gradients.
    """
    role = NETWORK[finding.quantity].role.value if finding.quantity in NETWORK.keys() else ""
    if finding.code in OWN_IDEA:
        return finding.code.value, finding.quantity or finding.message
    if finding.code in DOLLAR:
        return finding.code.value, role
    return finding.code.value, role, told(finding)


def told(finding: Finding) -> str:
    """The first sentence of a message without its subject, cells and indices."""
    text = _SENTENCE.split(finding.message, maxsplit=1)[0]
    text = _HELPER.sub("", text)
    if finding.quantity in NETWORK.keys():
        text = text.removeprefix(f"{NETWORK.label(finding.quantity)} ")
    return _INDEX.sub("", _CELL.sub("", text))


def most_apart(ideas: Mapping[str, Iterable[Idea]], worth: Mapping[str, float]) -> set[str]:
    """The quantities that pay: one for each idea, and no quantity for two, so that as much as possible is paid.

    ``ideas`` has the ideas of each wrong quantity, ``worth`` what there is to lose on it. (A maximum matching
    of quantities and ideas; one more idea, or one more quantity that has it, never makes it less.)
    """
    payer: dict[Idea, str] = {}

    def pay(key: str, seen: set[Idea]) -> bool:
        for each in ideas[key]:
            if each not in seen:
                seen.add(each)
                if each not in payer or pay(payer[each], seen):
                    payer[each] = key
                    return True
        return False

    for key in sorted(ideas, key=lambda key: -worth[key]):
        pay(key, set())
    return set(payer.values())
