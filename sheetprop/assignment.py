"""What a teacher sets: the example, the initial weights, the learning rates, how many iterations, which layout."""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from sheetprop.errors import InputError
from sheetprop.network import NETWORK, Network, Role
from sheetprop.options import DEFAULT_TEMPLATE, Layout
from sheetprop.rubric import CRITERIA

MAX_ITERATIONS = 1_000_000
"""A sheet holds 1,048,576 rows; this leaves room for headings."""
MAX_LEARNING_RATES = 30
"""CHOOSE, with which the workbook picks a sheet, takes 30 values in LibreOffice (254 in Excel)."""


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One assignment; raises :class:`InputError` where a value cannot be used.

    ``iterations`` counts rows, the initial weights' row (iteration 0) included. ``weights`` are in the order
    w1…w8. ``rubric`` has points by criterion (:data:`sheetprop.rubric.CRITERIA`). ``seed`` is the seed that random
    weights were drawn with, None where they were given.
    """

    title: str
    inputs: tuple[float, ...]
    targets: tuple[float, ...]
    weights: tuple[float, ...]
    learning_rates: tuple[float, ...]
    iterations: int
    layout: Layout
    rubric: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None
    network: Network = field(default=NETWORK, repr=False)

    def __post_init__(self) -> None:
        for name, role in GIVEN_BY.items():
            _check_numbers(name, getattr(self, name), self.network.keys(role))
        _check_rates(self.learning_rates)
        if self.iterations < 1:
            raise InputError(f"iterations: {self.iterations} is not possible; the least is 1, the row of iteration 0")
        if self.iterations > MAX_ITERATIONS:
            raise InputError(
                f"iterations: {self.iterations:,} do not fit on a sheet; at most {MAX_ITERATIONS:,} are possible"
            )

    @property
    def columns(self) -> list[str]:
        """The keys of the quantities that have a column in the layout; the classic one has none for steps."""
        return self.network.keys() if self.layout is Layout.FULL else self.network.keys_except(Role.STEP)

    @property
    def given(self) -> dict[str, float]:
        """Targets, inputs and initial weights by key, in the order of the sheet's columns."""
        values = {
            key: value
            for name, role in GIVEN_BY.items()
            for key, value in zip(self.network.keys(role), getattr(self, name), strict=True)
        }
        return {key: values[key] for key in self.network.keys(*GIVEN_BY.values())}

    def with_random_weights(self, seed: int) -> Assignment:
        """The same with weights drawn from −1 to 1 in steps of 0.01, the same for the same ``seed``."""
        import numpy as np

        if seed < 0:
            raise InputError(f"seed: {seed} is negative; give 0 or more")
        drawn = np.random.default_rng(seed).integers(-100, 101, size=len(self.weights)) / 100
        return replace(self, weights=tuple(drawn.tolist()), seed=seed)


ENCODING = "utf-8-sig"
"""Of templates: UTF-8, also with the mark at its beginning that some editors write."""
GIVEN_BY = {"targets": Role.TARGET, "inputs": Role.INPUT, "weights": Role.WEIGHT}
"""Which field of an assignment gives the quantities of which role."""

TEMPLATE_KEYS: Mapping[str, type] = {
    "title": str,
    "inputs": list,
    "targets": list,
    "weights": list,
    "learning_rates": list,
    "iterations": int,
    "layout": Layout,
    "rubric": dict,
}


def load_assignment(template: str | Path = DEFAULT_TEMPLATE, **changes: Any) -> Assignment:
    """Read a template and change what is given (None leaves the template's value).

    ``template`` is the name of a template that comes with sheetprop, or the path of a TOML file; what a file
    leaves out is as in the template "course". ``seed`` among the changes draws the weights instead.
    Raises InputError, with the file and line where there is one.
    """
    path = _find_template(template)
    values = _read_template(_find_template(DEFAULT_TEMPLATE))
    given = _read_template(path)
    if "rubric" in given:
        given["rubric"] = values["rubric"] | given["rubric"]
    seed = changes.pop("seed", None)
    if seed is not None:
        seed = _whole_number("seed", seed)
    if seed is not None and changes.get("weights") is not None:
        raise InputError("weights: given twice, as numbers and by a seed; leave one out")
    if changes.get("rubric") is not None:
        changes["rubric"] = (given.get("rubric") or values["rubric"]) | _points("rubric", changes["rubric"])
    changed = {key: _frozen(key, value) for key, value in changes.items() if value is not None}
    try:
        assignment = Assignment(**values | given | changed)
    except InputError as error:
        key = str(error).partition(":")[0]
        if key in given and key not in changed:
            raise InputError(f"{path}, line {_line_of(path, key)}: {error}") from None
        raise
    return assignment if seed is None else assignment.with_random_weights(seed)


