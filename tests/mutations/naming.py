"""Whether findings name what was planted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import permutations
from typing import Any

from tests.mutations.planting import KINDS

SAID = {
    "handout-mistake": r"class hand-out|uses .+ where .+ belong",
    "pre-activation": r"uses the weighted sum",
    "wrong-gradient": r"another weight's gradient",
    "wrong-quantity": r"uses .+ where .+ belong",
    "wrong-sign": r"wrong sign|−(\S+) − (\S+), where −\(\1 − \2\) is meant",
    "wrong-operator": r"wrong operator|the constant (2 where ½|½ where 2) belongs",
    "precedence": r"parentheses",
    "missing-part": r"lacks a |computes .+ where .+ belongs|the constant 1 where ½ belongs",
    "extra-part": r"too many|computes .+ where .+ belongs",
    "wrong-constant": r"the constant",
    "typed-part": r"a typed-in number where",
    "wrong-row": r"of another iteration|outside of the table's rows",
    "wrong-rate": r"is updated with .+ in the place of the learning rate",
}
"""What a sentence says where a slip is told by a code, for findings that tell several slips have one code only.

Some pairs of slips leave one formula and cannot be told apart by anybody, so that either sentence is true and names
both: · 2 for / 2 is an operator as well as a constant (2 for ½), 1 for 1/2 a missing divisor as well as a constant (1
for ½), and −t − a for −t + a a sign as well as lost parentheses, −(t − a).
"""


def all_named(kinds: Sequence[str], hits: Sequence[Any]) -> bool:
    """Whether the findings ``hits`` name a slip of each of the ``kinds`` planted in one formula."""
    if len(kinds) == 1:
        wanted = KINDS[kinds[0]].codes
        return not wanted or bool(wanted & {hit.code.value for hit in hits})
    said = [sentence for hit in hits for sentence in _sentences(hit)]
    if len(said) < len(kinds) or any("wrong-formula" in codes for codes in said):
        return False
    return any(
        all(not KINDS[kind].codes or KINDS[kind].codes & codes for kind, codes in zip(kinds, chosen, strict=True))
        for chosen in permutations(said, len(kinds))
    )


def _sentences(hit: Any) -> Iterable[set[str]]:
    """The codes that each sentence of a finding may stand for."""
    if hit.code.value == "wrong-formula":
        return [{"wrong-formula"}]
    sentences = re.split(r"(?<=\.) ", hit.message)
    found = [{code for code, said in SAID.items() if re.search(said, sentence)} for sentence in sentences]
    return [codes for codes in found if codes] or [{hit.code.value}]
