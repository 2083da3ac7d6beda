"""Names for files and folders that are safe on every system, made of names that people have."""

from __future__ import annotations

import re

from sheetprop.letters import transliterated

LONGEST = 80
"""Characters, so that paths stay below the 260 characters of Windows."""
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$)(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for devices, with any ending."""


class FileNames:
    """Names for the files of one folder, each unlike any other there also where case does not count."""

    def __init__(self, nameless: str) -> None:
        """``nameless`` is for labels without a letter that every system has."""
        self._nameless = nameless
        self._taken: set[str] = set()
        self._times: dict[str, int] = {}

    def of(self, label: str) -> str:
        """A name made of a label's letters; a number tells it from those that are the same. Slashes are dashes."""
        base = _safe(label) or self._nameless
        name = base
        while name.lower() in self._taken:
            self._times[base.lower()] = times = self._times.get(base.lower(), 1) + 1
            number = f"-{times}"
            name = base[: LONGEST - len(number)].rstrip(".-_") + number
        self._taken.add(name.lower())
        return name


def _safe(label: str) -> str:
    """A label in letters that every system has."""
    text = "-".join(part for part in label.split("/") if part not in ("", ".", ".."))
    name = re.sub(r"[^A-Za-z0-9._]+", "-", transliterated(text)).strip(".-_")[:LONGEST].strip(".-_")
    return f"_{name[: LONGEST - 1]}" if RESERVED.match(name) else name
