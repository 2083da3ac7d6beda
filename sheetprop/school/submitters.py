"""Who handed in what, as Gradescope's export of submissions tells it in submission_metadata.yml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sheetprop.submission.open.archive import FILE_BYTES, Unreadable, open_zip, read_member

METADATA = "submission_metadata.yml"
_SUBMISSION = re.compile(r"['\"]?(submission_\w+)['\"]?:\s*")
_LIST = re.compile(r"\s+:submitters:\s*")
_FIELD = re.compile(r"(?P<indent>\s*)(?P<item>-\s+)?:(?P<key>\w+):(?:\s+(?P<value>.*?))?\s*")


@dataclass(frozen=True)
class Submitter:
    """One of those who handed a submission in; the others, where it is a group's, stand beside them."""

    name: str = ""
    sid: str = ""
    email: str = ""


def read_submitters(paths: Iterable[str | Path]) -> dict[str, tuple[Submitter, ...]]:
    """Who handed in each submission_… folder of the exports among paths, which are folders, archives or files.

    What cannot be read tells nothing: its submissions are then unmatched, and said to be.
    """
    found: dict[str, tuple[Submitter, ...]] = {}
    for text in _texts([Path(path) for path in paths]):
        found |= parse_submitters(text)
    return found


def parse_submitters(text: str) -> dict[str, tuple[Submitter, ...]]:
    """Who handed in each submission, of the text of a submission_metadata.yml.

    Read line by line: the file also holds the output of every test, too much for a general reader of YAML.
    """
    found: dict[str, list[dict[str, str]]] = {}
    submission: str | None = None
    depth: int | None = None
    for line in text.splitlines():
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
                places = [path / METADATA, path.parent / METADATA, *sorted(path.glob(f"*/{METADATA}"))]
                for place in places:
                    if place.is_file() and place.resolve() not in seen:
                        seen.add(place.resolve())
                        yield place.read_bytes().decode("utf-8", "replace")
            elif path.suffix.lower() == ".zip":
                yield from _packed(path)
        except (OSError, Unreadable):
            continue  # what is wrong with it is said where its submissions are read


def _packed(path: Path) -> Iterator[str]:
    with open_zip(path, "archive") as archive:
        for info in archive.infolist():
            name = PurePosixPath(info.filename.replace("\\", "/"))
            if name.name == METADATA and "__MACOSX" not in name.parts:
                yield read_member(archive, info, FILE_BYTES, "archive").decode("utf-8", "replace")
