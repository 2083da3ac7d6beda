"""Headings as people write them: which quantity of the network a cell's text names, alone and among its neighbours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import product
from typing import NamedTuple

from sheetprop.network import ITERATION, NETWORK, RATE, Role, partial
from sheetprop.submission.find.vocabulary.concepts import Concept
from sheetprop.submission.find.vocabulary.equations import key_of_formula
from sheetprop.submission.find.vocabulary.families import renamings
from sheetprop.submission.find.vocabulary.languages import RATE_LETTERS, RATE_WORDS
from sheetprop.submission.find.vocabulary.meanings import connected, meaning
from sheetprop.submission.find.vocabulary.spelling import (
    DASHES,
    Words,
    bracketed,
    equation,
    has_decimal,
    normal,
    spoken,
    words,
)

MAX_LABEL = 60
"""Longer texts are sentences or formulas, not headings; an equation's left side is its heading."""
MAX_EQUATION = 400
"""An equation that is longer is no heading either."""
PLAIN, MARKED, WEAK = 0, 1, 2
"""How sure a reading is: a plain name; one with an equation, words in brackets or a stray mark; one that only counts
where no other heading names the quantity, as "w1 new"."""
_LETTERS_FOR_A_WHOLE = {"t": "E_total"}
_DERIVED = {Concept.ERROR, Concept.LOSS_LETTER, Concept.TOTAL, Concept.TARGET}
"""What may stand in the numerator of ∂E/∂w1."""
_QUALIFYING = {
    Concept.NEW,
    Concept.OLD,
    Concept.GRADIENT,
    Concept.DERIVATIVE,
    Concept.NET,
    Concept.ACTIVATED,
    Concept.OUT,
    Concept.OUTPUT,
    Concept.INPUT,
    Concept.TOTAL,
    Concept.CHANGE,
}
"""What words in brackets may add to the name before them; others only explain it."""
_STRAY = "'’*+`´\"!?"
_QUOTES = tuple("'\"`$")
"""What a whole name may stand between: quotation marks, the signs of a formula in LaTeX."""
_OPERATORS, _ENDS = tuple("*·×+^"), tuple("-−/")
_STARTING = frozenset(NETWORK.keys(Role.TARGET, Role.INPUT, Role.WEIGHT))
"""What a heading may tell the first value of: w1 (0.15). With an error, a number is a learning rate."""
_GRADIENT_WORDS = {Concept.DERIVATIVE, Concept.GRADIENT, Concept.CHANGE}


class Reading(NamedTuple):
    """The quantities that a heading may name, the likelier first, and how sure that is."""

    keys: tuple[str, ...] = ()
    rank: int = PLAIN

    def __bool__(self) -> bool:
        return bool(self.keys)

    def weaker(self, rank: int) -> Reading:
        """The same, no surer than ``rank``."""
        return Reading(self.keys, max(self.rank, rank))


NOTHING = Reading()


@lru_cache(maxsize=100_000)
def quantity(text: str) -> str | None:
    """The key of the quantity that a heading names, ``lr`` and ``iteration`` included; None where it names none."""
    keys = reading(text).keys
    return keys[0] if keys else None


def quantities(texts: Sequence[str]) -> list[str | None]:
    """The keys that the headings of one line name, each in the light of the others; None for those that name none.

    z1 … z4, y1 or w11 are clear only beside the others, "output 1" is o1 where another heading is a_o1 and a_o1 where
    another is o1, and "w1 new" is no weight where w1 has a column of its own.
    """
    readings = [reading(text) for text in texts]
    settled = _settled(readings)
    names = [name_of(text) for text in texts]
    if renamed := renamings(names, settled):
        for n, text in enumerate(texts):
            if (new := renamed.apply(normal(text))) is not None:
                readings[n], names[n] = reading(new), name_of(new)
        settled = _settled(readings)
    own = {name for name, found in zip(names, readings, strict=True) if name in found.keys[:1]}
    chosen = [
        _chosen(found, settled if name in own else settled | own) for name, found in zip(names, readings, strict=True)
    ]
    surest: dict[str, int] = {}
    for key, found in zip(chosen, readings, strict=True):
        if key:
            surest[key] = min(found.rank, surest.get(key, WEAK))
    return [key if key and found.rank == surest[key] else None for key, found in zip(chosen, readings, strict=True)]


def _settled(readings: Iterable[Reading]) -> set[str]:
    """The quantities of which headings name no other."""
    return {found.keys[0] for found in readings if len(found.keys) == 1 and found.rank < WEAK}


