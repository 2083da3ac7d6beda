"""No text of a student's makes a pattern take long, however long it is."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sheetprop.submission.understand.rates import rate_in_text
from tests.adversary.patterns import BOUNDED, growing, patterns

LENGTH = 20_000
HANGS = 2.0
"""CPU seconds after which a pattern hangs: a linear one takes a hundredth, a quadratic one more on most texts."""
PATTERNS = patterns()


@contextmanager
def not_hanging(text: str) -> Iterator[None]:
    """Fail where the block does not come to an end."""

    def stop(*_: object) -> None:
        pytest.fail(f"grows too fast on {text[:12]!r} … {text[-4:]!r}")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, HANGS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


@pytest.mark.parametrize("name", PATTERNS)
def test_patterns_grow_with_the_text_only(name: str) -> None:
    """Each pattern comes to an end on long texts of repeated parts that almost fit it."""
    if name in BOUNDED:
        pytest.skip(BOUNDED[name])
    assert PATTERNS[name].methods, "how it is used is not seen"
    for text in growing(LENGTH):
        with not_hanging(text):
            PATTERNS[name].look_through(text)


def test_what_is_bounded_is_a_pattern() -> None:
    """Exceptions name patterns that there are."""
    assert set(BOUNDED) <= set(PATTERNS)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("η = 0.2", 0.2),
        ("LR 0.5", 0.5),
        ("learning rate (eta): 1", 1.0),
        ("η (alpha) 0.3", 0.3),
        ("lr", None),
        ("η = " + "9" * 400, None),
    ],
)
def test_a_rate_that_a_text_tells_is_a_number(text: str, rate: float | None) -> None:
    """A rate of four hundred digits is none."""
    assert rate_in_text(text) == rate
