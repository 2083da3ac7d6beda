"""What a parsed formula computes, as an expression of what its references are: operators, and functions by name.

``meaning`` has the values that parts of formulas have; ``builder`` walks the tree; the functions are in ``arithmetic``,
``arrays`` and ``conditions``, each an entry by its name; ``names`` tells which names are Excel's.
"""

from sheetprop.submission.understand.functions.builder import UNDERSTOOD, Builder, bounded, contains_rounding
from sheetprop.submission.understand.functions.conditions import CONDITIONAL
from sheetprop.submission.understand.functions.meaning import (
    EMPTY,
    FOREIGN,
    LOOP,
    TEXT,
    UNREAD,
    Array,
    Function,
    Node,
    NotUnderstoodError,
    Scope,
    Several,
    TooMuchError,
    Value,
    one_value,
)
from sheetprop.submission.understand.functions.names import (
    EXCELS_OWN,
    LEAVE_TEXTS_OUT,
    NOT_EXCELS,
    PLACES_ONLY,
    REACHING,
    SAME_CELLS,
    VOLATILE,
    is_excels,
    plain_name,
)

__all__ = [
    "CONDITIONAL",
    "EMPTY",
    "EXCELS_OWN",
    "FOREIGN",
    "LEAVE_TEXTS_OUT",
    "LOOP",
    "NOT_EXCELS",
    "PLACES_ONLY",
    "REACHING",
    "SAME_CELLS",
    "TEXT",
    "UNDERSTOOD",
    "UNREAD",
    "VOLATILE",
    "Array",
    "Builder",
    "Function",
    "Node",
    "NotUnderstoodError",
    "Scope",
    "Several",
    "TooMuchError",
    "Value",
    "bounded",
    "contains_rounding",
    "is_excels",
    "one_value",
    "plain_name",
]
