"""Whether files are whole, each by its kind, and what of a folder is lost, changed or left over."""

from __future__ import annotations

import csv
import io
import json
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

UNFINISHED = ".sheetprop-unfinished"
LOCKS = (".sheetprop-report", ".sheetprop-report.lock")


def _packed(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.testzip() is None and len(archive.namelist()) > 0


def _list(data: bytes) -> bool:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return data.endswith(b"\n") and len({len(row) for row in rows}) == 1


def _parsed(data: bytes) -> bool:
    json.loads(data)
    return True


def _template(data: bytes) -> bool:
    return bool(tomllib.loads(data.decode())) or data.endswith(b"\n")


KINDS: Mapping[str, Callable[[bytes], bool]] = {
    ".xlsx": _packed,
    ".zip": _packed,
    ".csv": _list,
    ".json": _parsed,
    ".toml": _template,
    ".html": lambda data: data.rstrip().endswith(b"</html>"),
    ".key": lambda data: len(data.strip()) == 64,
}
"""By the ending, whether the bytes of a file are all there."""


def is_whole(path: Path) -> bool:
    """Whether a file can be read to its end."""
    check = KINDS.get(path.suffix)
    try:
        return check is None or check(path.read_bytes())
    except (ValueError, OSError, zipfile.BadZipFile):
        return False


def files(folder: Path) -> dict[str, bytes]:
    """The bytes of all files in a folder, by their names from there; unfinished ones left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _unfinished(folder, path) and path.name not in LOCKS
    }


def left_over(folder: Path) -> list[str]:
    """The folders of unfinished files."""
    return sorted(path.parent.relative_to(folder).as_posix() for path in folder.rglob(UNFINISHED))


def violations(folder: Path, before: Mapping[str, bytes], leaves: Sequence[str]) -> Iterator[str]:
    """What of ``before`` is lost or changed, but for what the command ``leaves``, and which files are not whole."""
    now = files(folder)
    for name, data in before.items():
        if name.partition("/")[0] not in leaves and now.get(name) != data:
            yield f"{name} is {'changed' if name in now else 'gone'}"
    for name, data in now.items():
        if data != before.get(name) and not is_whole(folder / name):
            yield f"{name} is not whole"


def _unfinished(folder: Path, path: Path) -> bool:
    return any((parent / UNFINISHED).exists() for parent in path.parents if parent.is_relative_to(folder))
