"""Headings as people write them: which quantity of the network a cell's text names."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from sheetprop.network import ITERATION, NETWORK, RATE, partial

MAX_LABEL = 60
"""Longer texts are sentences or formulas, not headings."""
COUNTERS = frozenset(["iteration", "iterations", "iter", "epoch", "epochs", "step", "steps", "no", "sno", "#", "k"])
"""What people call the number of an iteration."""
_TOTAL = (
    r"e?(?:t|tot|total|tota)|(?:total|tot|sum)(?:e|err|error|loss|cost)|(?:e|err|error|loss|cost)(?:t|tot|total|sum)?"
)
_ERROR = r"(?:e|err|error|loss|cost)"
_DERIVED = r"(?:e|err|error|loss|cost|l|c|j)"
_ACTIVATED = r"(?:a|ac|act|activation|activated|out|output|sig|sigma|sigmoid|s)"
_NET = r"(?:net|z|in|input|sum|weightedsum|s)?"
_PATTERNS: tuple[tuple[str, str], ...] = (
    (r"(?:t|target|y|ytrue|desired|expected)o?([12])", "t{}"),
    (r"(?:target|expected|desired)(?:out|output)([12])", "t{}"),
    (r"(?:i|x|in|inp|input)([12])", "i{}"),
    (r"(?:w|wt|weight)([1-8])(?:old|current)?", "w{}"),
    (rf"{_NET}h(?:idden)?([12])(?:in|net)?", "h{}"),
    (rf"{_ACTIVATED}h(?:idden)?([12])", "a_h{}"),
    (rf"h(?:idden)?([12]){_ACTIVATED}", "a_h{}"),
    (rf"{_NET}o(?:utput)?([12])(?:in|net)?", "o{}"),
    (rf"{_ACTIVATED}[o0]([12])", "a_o{}"),
    (rf"[o0]([12]){_ACTIVATED}", "a_o{}"),
    (r"(?:yhat|ypred|pred|prediction|predicted)([12])", "a_o{}"),
    (rf"{_ERROR}o?([12])", "E{}"),
    (_TOTAL, "E_total"),
)
_QUANTITIES = [(re.compile(pattern), key) for pattern, key in _PATTERNS]
_RATE = re.compile(
    r"(?:η|ή|ɳ|ƞ|ŋ|n|α|alpha|ε|λ|lr|l\.r\.?|eta|h|rate|learningrate|learnrate|learning|lrate|alearningrate)"
    r"(?:\(?(?:η|ή|ɳ|n|eta|lr|theta|α|alpha)\)?)?"
)
_DERIVATIVE_SIGNS = str.maketrans(dict.fromkeys("∂δΔәƏəӘ∆ðẟ∇", "d"))


@lru_cache(maxsize=100_000)
def quantity(text: str) -> str | None:
    """The key of the quantity that a heading names, ``lr`` and ``iteration`` included; None where it names none."""
    if len(text) > MAX_LABEL:
        return None
    plain = _plain(text)
    if not plain:
        return None
    if plain.replace(".", "") in COUNTERS:
        return ITERATION
    compact = re.sub(r"[\s_\-^{}().,:=\[\]*]", "", plain)
    if key := _gradient(plain, compact):
        return key
    for pattern, key in _QUANTITIES:
        if found := pattern.fullmatch(compact):
            return key.format(*found.groups())
    return RATE if is_rate(text) else None


def is_rate(text: str) -> bool:
    """Whether a text names the learning rate, as η =, LR, Learning Rate: or n."""
    if len(text) > MAX_LABEL:
        return False
    compact = re.sub(r"[\s_\-:=]", "", unicodedata.normalize("NFKC", text).lower())
    return bool(_RATE.fullmatch(compact)) or "learningrate" in compact


def _plain(text: str) -> str:
    # NFKC makes mathematical letters plain ones, and subscripts digits.
    normal = unicodedata.normalize("NFKC", text.strip()).replace("(d)", "d").replace("ϭ", "σ")
    normal = re.sub(r"\bpartial\b\s*", "d", normal, flags=re.I)
    return normal.translate(_DERIVATIVE_SIGNS).lower().replace("σ", "sigma").replace("à", "a")


def _gradient(plain: str, compact: str) -> str | None:
    """The key of a partial derivative: dE/dw1, E∂w1, dw1, grad w1, and steps such as da_o1/do1."""
    squeezed = compact.replace("/", "").replace("\\", "")
    if found := re.fullmatch(
        rf"(?:d?{_DERIVED}?(?:tot|total|t)?d|de(?:tot|total|t)?|grad(?:ient)?(?:of)?|g)w([1-8])", squeezed
    ):
        return partial("E", f"w{found[1]}")
    if found := re.fullmatch(r"w([1-8])(?:grad|gradient)", squeezed):
        return partial("E", f"w{found[1]}")
    upper, slash, lower = plain.replace("\\", "/").partition("/")
    upper, lower = upper.strip(" ("), lower.strip(" )")
    if not (slash and upper.startswith("d") and lower.startswith("d")):
        return None
    of, by = _side(upper[1:]), _side(lower[1:])
    key = partial(of, by) if of and by else ""
    return key if key in NETWORK.keys() else None


def _side(text: str) -> str | None:
    key = quantity(text.strip(" ()_"))
    return {"E_total": "E"}.get(key, key) if key else None
