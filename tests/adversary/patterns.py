"""Every regular expression of the package, and texts that grow on which one with careless repeats takes very long."""

from __future__ import annotations

import collections
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass

import sheetprop

STARTS = ("", "η", "'", "[", "0.5", "E1 = ")
REPEATED = (" ", "0", "a", "A1", "a ", "1.", "''", "[", "((", "_", "-", "a_", "0,000", "η ", "'a'!", "\n", "$A")
ENDS = ("", "é$")
"""Together: what the first part of a pattern takes, what its repeats take, and what then lets it fail."""
BOUNDED = {
    "sheetprop.submission.find.vocabulary.equations._TOKEN": "headings of 1,000 characters at most",
    "sheetprop.submission.grade.comparison._LAST_NUMBER": "texts of 40 characters at most",
}
"""Patterns that would be slow on long texts, and what they see instead."""
_WHOLE = {"fullmatch", "match"}


@dataclass(frozen=True)
class Pattern:
    """A compiled pattern, and the methods of it that the package calls."""

    compiled: re.Pattern[str]
    methods: frozenset[str]

    def look_through(self, text: str) -> None:
        """Do with a text what the package does with it."""
        for method in self.methods & _WHOLE:
            getattr(self.compiled, method)(text)
        if self.methods - _WHOLE:
            collections.deque(self.compiled.finditer(text), maxlen=0)


def patterns() -> dict[str, Pattern]:
    """The patterns of the modules that judge what students hand in, by their names."""
    modules = [
        importlib.import_module(info.name)
        for info in pkgutil.walk_packages(sheetprop.__path__, "sheetprop.")
        if info.name.startswith("sheetprop.submission.")
    ]
    source = "\n".join(map(inspect.getsource, modules))
    found = {}
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                methods = frozenset(re.findall(rf"\b{name}\.(\w+)\(", source))
                found[f"{module.__name__}.{name}"] = Pattern(value, methods)
    return found


def growing(length: int) -> Iterator[str]:
    """Texts of about that length."""
    for start in STARTS:
        for repeated in REPEATED:
            for end in ENDS:
                yield start + repeated * (length // len(repeated)) + end
