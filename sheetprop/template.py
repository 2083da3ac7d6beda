"""Templates: TOML files that describe an assignment, read key by key and refused with the line that is wrong."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from sheetprop.assignment import GIVEN_BY, Assignment, KnownMistake, Range, Tolerances
from sheetprop.errors import InputError, reason
from sheetprop.options import ATTEMPTS, DEFAULT_TEMPLATE, Layout
from sheetprop.rubric import CRITERIA, Per

ENCODING = "utf-8-sig"
"""Of templates: UTF-8, also with the mark at its beginning that some editors write."""
SAME_FOR_ALL = "same"
"""In place of a range, for numbers that all students share."""
Reader = Callable[[str, Any], Any]
"""Makes what an assignment keeps of a value as TOML has it; the name is for messages."""


class _PlaceError(InputError):
    """A value that cannot be used, at one of the keys of a table."""

    def __init__(self, message: str, *keys: str) -> None:
        super().__init__(message)
        self.keys = keys


def load_assignment(template: str | Path = DEFAULT_TEMPLATE, **changes: Any) -> Assignment:
    """Read a template and change what is given (None leaves the template's value).

    ``template`` is the name of a template that comes with sheetprop, or the path of a TOML file; what a file
    leaves out is as in the template "course", but for the mistakes of its hand-out. ``seed`` among the changes draws
    the weights instead.
    Raises InputError, with the file and line where there is one.
    """
    path = _find_template(template)
    given = _read_template(path)
    seed = changes.pop("seed", None)
    if seed is not None:
        seed = _whole_number("seed", seed)
    if seed is not None and changes.get("weights") is not None:
        raise InputError("weights: given twice, as numbers and by a seed; leave one out")
    changed = {key: _read_value(key, value) for key, value in changes.items() if value is not None}
    values = _merged(_merged(_read_template(_find_template(DEFAULT_TEMPLATE)), given), changed)
    values["tolerances"] = Tolerances(**values.get("tolerances", {}))
    values["personal"] = {key: numbers for key, numbers in values["personal"].items() if numbers is not None}
    values |= values.pop("handout", {})
    values["rubric"] = dict(values["rubric"])
    values |= {key: values["rubric"].pop(key) for key in RUBRIC_SETTINGS if key in values["rubric"]}
    del values["points"]
    # The mistakes of one hand-out are not those of another.
    of_course = "mistakes" not in given and path != _find_template(DEFAULT_TEMPLATE)
    values["mistakes"] = () if of_course and "mistakes" not in changed else values.get("mistakes", ())
    try:
        assignment = Assignment(**values)
        # Of a template that sets only other points per criterion, the sum is what it asks for.
        _check_points(changed.get("points", None if "rubric" in changed else given.get("points")), assignment)
    except InputError as error:
        keys = _keys_of(error)
        if keys[0] in given and keys[0] not in changed:
            raise InputError(f"{path}, line {_line_of(path, *keys)}: {error}") from None
        raise
    return assignment if seed is None else assignment.with_random_weights(seed)


def template_text(template: str | Path = DEFAULT_TEMPLATE) -> str:
    """A template as it stands in its file, comments and all, to start one's own from.

    Raises InputError where there is no such template, or it cannot be used.
    """
    load_assignment(template)
    return _find_template(template).read_text(encoding=ENCODING)


def template_names() -> list[str]:
    """The names of the templates that come with sheetprop."""
    return sorted(path.stem for path in template_folder().glob("*.toml"))


def template_folder() -> Path:
    """The folder of the templates that come with sheetprop, which a checkout has beside the package."""
    installed = Path(__file__).parent / "templates"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "templates"


def _find_template(template: str | Path) -> Path:
    shipped = template_folder() / f"{template}.toml"
    try:
        if Path(template).suffix != ".toml" and shipped.is_file():
            return shipped
        if Path(template).is_file():
            return Path(template)
    except OSError:  # no name that a file could have
        pass
    names = ", ".join(template_names())
    raise InputError(
        f"template: {str(template)!r} is neither a file nor a template's name; give the path of a TOML file or one of "
        f"{names}"
    )


def _read_template(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding=ENCODING)
        read = tomllib.loads(text)
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a TOML file: its text is not in UTF-8; save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}, {_not_toml(text, str(error))}") from None
    except RecursionError:
        raise InputError(f"{path}: not a TOML file: its brackets are nested too deeply; take some out") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {reason(error)}") from None
    values = {}
    for key, value in read.items():
        try:
            values[key] = _read_value(key, value)
        except InputError as error:
            keys = error.keys if isinstance(error, _PlaceError) else (key,)
            raise InputError(f"{path}, line {_line_of(path, *keys)}: {error}") from None
    return values


def _not_toml(text: str, said: str) -> str:
    """Where a text stops being TOML, and what is wrong there; ``said`` is what Python's reader says of it."""
    place = re.search(r"\(at line (\d+), column \d+\)$", said)
    lines = text.splitlines()
    number = int(place[1]) if place else max(len(lines), 1)
    why = next((ours for theirs, ours in NOT_TOML.items() if theirs in said), NOT_TOML[""])
    line = lines[number - 1].strip()[:60] if number <= len(lines) else ""
    shown = "".join(c if c.isprintable() else "\ufffd" for c in line)
    return f"line {number}: not a TOML file: {f'“{shown}”: ' if shown else ''}{why}"


def _merged(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with ``changes``; tables key by key."""
    return dict(values) | {
        key: values.get(key, {}) | change if isinstance(change, dict) else change for key, change in changes.items()
    }


def _read_value(key: str, value: Any) -> Any:
    """``value`` as the type that an assignment keeps under ``key``."""
    return _reader("key", key, KEYS)(key, value)


def _reader(thing: str, key: str, readers: Mapping[str, Reader]) -> Reader:
    if key not in readers:
        near = difflib.get_close_matches(key, readers, n=1)
        things = {"criterion": "criteria"}.get(thing, f"{thing}s")
        hint = f"did you mean {near[0]!r}?" if near else f"the {things} are {', '.join(readers)}"
        raise InputError(f"unknown {thing} {key!r}; {hint}")
    return readers[key]


def _table(what: str, thing: str, example: str, readers: Mapping[str, Reader]) -> Reader:
    """The reader of a table, each key of which has a reader of its own."""

    def read(name: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise InputError(f"{name}: {value!r} is not a table of {what}; write [{name}] and lines such as {example}")
        values = {}
        for key, own in value.items():
            try:
                reader = _reader(thing, key, readers)
            except InputError as error:
                raise _PlaceError(f"{name}: {error}", name, key) from None
            try:
                values[key] = reader(f"{name}.{key}", own)
            except InputError as error:
                raise _PlaceError(str(error), name, key) from None
        return values

    return read


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"{name}: {value!r} is not a text")
    if unfit := next((character for character in value if not (character.isprintable() or character in "\n\t")), None):
        raise InputError(f"{name}: the character {unfit!r} cannot stand in a workbook; take it out")
    return value


def _yes_or_no(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"{name}: {value!r} is neither true nor false")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"{name}: {value!r} is not a number")
    try:
        return float(value)
    except OverflowError:
        raise InputError(f"{name}: a number of {len(str(value))} digits is too large") from None


def _whole_number(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(f"{name}: {value!r} is not a whole number")
    return int(value)


def _points(name: str, value: Any) -> float:
    points = _number(name, value)
    if not math.isfinite(points) or points < 0:
        raise InputError(f"{name}: {value} is not possible; points are 0 or more")
    return points


def _items(name: str, value: Any) -> list[Any]:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) else [value]


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    return tuple(_number(name, item) for item in _items(name, value))


def _texts(name: str, value: Any) -> tuple[str, ...]:
    return tuple(_text(name, item) for item in _items(name, value))


def _layout(name: str, value: Any) -> Layout:
    try:
        return Layout(value)
    except ValueError:
        raise InputError(f"{name}: {value!r} is not a layout; the layouts are {', '.join(Layout)}") from None


def _attempts(name: str, value: Any) -> str:
    if value not in ATTEMPTS:
        raise InputError(f"{name}: {value!r} is none of {', '.join(ATTEMPTS)}")
    return str(value)


def _range(name: str, value: Any) -> Range | None:
    if value == SAME_FOR_ALL:
        return None
    if not isinstance(value, Mapping) or set(value) != {"from", "to", "step"}:
        raise InputError(
            f"{name}: {value!r} is not a range; write {{ from = 0.1, to = 0.9, step = 0.05 }} or {SAME_FOR_ALL!r}"
        )
    try:
        return Range(*(_number(f"{name}.{key}", value[key]) for key in ("from", "to", "step")))
    except InputError as error:
        raise InputError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None


def _tolerance(name: str, value: Any) -> float:
    number = _number(name, value)
    if not 0 < number <= 0.1:
        raise InputError(f"{name}: {value} is not possible; a tolerance is relative, above 0 and at most 0.1")
    return number


_MISTAKE = _table(
    "a mistake",
    "key",
    'stands = "a_h1"',
    {"columns": _texts, "stands": _text, "belongs": _text, "says": _text},
)


def _mistakes(name: str, value: Any) -> tuple[KnownMistake, ...]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise InputError(f"{name}: {value!r} is no list of mistakes; write [[{name}]] before each")
    found = []
    for entry in value:
        if isinstance(entry, KnownMistake):
            found.append(entry)
            continue
        own = _MISTAKE(name, entry)
        if missing := [key for key in ("columns", "stands", "belongs") if key not in own]:
            raise InputError(f"{name}: {' and '.join(missing)} missing; a mistake says what stands where what belongs")
        found.append(KnownMistake(**own))
    return tuple(found)


def _per(name: str, value: Any) -> Per:
    try:
        return Per(value)
    except ValueError:
        raise InputError(f"{name}: {value!r} is not possible; write {' or '.join(map(repr, map(str, Per)))}") from None


def _share_kept(name: str, value: Any) -> float:
    number = _number(name, value)
    if not 0 <= number < 1:
        raise InputError(f"{name}: {value} is not possible; it is the share of the points that is kept, 0 to below 1")
    return number


RUBRIC_SETTINGS: Mapping[str, Reader] = {"per": _per, "other_students_numbers": _share_kept}
"""Keys among the criteria's that are no points; an assignment keeps them apart from those."""
KEYS: Mapping[str, Reader] = {
    "title": _text,
    "inputs": _numbers,
    "targets": _numbers,
    "weights": _numbers,
    "learning_rates": _numbers,
    "iterations": _whole_number,
    "layout": _layout,
    "points": _points,
    "attempts": _attempts,
    "rubric": _table("points", "criterion", "forward = 20", {**dict.fromkeys(CRITERIA, _points), **RUBRIC_SETTINGS}),
    "personal": _table(
        "ranges", "key", "weights = { from = -1.0, to = 1.0, step = 0.01 }", dict.fromkeys(GIVEN_BY, _range)
    ),
    "handout": _table("settings", "key", 'fill = ["gradients"]', {"fill": _texts, "equations": _yes_or_no}),
    "tolerances": _table("tolerances", "key", "given = 1e-9", {"given": _tolerance, "typed": _tolerance}),
    "texts": _table("texts", "key", 'task = "…"', {"task": _text, "hand_in": _text, "help": _text}),
    "mistakes": _mistakes,
}
"""Every key of a template, in the order of the template "course", and how it is read."""
NOT_TOML = {
    "Cannot overwrite": "this is set twice; leave one out",
    "Cannot declare": "this table is there twice; make one of both",
    "Cannot mutate": "this table is there twice; make one of both",
    "Duplicate inline": "this is set twice; leave one out",
    "Unclosed": "a bracket is not closed; close it",
    "Unterminated": "a text is not closed; put a quotation mark at its end",
    "Illegal character": "a text is not closed, or holds a character that does not show",
    "Unescaped": "a text has a backslash; write two, or put the text into single quotation marks",
    "Invalid value": "the value is none; write texts in quotation marks, numbers with a decimal point",
    "": "write a key, = and a value, as in iterations = 100",
}
"""What Python's reader of TOML says, in parts, and what we do."""
PLACES = {"fill": ("handout", "fill")}
"""Keys that an assignment keeps elsewhere than in their table."""


def _keys_of(error: InputError) -> tuple[str, ...]:
    name = str(error).partition(":")[0]
    return PLACES.get(name, (name,))


def _check_points(asked: float | None, assignment: Assignment) -> None:
    if asked is not None and not math.isclose(asked, assignment.points):
        raise InputError(
            f"points: {asked:g} are asked for, but the points of [rubric] add up to {assignment.points:g}; "
            "change one of them"
        )


def _line_of(path: Path, key: str, inner: str | None = None) -> int:
    """The line of a key, or of a key in a table; of the table where the key is not on a line of its own."""
    lines = path.read_text(encoding=ENCODING).splitlines()
    outer = _first(lines, rf"""(\[+\s*)?["']?{re.escape(key)}["']?\s*[=.\]]""", 0)
    if inner is None or outer is None:
        return 1 if outer is None else outer + 1
    own = rf"""["']?{re.escape(inner)}["']?\s*="""
    dotted = _first(lines, rf"""["']?{re.escape(key)}["']?\s*\.\s*{own}""", 0)
    if dotted is None and lines[outer].lstrip().startswith("["):
        end = _first(lines, r"\[", outer + 1)
        dotted = _first(lines[:end], own, outer + 1)
    return (outer if dotted is None else dotted) + 1


def _first(lines: list[str], pattern: str, start: int) -> int | None:
    return next((n for n in range(start, len(lines)) if re.match(rf"\s*{pattern}", lines[n])), None)
