"""Who handed in what, as Gradescope's export of submissions tells it in submission_metadata.yml."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from sheetprop.submission.open.archive import FILE_BYTES, Unreadable, open_zip, read_member

METADATA = "submission_metadata.yml"
EXPORT = re.compile(r"assignment_\w*export\w*")
"""The folder that Gradescope packs an export's submissions and metadata into."""
LONGEST_LINE = 2_000
"""Characters of a line that may tell of a submitter; the output of tests stands in longer ones."""
_SUBMISSION = re.compile(r"['\"]?(submission_\w+)['\"]?:")
_LIST = re.compile(r" +:submitters:")
_FIELD = re.compile(r"(?P<indent> *)(?P<item>- +)?:(?P<key>\w+):(?: +(?P<value>\S.*))?")

Folder = TypeVar("Folder", Path, str)


@dataclass(frozen=True)
class Submitter:
    """One of those who handed a submission in; the others, where it is a group's, stand beside them."""

    name: str = ""
    sid: str = ""
    email: str = ""


def read_submitters(paths: Iterable[str | Path]) -> dict[str, tuple[Submitter, ...]]:
    """Who handed in each submission_… folder of the exports among paths, which are folders, archives or files.

    Only a list where Gradescope puts it is read: beside the folders of the submissions, never one that was handed in.
    What cannot be read tells nothing: its submissions are then unmatched, and said to be.
    """
    found: dict[str, tuple[Submitter, ...]] = {}
    for text in _texts([Path(path) for path in paths]):
        found = parse_submitters(text) | found
    return found


def parse_submitters(text: str) -> dict[str, tuple[Submitter, ...]]:
    """Who handed in each submission, of the text of a submission_metadata.yml.

    Read line by line: the file also holds the output of every test, too much for a general reader of YAML.
    """
    found: dict[str, list[dict[str, str]]] = {}
    submission: str | None = None
    depth: int | None = None
    for whole in text.split("\n"):  # nothing else ends a line of YAML, whatever characters are in a test's output
        if len(whole) > LONGEST_LINE:
            continue
        line = whole.rstrip()
        if begun := _SUBMISSION.fullmatch(line):
            submission, depth = begun[1], None
            found[submission] = []
        elif submission is None:
            continue
        elif not found[submission] and _LIST.fullmatch(line):
            depth = len(line) - len(line.lstrip())
        elif depth is not None and (field := _FIELD.fullmatch(line)):
            if not field["item"] and len(field["indent"]) <= depth:
                depth = None  # the next key of the submission
            elif field["item"]:
                found[submission].append({field["key"]: _scalar(field["value"] or "")})
            elif found[submission]:
                found[submission][-1][field["key"]] = _scalar(field["value"] or "")
    return {
        name: tuple(Submitter(each.get("name", ""), each.get("sid", ""), each.get("email", "")) for each in people)
        for name, people in found.items()
    }


def _scalar(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'").strip()
    if text.startswith('"'):
        try:
            value = json.loads(text)
        except ValueError:
            return ""
        return value.strip() if isinstance(value, str) else ""
    return "" if text in ("~", "null", "''") else text.strip()


def _texts(paths: Sequence[Path]) -> Iterator[str]:
    seen: set[Path] = set()
    for path in paths:
        try:
            if path.is_dir():
                for place in _places(path):
                    if place.is_file() and place.resolve() not in seen and place.stat().st_size <= FILE_BYTES:
                        seen.add(place.resolve())
                        yield place.read_bytes().decode("utf-8", "replace")
            elif path.suffix.lower() == ".zip":
                yield from _packed(path)
        except (OSError, Unreadable):
            continue  # what is wrong with it is said where its submissions are read


def _places(folder: Path) -> list[Path]:
    """Where an export's list may be, from a folder that was given: the export, one submission's, or one above."""
    if _is_submissions(folder.name):
        return [folder.parent / METADATA]
    inner = [child for child in folder.iterdir() if child.is_dir() and not child.is_symlink()]
    return [folder / METADATA, *(child / METADATA for child in _exports(inner, lambda child: child.name))]


def _packed(path: Path) -> Iterator[str]:
    with open_zip(path, "archive") as archive:
        names = [PurePosixPath(info.filename.replace("\\", "/")) for info in archive.infolist()]
        outermost = sorted({name.parts[0] for name in names if len(name.parts) > 1} - {"__MACOSX"})
        trusted = [(METADATA,), *((folder, METADATA) for folder in _exports(outermost, str))]
        for info, name in zip(archive.infolist(), names, strict=True):
            if name.parts in trusted:
                yield read_member(archive, info, FILE_BYTES, "archive").decode("utf-8", "replace")


def _exports(folders: Sequence[Folder], name: Callable[[Folder], str]) -> list[Folder]:
    """Those of the outermost folders that may be Gradescope's; the others may be what a student called so."""
    called = [folder for folder in folders if EXPORT.fullmatch(name(folder))]
    return called or [folder for folder in folders if len(folders) == 1 and not _is_submissions(name(folder))]


def _is_submissions(name: str) -> bool:
    return re.fullmatch(r"submission_\w+", name) is not None
