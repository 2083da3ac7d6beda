"""Which submissions of a class have rare things in common: pairs to look into, which are no verdict.

What a submission shows, its traits, is compared by digests. How rare a trait is in the class decides what it tells:
what many have comes from the hand-out or the lecture. Only digests and numbers are kept of what no two have in common.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations, pairwise
from math import log

from sheetprop.submission.findings import Submission, Trait

MOST_PAIRS = 500
"""More than anyone looks into; the others are counted."""
LEAST_STRENGTH = 10.0
"""From which on a pair is told: one trait that is hardly chance, or several that may be."""
LEAST_IN_FEW = 13.0
"""The same in a class of :data:`FEW`, in which rarity says little."""
FEW, ENOUGH = 8, 30
"""Submissions from which on rarity says something, and from which on it says all that it can."""
RARE_SHARE, RARE_COUNT = 0.02, 6
"""A trait of more than this share of a class and of more than so many submissions is common."""
MOST_WITH_FACT, MOST_WITH_OTHER = 30, 12
"""So is one of more submissions than this in a class of any size: a course's sections have hand-outs of their own."""
EVERY_PAIR = 12
"""Of more that share a trait, only neighbours are paired: the number of pairs stays in proportion to theirs."""
MOST_EVIDENCE, MOST_OF_A_KIND = 8, 3
"""Things in common that are told of a pair, and of one kind; the others are counted."""
SAME_GROUP = 0.25
"""What a further trait of the same group adds, as it mostly comes with the first."""


class Kind(StrEnum):
    """What a trait is of, the first word of :attr:`Trait.kind`; a group may follow it after a slash."""

    FILE = "file"
    ORIGIN = "origin"
    PERSON = "person"
    ACCOUNT = "account"
    VALUE = "value"
    STORED = "stored"
    MISTAKE = "mistake"
    PERSONAL = "personal"
    NUMBERS = "numbers"
    FEW_NUMBERS = "few-numbers"
    RATES = "rates"
    FORMULAS = "formulas"
    SPELLING = "spelling"
    HEADINGS = "headings"
    NOTE = "note"
    LAYOUT = "layout"


@dataclass(frozen=True)
class _Weight:
    """What sharing a rare trait adds to the strength of a pair; another group of its kind adds ``further`` of that.

    ``told`` says on what rarity bears: a "fact" is hardly chance in any class, an "origin" is a fact unless a hand-out
    explains it, and a "habit" tells something only in a class large enough to know what is common.
    """

    points: float
    further: float
    told: str


WEIGHTS = {
    Kind.FILE: _Weight(100, 0, "fact"),
    Kind.ORIGIN: _Weight(14, 0.3, "origin"),
    Kind.PERSON: _Weight(14, 0, "origin"),
    Kind.ACCOUNT: _Weight(6, 0, "origin"),
    Kind.VALUE: _Weight(13, 0.6, "fact"),
    Kind.STORED: _Weight(8, 0, "fact"),
    Kind.MISTAKE: _Weight(6, 0.7, "fact"),
    Kind.PERSONAL: _Weight(14, 0, "fact"),
    Kind.NUMBERS: _Weight(9, 0, "fact"),
    Kind.FEW_NUMBERS: _Weight(3, 0, "habit"),
    Kind.RATES: _Weight(2, 0, "habit"),
    Kind.FORMULAS: _Weight(4, 0, "habit"),
    Kind.SPELLING: _Weight(2, 0.75, "habit"),
    Kind.HEADINGS: _Weight(1.5, 0.6, "habit"),
    Kind.NOTE: _Weight(2.5, 0, "habit"),
    Kind.LAYOUT: _Weight(1, 0, "habit"),
}
TOLD_WHEN_COMMON = {
    *(Kind.ORIGIN, Kind.PERSON, Kind.VALUE, Kind.MISTAKE, Kind.PERSONAL, Kind.NUMBERS, Kind.FEW_NUMBERS, Kind.FORMULAS)
}
"""Of which kinds the most common trait is told, so that it is known what was left out of account."""


@dataclass(frozen=True)
class Pair:
    """Two submissions, by their paths, and what rare things they have in common, the most telling first.

    ``strength`` is at least :data:`LEAST_STRENGTH`; one that is twice as large is hardly chance.
    """

    first: str
    second: str
    evidence: tuple[str, ...]
    strength: float


@dataclass(frozen=True)
class Resemblance:
    """The pairs of a class, the strongest first; ``left_out`` counts those beyond the first :data:`MOST_PAIRS`.

    ``common`` is what many of the ``submissions`` share and what therefore tells nothing of two of them: how many have
    it, and what it is, the most common first.
    """

    pairs: tuple[Pair, ...] = ()
    left_out: int = 0
    submissions: int = 0
    common: tuple[tuple[int, str], ...] = ()

    def __str__(self) -> str:
        count = len(self.pairs) + self.left_out
        return (
            f"{count:,} {'pair of submissions shares' if count == 1 else 'pairs of submissions share'} something rare"
        )


@dataclass
class _Shared:
    """A trait that several submissions have."""

    kind: Kind
    group: str
    text: str
    holders: list[int] = field(default_factory=list)
    rarity: float = 0.0

    @property
    def points(self) -> float:
        return WEIGHTS[self.kind].points * self.rarity


def find_pairs(submissions: Iterable[Submission]) -> Resemblance:
    """Compare ``submissions``, as :class:`Comparison` does; each is read once and not kept."""
    comparison = Comparison()
    for submission in submissions:
        comparison.add(submission)
    return comparison.found()


