"""JSON documents that need not be in memory: the lists in them are made while they are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TextIO

from sheetprop.json_text import finite


class Streamed(list[Any]):
    """For :func:`write_json`, a list of what ``make`` gives for each of ``items``."""

    def __init__(self, make: Callable[[Any], Any], items: Collection[Any]) -> None:
        super().__init__()
        self._make, self._items = make, items

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Any]:
        return (finite(self._make(item)) for item in self._items)


def write_json(document: Mapping[str, Any], file: TextIO) -> None:
    """Write one JSON document, as everyone of sheetprop's looks."""
    json.dump(
        {key: value if isinstance(value, Streamed) else finite(value) for key, value in document.items()},
        file,
        ensure_ascii=False,
        indent=2,
        allow_nan=False,
    )