def _chosen(found: Reading, settled: set[str]) -> str | None:
    """The first meaning that no other heading has; of those that name different neurons' all the same."""
    if not found.keys:
        return None
    return next((key for key in found.keys if len(found.keys) == 1 or key not in settled), found.keys[0])


def name_of(text: str) -> str:
    """The heading's bare name: its letters and digits without its equation and brackets."""
    if len(text) > MAX_EQUATION:
        return ""
    left, _ = equation(normal(text))
    outside, inside = bracketed(left)
    return "".join(spoken(outside or inside).split()) if len(left) <= MAX_LABEL else ""


@lru_cache(maxsize=100_000)
def reading(text: str) -> Reading:
    """What a heading may name, taken alone."""
    if len(text) > MAX_EQUATION:
        return NOTHING
    if text.strip() == "#":
        return Reading((ITERATION,))
    plain = normal(text)
    left, right = equation(plain)
    if len(left) <= MAX_LABEL and (found := _named(left, plain)):
        if not right.strip():
            return found
        if "=" in right.partition("\n")[2]:
            return NOTHING  # a list of equations
        if _is_number(right):
            return Reading((RATE,)) if is_rate(text) else NOTHING
        if found.keys[0] in (RATE, ITERATION):
            return NOTHING
        return found.weaker(MARKED)
    if is_rate(text):
        return Reading((RATE,))
    first, _, below = plain.partition("\n")
    if any(sign in below for sign in (*_OPERATORS, *_ENDS, "(")) and (found := _named(first.strip(), first)):
        return found.weaker(MARKED)  # the name in one line, its equation in the next
    computed = key_of_formula(right if right.strip() else left, quantity)
    return Reading((computed,), WEAK) if computed else NOTHING


def is_rate(text: str) -> bool:
    """Whether a text names the learning rate, as η =, LR, Learning Rate: or n."""
    if len(text) > MAX_LABEL:
        return False
    plain = normal(text)
    if any(word in "".join(spoken(plain).split()) for word in RATE_WORDS):
        return True
    said = spoken(plain)
    if not said or said in RATE_LETTERS:
        return bool(said)
    left_over = [word for word in said.split() if word not in (*RATE_LETTERS, "theta")]
    found = words(" ".join(left_over)) if left_over else Words((Concept.RATE,), ())
    return bool(found and found.concepts and set(found.concepts) == {Concept.RATE} and not found.numbers)


def _is_number(text: str) -> bool:
    try:
        float(text.strip(" .%").replace(",", "."))
    except ValueError:
        return False
    return True


def _named(text: str, whole: str) -> Reading:
    """What a text without equation names: by itself, or but for the words in brackets."""
    if text[:1] in _QUOTES and text[:1] == text[-1:]:
        text = text[1:-1]
    stray = MARKED if whole.rstrip(" )")[-1:] in _STRAY and whole[-1:] in _STRAY else PLAIN
    if found := _derivative(text):
        return found.weaker(stray)
    outside, inside = bracketed(text)
    if not inside:
        return _simple(text).weaker(stray)
    if outside[-1:] in _ENDS or any(sign in outside for sign in _OPERATORS) or inside.replace(" ", "").startswith("1-"):
        return NOTHING  # a formula: a_o1*(1-a_o1)
    head, gloss, both = words(outside), words(inside), _simple(f"{outside} {inside}")
    named = _derivative(outside) or _simple(outside)
    if not named.keys:
        explained = all(character.isalpha() or character in " _-." for character in outside)
        return both or ((_derivative(inside) or _simple(inside)).weaker(MARKED) if explained else NOTHING)
    if any(dash in text for dash in DASHES) and not any(bracket in text for bracket in "(["):
        other = _simple(inside)
        if any(sign in inside for sign in _OPERATORS) or (other and other.keys != named.keys):
            return NOTHING  # a difference: t1 - a_o1
    if gloss and Concept.RATE in gloss.concepts and named.keys[0] != RATE:
        return NOTHING
    if has_decimal(inside):
        return named.weaker(WEAK) if named.keys[0] in _STARTING else NOTHING
    adds = gloss is not None and set(gloss.concepts) <= _QUALIFYING and bool(gloss.concepts or gloss.numbers)
    if both.keys and head and gloss and ((adds and not gloss.numbers) or not head.numbers):
        return both.weaker(MARKED) if gloss.concepts else both
    return named.weaker(MARKED)