def template_names() -> list[str]:
    """The names of the templates that come with sheetprop."""
    return sorted(path.stem for path in _template_folder().glob("*.toml"))


def _template_folder() -> Path:
    installed = Path(__file__).parent / "templates"
    return installed if installed.is_dir() else Path(__file__).parents[1] / "templates"


def _find_template(template: str | Path) -> Path:
    shipped = _template_folder() / f"{template}.toml"
    try:
        if Path(template).suffix != ".toml" and shipped.is_file():
            return shipped
        if Path(template).is_file():
            return Path(template)
    except OSError:  # no name that a file could have
        pass
    names = ", ".join(template_names())
    raise InputError(f"template {str(template)!r}: no such file; give the path of a TOML file or one of {names}")


def _read_template(path: Path) -> dict[str, Any]:
    try:
        read = tomllib.loads(path.read_text(encoding=ENCODING))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file: {error}") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    values = {}
    for key, value in read.items():
        try:
            values[key] = _frozen(key, value)
        except InputError as error:
            raise InputError(f"{path}, line {_line_of(path, key)}: {error}") from None
    return values


def _frozen(key: str, value: Any) -> Any:
    """``value`` as the type that an assignment keeps under ``key``."""
    kind = TEMPLATE_KEYS.get(key)
    if kind is None:
        near = difflib.get_close_matches(key, TEMPLATE_KEYS, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"the keys are {', '.join(TEMPLATE_KEYS)}"
        raise InputError(f"unknown key {key!r}; {hint}")
    if kind is list:
        items = value if isinstance(value, Iterable) and not isinstance(value, (str, bytes)) else [value]
        return tuple(_number(key, item) for item in items)
    if kind is dict:
        return _points(key, value)
    if kind is Layout:
        try:
            return Layout(value)
        except ValueError:
            raise InputError(f"{key}: {value!r} is not a layout; the layouts are {', '.join(Layout)}") from None
    if kind is int:
        return _whole_number(key, value)
    if not isinstance(value, str):
        raise InputError(f"{key}: {value!r} is not a text")
    return value


def _points(name: str, value: Any) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise InputError(f"{name}: {value!r} is not a table of points; write [{name}] and lines such as forward = 20")
    points = {}
    for key, number in value.items():
        if key not in CRITERIA:
            near = difflib.get_close_matches(key, CRITERIA, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the criteria are {', '.join(CRITERIA)}"
            raise InputError(f"{name}: unknown criterion {key!r}; {hint}")
        points[key] = _number(f"{name}.{key}", number)
        if not math.isfinite(points[key]) or points[key] < 0:
            raise InputError(f"{name}: {key} is {number}; points are 0 or more")
    return points


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise InputError(f"{key}: {value!r} is not a number")
    try:
        return float(value)
    except OverflowError:
        raise InputError(f"{key}: a number of {len(str(value))} digits is too large") from None


def _whole_number(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InputError(f"{key}: {value!r} is not a whole number")
    return int(value)


def _line_of(path: Path, key: str) -> int:
    lines = path.read_text(encoding=ENCODING).splitlines()
    pattern = re.compile(rf"""\s*(\[+\s*)?["']?{re.escape(key)}["']?\s*[=.\]]""")
    return next((n for n, line in enumerate(lines, start=1) if pattern.match(line)), 1)


def _check_numbers(name: str, values: Sequence[float], keys: Sequence[str]) -> None:
    if len(values) != len(keys):
        raise InputError(f"{name}: expected {len(keys)} numbers ({keys[0]} … {keys[-1]}), got {len(values)}")
    for key, value in zip(keys, values, strict=True):
        if not math.isfinite(value):
            raise InputError(f"{name}: {key} is {value}; it must be a finite number")


def _check_rates(rates: Sequence[float]) -> None:
    if not rates:
        raise InputError("learning_rates: none given; at least one is needed")
    if len(rates) > MAX_LEARNING_RATES:
        raise InputError(f"learning_rates: {len(rates)} are too many; at most {MAX_LEARNING_RATES} are possible")
    for n, rate in enumerate(rates):
        if not math.isfinite(rate) or rate <= 0:
            raise InputError(f"learning_rates: {rate} is not possible; a learning rate is a positive, finite number")
        if rate in rates[:n]:
            raise InputError(f"learning_rates: {rate} is given twice; each rate has a sheet of its own")
