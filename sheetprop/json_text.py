"""JSON documents as everyone of sheetprop's looks; numbers that are not finite, which JSON does not have, are null."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def json_text(document: Any) -> str:
    """One JSON document."""
    return json.dumps(finite(document), ensure_ascii=False, indent=2, allow_nan=False)


def finite(value: Any) -> Any:
    """The same document with None in the place of numbers that JSON does not have."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {key: finite(each) for key, each in value.items()}
        case list() | tuple():
            return [finite(each) for each in value]
    return value


__all__ = ["finite", "json_text"]