def _simple(text: str) -> Reading:
    """What a text without brackets and equation names."""
    said = spoken(text)
    if said in _LETTERS_FOR_A_WHOLE:
        return Reading((_LETTERS_FOR_A_WHOLE[said],))
    if said in RATE_LETTERS:
        return Reading((RATE,))
    found = words(text)
    if found is None:
        return NOTHING
    concepts, numbers = found
    named = set(concepts)
    if named == {Concept.ITERATION}:
        return NOTHING if numbers else Reading((ITERATION,))
    if gradient := _gradient(concepts, numbers):
        return gradient
    if weight := _connection(concepts, numbers):
        return Reading((weight,))
    rank = WEAK if named == {Concept.LOSS_LETTER} else PLAIN
    if len(named) > 1 and named & {Concept.NEW, Concept.OLD} and Concept.WEIGHT in named:
        rank = WEAK if Concept.NEW in named else MARKED
        concepts = tuple(c for c in concepts if c not in (Concept.NEW, Concept.OLD))
    return Reading(meaning(concepts, numbers), rank)


def _gradient(concepts: Sequence[Concept], numbers: Sequence[str]) -> Reading:
    """A weight's gradient without a fraction stroke: dE_dw1, E∂w1, dw1, gradient of w1, w1 grad, delta w1."""
    named = set(concepts)
    if not named & _GRADIENT_WORDS or len(numbers) != 1:
        return NOTHING
    key = partial("E", f"w{numbers[0]}")
    if key not in NETWORK.keys():
        return NOTHING
    rest = named - _GRADIENT_WORDS - _DERIVED
    if rest == {Concept.WEIGHT}:
        return Reading((key,), WEAK if Concept.CHANGE in named else PLAIN)
    return Reading((key,), WEAK) if named in ({Concept.GRADIENT}, {Concept.GRADIENT, Concept.ERROR}) else NOTHING


def _connection(concepts: Sequence[Concept], numbers: Sequence[str]) -> str | None:
    """A weight by its ends: w_i1_h1, weight from h2 to o1."""
    if len(numbers) != 2 or list(concepts[:1]) != [Concept.WEIGHT]:
        return None
    ends = [c for c in concepts[1:] if c not in (Concept.ACTIVATED,)]
    prefixes = {Concept.INPUT: "i", Concept.HIDDEN: "h", Concept.OUTPUT: "o"}
    if len(ends) != 2 or any(end not in prefixes for end in ends):
        return None
    source, neuron = (f"{prefixes[end]}{number}" for end, number in zip(ends, numbers, strict=True))
    return connected((source, f"a_{source}"), neuron)


def _derivative(text: str) -> Reading:
    """A partial derivative with its fraction stroke: ∂E/∂w1, and steps such as ∂a_o1/∂o1."""
    upper, stroke, lower = text.replace("\\", "/").partition("/")
    if not stroke:
        upper, stroke, lower = text.partition("_d")
        lower = f"d{lower}"
    above, below = _differential(upper), _differential(lower)
    if not stroke or not above or not below:
        return NOTHING
    letter = words(above)
    total = ("E_total",) if letter == Words((Concept.LOSS_LETTER,), ()) else ()
    for of, by in product(reading(above).keys or total, reading(below).keys):
        of = {"E_total": "E"}.get(of, of)
        if (key := partial(of, by)) in _DERIVATIVES:
            return Reading((key,))
        if (of, by) in _ALONE:
            return Reading((partial("E", by),), WEAK)
    return NOTHING


_DERIVATIVES = frozenset(NETWORK.keys(Role.STEP, Role.GRADIENT))
_ALONE = {
    (f"E{n}", by)
    for n, neuron in enumerate(NETWORK.neurons[-1], start=1)
    for by in (neuron, f"a_{neuron}", *(c.weight for c in NETWORK.connections if c.neuron == neuron))
}
"""Derivatives of one output's error by what reaches no other output: the same as that of the total."""


def _differential(text: str) -> str | None:
    """What a ∂ stands before, None where none does."""
    bare = text.strip(" (_)[]")
    bare = bare.removeprefix("partial").strip() if bare.startswith("partial") else bare
    if not bare.startswith("d") and bare == text.strip(" (_)[]"):
        return None
    return bare.removeprefix("d").strip(" (_)[]") or None


__all__ = ["MAX_LABEL", "Reading", "is_rate", "name_of", "quantities", "quantity", "reading"]
