"""Which files are submissions: those given, those in folders, and those in zip archives as course platforms make them.

Nothing is ever unpacked to the disk: the names in an archive are only shown, and made into names for report folders.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from sheetprop.errors import InputError, reason
from sheetprop.file_names import FileNames
from sheetprop.submission.open.archive import (
    FILE_BYTES,
    HAND_IN,
    MEGABYTE,
    SEND_AGAIN,
    ZIP,
    Unreadable,
    check_size,
    open_zip,
    read_member,
)

SUFFIXES = frozenset((".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods", ".csv", ".numbers"))
"""What submissions end in. Those that are no Excel workbooks are taken too, so that someone is told about them."""
ARCHIVE = ".zip"
DOCUMENTS = frozenset(("[content_types].xml", "mimetype", "index/document.iwa"))
"""Members that make a zip file a document (of Office, OpenDocument, Apple) rather than an archive of documents."""
ARCHIVE_BYTES = 2000 * MEGABYTE
"""The largest archive: a thousand submissions of the largest size known. It is never held in memory whole."""
HAND_IN_PARTS, HAND_IN_BYTES = 1_000, 5 * FILE_BYTES
"""The most that an archive in an archive, which a student packed, may have in it, and unpack to."""
A_LINK = f"This is a link to another file or folder, and links are not followed: {HAND_IN}"

REPORT = ("submissions", "feedback.html")
"""Where a folder of reports has a folder per submission, and what each of those holds."""
REPORT_MARK = ".sheetprop-report"
"""The file by which a folder is known for a report; names alone tell nothing, students choose them as well."""


@dataclass(frozen=True)
class Source:
    """A submission: its ``name`` as shown, and where it is.

    ``member`` is its name in the archive at ``path``, and ``inner`` its name in the archive that this member is.
    ``slug`` is a name for its report folder, unlike any other of the batch. ``refusal`` is why it cannot be read, where
    that is known before. ``student`` is the id of the student whose it is, where the caller knows.
    """

    name: str
    path: Path
    member: str | None
    slug: str
    inner: str | None = None
    refusal: str | None = None
    student: str | None = None

    def read(self) -> bytes:
        """The bytes of the file. Raises Unreadable."""
        if self.refusal is not None:
            raise Unreadable(self.refusal)
        try:
            if self.member is None:
                return _read_file(self.path)
            archive = _open_archive(self.path, *_stamp(self.path))
            if self.inner is not None:
                return _member(_open_inner(self.path, self.member, *_stamp(self.path)), self.inner)
            return _member(archive, self.member)
        except OSError as error:
            raise Unreadable(f"This file cannot be read ({reason(error)}): {SEND_AGAIN}") from None


@dataclass(frozen=True)
class HandIns:
    """What is at the paths that were given: submissions, and files of ``other`` endings than submissions have."""

    submissions: list[Source]
    others: list[Source]
    without: list[Path]
    """Folders without submissions."""

    def check(self, taken: Sequence[Source]) -> None:
        """Raise InputError where of a folder, or of all that was given, nothing was ``taken`` as a submission."""
        for folder in self.without:
            if not any(source.path.is_relative_to(folder) for source in taken):
                name = _displayed(str(folder))
                raise InputError(f"{name}: no submissions in this folder; they end in .xlsx, or are in a .zip archive")
        if not taken:
            raise InputError("no submissions: give the paths of workbooks, folders or zip archives")


def find_submissions(paths: Sequence[str | Path]) -> list[Source]:
    """The submissions at paths: files as they are, folders and zip archives with all in them, each file once.

    Raises InputError where a path does not exist, or a folder has no submission in it. What cannot be read otherwise,
    a damaged archive say, is a submission of its own whose ``read`` tells why.
    """
    found = find_hand_ins(paths)
    found.check(found.submissions)
    return found.submissions


def find_hand_ins(paths: Sequence[str | Path]) -> HandIns:
    """The submissions at paths, and the other files: a student may have handed in one of those.

    Raises InputError where a path does not exist.
    """
    finder = _Finder()
    for path in paths:
        finder.add(Path(path))
    return finder.found()


class _Finder:
    def __init__(self) -> None:
        self.sources: list[Source] = []
        self._others: list[tuple[str, Path, str, str | None, str | None]] = []
        self._without: list[Path] = []
        self._seen: set[str] = set()
        self._names = FileNames("submission")

    def found(self) -> HandIns:
        """All that was found; the names for reports of submissions do not depend on what else is there."""
        others = [
            Source(name, path, member, self._names.of(_without_suffix(label)), refusal=refusal)
            for name, path, label, member, refusal in self._others
        ]
        return HandIns(self.sources, others, self._without)

    def add(self, path: Path) -> None:
        """All submissions at a path that was given."""
        name = _displayed(str(path))
        try:
            if not path.exists():
                raise InputError(f"{name}: no such file or folder")
            if _is_special(path):
                raise InputError(f"{name}: neither a file nor a folder")
            files = [(path, True)] if path.is_file() else list(_files(path))
        except OSError as error:
            raise InputError(f"{_displayed(error.filename or name)}: cannot be read: {reason(error)}") from None
        if not any(wanted for _, wanted in files):
            self._without.append(path)
        for file, wanted in files:
            # A link is itself, not what it leads to.
            place = os.path.normcase(file.parent.resolve() / file.name)
            if place not in self._seen:
                self._seen.add(place)
                label = file.relative_to(path).as_posix() if file != path else file.name
                if wanted:
                    self._add_file(file, label)
                else:
                    refusal = A_LINK if file.is_symlink() else None
                    self._others.append((_displayed(str(file)), file, label, None, refusal))

    def _add_file(self, path: Path, label: str) -> None:
        name = _displayed(str(path))
        if path.is_symlink():
            self._append(name, path, label, refusal=A_LINK)
        elif path.suffix.lower() == ARCHIVE and _begins_like_zip(path):
            self._add_archive(path, name, label)
        else:
            self._append(name, path, label)

    def _add_archive(self, path: Path, name: str, label: str) -> None:
        """The submissions in an archive; all or none, because half a batch would look like a whole one."""
        try:
            size = path.stat().st_size
            if size > ARCHIVE_BYTES:
                raise Unreadable(
                    f"This archive is too large ({size / MEGABYTE:.0f} MB; at most {ARCHIVE_BYTES // MEGABYTE} MB "
                    "are read): unpack it and hand in the workbooks"
                )
            archive = _open_archive(path, *_stamp(path))
            if _is_document(archive):
                self._append(name, path, label)
                return
            found = list(_contents(path, archive))
            for shown, info in _members(archive, _is_other):
                refusal = A_LINK if _is_link(info) else None
                self._others.append((f"{name}/{shown}", path, shown, info.filename, refusal))
        except Unreadable as error:
            self._append(name, path, label, refusal=str(error))
            return
        except OSError as error:
            broken = f"This archive cannot be read ({reason(error)}): {SEND_AGAIN}"
            self._append(name, path, label, refusal=broken)
            return
        if not found:
            self._append(name, path, label, refusal=f"This archive has no workbook in it: {HAND_IN}")
        for shown, member, inner, refusal in found:
            self._append(f"{name}/{shown}", path, shown, member, inner, refusal)

    def _append(
        self,
        name: str,
        path: Path,
        label: str,
        member: str | None = None,
        inner: str | None = None,
        refusal: str | None = None,
    ) -> None:
        self.sources.append(Source(name, path, member, self._names.of(_without_suffix(label)), inner, refusal))


Found = tuple[str, str, str | None, str | None]
"""A submission in an archive: its name as shown, its member, its member within that, why it cannot be read."""


def _contents(path: Path, archive: zipfile.ZipFile) -> Iterator[Found]:
    """What submissions are in an archive, and in the archives in it.

    Whatever is wrong with one of them, or too much in it, makes only that one unreadable.
    """
    for shown, info in _members(archive, _is_wanted):
        if _is_link(info):
            yield shown, info.filename, None, A_LINK
        elif PurePosixPath(shown).suffix.lower() == ARCHIVE:
            yield from _inner_contents(path, shown, info.filename)
        else:
            yield shown, info.filename, None, None


def _inner_contents(path: Path, shown: str, member: str) -> Iterator[Found]:
    """What submissions are in an archive in an archive."""
    try:
        archive = _open_inner(path, member, *_stamp(path))
    except Unreadable as error:
        yield shown, member, None, str(error)
        return
    if _is_document(archive):
        yield shown, member, None, None
        return
    found = _members(archive, _is_wanted)
    if not found:
        yield shown, member, None, f"This archive has no workbook in it: {HAND_IN}"
    elif sum(min(info.file_size, FILE_BYTES) for _, info in found) > HAND_IN_BYTES:
        most = HAND_IN_BYTES // MEGABYTE
        yield shown, member, None, f"This archive unpacks to more than {most} MB: unpack it and {HAND_IN}"
    else:
        for name, info in found:
            refusal = A_LINK if _is_link(info) else None
            if refusal is None and PurePosixPath(name).suffix.lower() == ARCHIVE:
                refusal = f"This is an archive in an archive in an archive: unpack it and {HAND_IN}"
            yield f"{shown}/{name}", member, info.filename, refusal


def _members(archive: zipfile.ZipFile, chosen: Callable[[Sequence[str]], bool]) -> list[tuple[str, zipfile.ZipInfo]]:
    """The chosen members by their names as shown. Of members of one name the last one counts."""
    named = sorted((_member_name(info), name) for name, info in archive.NameToInfo.items())
    return [(shown, archive.NameToInfo[name]) for shown, name in named if chosen(shown.split("/"))]


def _is_link(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a symbolic link, as archives of Unix have them; its content is where it leads."""
    return stat.S_ISLNK(info.external_attr >> 16)