class Comparison:
    """Compares submissions, which need not be kept."""

    def __init__(self) -> None:
        """Begin without submissions."""
        self._paths: list[str] = []
        self._students: list[str | None] = []
        self._only: dict[int, int] = {}
        self._shared: dict[int, _Shared] = {}

    def add(self, submission: Submission) -> None:
        """Compare one more; one of which nothing is known but its name does not count."""
        if submission.traits:
            self._paths.append(submission.path)
            self._students.append(submission.student)
        for trait in submission.traits:
            self._count(trait, len(self._paths) - 1)

    def _count(self, trait: Trait, n: int) -> None:
        """Count the trait of submission ``n``; its text is kept from the second time on."""
        value = int(trait.value, 16)  # half of the text's memory
        if value in self._shared:
            holders = self._shared[value].holders
            if holders[-1] != n:
                holders.append(n)
        elif (first := self._only.setdefault(value, n)) != n:
            kind, _, group = trait.kind.partition("/")
            self._shared[value] = _Shared(Kind(kind), group, trait.text, [first, n])
            del self._only[value]

    def found(self) -> Resemblance:
        """The pairs of submissions that share what is rare among them.

        Of several that are alike each is paired with the ones that it is most like, not with all. Two submissions of
        one student are no pair.
        """
        count = len(self._paths)
        rare = list(_rare(self._shared.values(), count))
        together: dict[tuple[int, int], list[_Shared]] = defaultdict(list)
        for trait in rare:
            for first, second in _paired(trait.holders):
                if self._students[first] is None or self._students[first] != self._students[second]:
                    together[first, second].append(trait)
        least = LEAST_STRENGTH if count >= FEW else LEAST_IN_FEW
        strengths = {pair: strength for pair, traits in together.items() if (strength := _strength(traits)) >= least}
        linked = _linked(strengths)
        pairs = tuple(
            Pair(self._paths[i], self._paths[j], _evidence(together[i, j], count), round(strengths[i, j], 2))
            for i, j in linked[:MOST_PAIRS]
        )
        common = _common(self._shared.values(), rare)
        return Resemblance(pairs, len(linked) - len(pairs), count, common)


def _rare(shared: Iterable[_Shared], count: int) -> Iterator[_Shared]:
    """The traits of few of ``count`` submissions, with how rare each is, from 0 to 1."""
    few = max(RARE_COUNT, int(count * RARE_SHARE))
    known = min(max((count - FEW + 1) / (ENOUGH - FEW + 1), 0.0), 1.0)
    for trait in shared:
        told = WEIGHTS[trait.kind].told
        holders = len(trait.holders)
        half, most = (max(count // 2, 2), MOST_WITH_FACT) if told == "fact" else (count // 2, MOST_WITH_OTHER)
        if trait.kind is not Kind.FILE and holders > min(few, half, most):
            continue
        trait.rarity = 1.0 if holders == 2 or trait.kind is Kind.FILE else log(count / holders) / log(count / 2)
        trait.rarity *= known if told == "habit" else 1.0
        if trait.rarity > 0:
            yield trait


def _paired(holders: Sequence[int]) -> Iterable[tuple[int, int]]:
    return combinations(holders, 2) if len(holders) <= EVERY_PAIR else pairwise(holders)


def _strength(traits: Iterable[_Shared]) -> float:
    """What shared traits come to. What comes with another, of its group or kind, adds less."""
    groups: dict[tuple[Kind, str], list[float]] = defaultdict(list)
    for trait in traits:
        groups[trait.kind, trait.group].append(trait.points)
    kinds: dict[Kind, list[float]] = defaultdict(list)
    for (kind, _), points in groups.items():
        kinds[kind].append(_damped(points, SAME_GROUP))
    return sum(_damped(points, WEIGHTS[kind].further) for kind, points in kinds.items())


def _damped(points: Iterable[float], further: float) -> float:
    return sum(value * further**n for n, value in enumerate(sorted(points, reverse=True)))


def _linked(strengths: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """The pairs, strongest first, without those whose two are linked by stronger ones."""
    # A student's file copied by nine others makes 45 pairs; nine of them say it.
    parent: dict[int, int] = {}

    def root(n: int) -> int:
        while parent.setdefault(n, n) != n:
            parent[n] = n = parent[parent[n]]
        return n

    linked = []
    for pair in sorted(strengths, key=lambda pair: (-strengths[pair], pair)):
        first, second = map(root, pair)
        if first != second:
            parent[first] = second
            linked.append(pair)
    return linked


def _evidence(traits: Sequence[_Shared], count: int) -> tuple[str, ...]:
    of_kind: Counter[Kind] = Counter()
    told: list[str] = []
    for trait in sorted(traits, key=lambda trait: (-trait.points, trait.kind, trait.text)):
        of_kind[trait.kind] += 1
        if of_kind[trait.kind] <= MOST_OF_A_KIND and len(told) < MOST_EVIDENCE:
            told.append(_told(trait, count))
    more = len(traits) - len(told)
    return (*told, f"and {more} more") if more else tuple(told)


def _common(shared: Iterable[_Shared], rare: Iterable[_Shared]) -> tuple[tuple[int, str], ...]:
    """What is too common to tell anything: the most common trait of each kind that else tells most."""
    known = {id(trait) for trait in rare}
    often: dict[Kind, _Shared] = {}
    for trait in shared:
        if trait.kind in TOLD_WHEN_COMMON and id(trait) not in known:
            most = often.setdefault(trait.kind, trait)
            often[trait.kind] = max(most, trait, key=lambda trait: len(trait.holders))
    found = sorted(((len(trait.holders), trait.text) for trait in often.values()), reverse=True)
    return tuple(found)


def _told(trait: _Shared, count: int) -> str:
    holders = len(trait.holders)
    return trait.text if trait.kind is Kind.FILE or holders == 2 else f"{trait.text} ({holders} of {count} have it)"


__all__ = ["Comparison", "Kind", "Pair", "Resemblance", "find_pairs"]