def _files(folder: Path) -> Iterator[tuple[Path, bool]]:
    """The files in a folder in the order of their paths, and whether each is a submission or an archive by its name.

    Links to folders are among them: they are not followed.
    """
    start, waiting = folder, [folder]
    while waiting:
        path = waiting.pop()
        if path != start and (path.is_symlink() or not path.is_dir()):
            yield path, path.is_dir() or _is_wanted((path.name,))
        elif path == start or not _is_report(path):
            children = [c for c in path.iterdir() if not _is_hidden((c.name,)) and not _is_special(c)]
            waiting += sorted(children, key=lambda child: child.name, reverse=True)


def _is_report(folder: Path) -> bool:
    """Whether a folder is what an earlier validation wrote: its copies of submissions are not submissions."""
    return (folder / REPORT_MARK).is_file()


def _is_special(path: Path) -> bool:
    """Whether a path is a pipe, a device or the like, which one may wait for forever."""
    return path.exists() and not path.is_file() and not path.is_dir()


def _is_hidden(parts: Sequence[str]) -> bool:
    """Whether a path below one that was given is hidden, or a lock of Office, or what a Mac packs beside files."""
    named = [part for part in parts if part not in (".", "..")]
    return any(part.startswith((".", "~$")) or part == "__MACOSX" for part in named)


def _is_wanted(parts: Sequence[str]) -> bool:
    """Whether a path below one that was given is a submission or an archive."""
    suffix = PurePosixPath(parts[-1]).suffix.lower()  # none for "", which a folder in an archive ends in
    return not _is_hidden(parts) and (suffix in SUFFIXES or suffix == ARCHIVE)


def _is_other(parts: Sequence[str]) -> bool:
    """Whether a path below one that was given is another file."""
    return parts[-1] != "" and not _is_hidden(parts) and not _is_wanted(parts)


def _is_document(archive: zipfile.ZipFile) -> bool:
    return any(name.replace("\\", "/").lower() in DOCUMENTS for name in archive.NameToInfo)


def _begins_like_zip(path: Path) -> bool:
    """Whether to look for submissions in a file; others say themselves what they are when they are opened."""
    try:
        with path.open("rb") as file:
            return file.read(4) in ZIP
    except OSError:
        return False


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(FILE_BYTES + 1)
    check_size(path.stat().st_size if len(data) > FILE_BYTES else len(data))
    return data


def _stamp(path: Path) -> tuple[int, int, int]:
    """What a file kept open is known by: not in another process, where the place to read at would be shared."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size, os.getpid()


@lru_cache(maxsize=4)
def _open_archive(path: Path, *_stamp: int) -> zipfile.ZipFile:
    """An archive, kept open because its list of members is long to read for every member."""
    return open_zip(path, "archive")


@lru_cache(maxsize=2)
def _open_inner(path: Path, member: str, *stamp: int) -> zipfile.ZipFile:
    """An archive in an archive."""
    return open_zip(_member(_open_archive(path, *stamp), member), "archive", HAND_IN_PARTS)


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    info = archive.NameToInfo.get(name)
    if info is None:
        raise Unreadable(f"This file is no longer in its archive: {SEND_AGAIN}")
    check_size(info.file_size)
    return read_member(archive, info, FILE_BYTES, "file")


def _member_name(info: zipfile.ZipInfo) -> str:
    """A member's name as shown: with slashes, and in the encoding that most archives have who tell none."""
    name = info.filename
    if not info.flag_bits & 0x800:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = info.filename
    return _displayed(name.replace("\\", "/"))


def _displayed(name: str) -> str:
    """A name that is one line and harmless to print."""
    return "".join(character if character.isprintable() else "\ufffd" for character in name)


def _without_suffix(label: str) -> str:
    path = PurePosixPath(label)
    return label[: -len(path.suffix)] if path.suffix.lower() in SUFFIXES | {ARCHIVE} else label
