"""Files that are written: refused beforehand where they cannot be, written whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from sheetprop.errors import InputError, reason

OWNER_FILES = ("~${}", ".~lock.{}#")
"""What Excel and LibreOffice put beside a workbook that is open in them."""
MARK = ".sheetprop-unfinished"
"""In each folder of an unfinished file: locked by the process that writes it, for as long as it lives."""


def check_output(path: Path, force: bool, *, what: str = "workbook", suffix: str = ".xlsx") -> None:
    """Raise InputError where ``path`` cannot be written.

    That is a wrong suffix, a folder that is not there or not ours, a file that is open in another program, and one
    that is there already unless ``force`` is given.
    """
    if path.suffix.lower() != suffix:
        raise InputError(f"{path}: a {what}'s name must end in {suffix}")
    try:
        _check_no_link(path)
        if path.is_dir():
            raise InputError(f"{path}: is a folder; name a file in it")
        if not path.parent.is_dir():
            raise InputError(f"{path}: the folder {path.parent} does not exist; create it first")
        if not os.access(path.parent, os.W_OK):
            raise InputError(f"{path}: the folder {path.parent} is not writable; choose another")
        if path.exists() and not force:
            raise InputError(f"{path}: exists already; use --force to replace it, or another name")
        check_closed(path)
        discard_unfinished(path.parent, path.name)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {reason(error)}") from None


def check_folder(folder: Path, sign: Path, force: bool, *, what: str, instead: str = "") -> None:
    """Raise InputError where a folder cannot be written to, or holds ``what`` already.

    It does where the file ``sign`` is there; ``force`` allows that. ``instead`` says what else could be done.
    """
    try:
        _check_no_link(folder)
        if folder.exists() and not folder.is_dir():
            raise InputError(f"{folder}: is a file; name a folder for {what}")
        if not folder.parent.is_dir():
            raise InputError(f"{folder}: the folder {folder.parent} does not exist; create it first")
        if sign.exists() and not force:
            raise InputError(f"{folder}: holds {what} already; use --force to replace it, {instead}or another folder")
        if not os.access(folder if folder.exists() else folder.parent, os.W_OK):
            raise InputError(f"{folder}: is not writable; choose another folder")
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {reason(error)}") from None


def _check_no_link(path: Path) -> None:
    """Raise InputError for a link: whether it or what it leads to is to be replaced, only its owner knows."""
    if path.is_symlink():
        raise InputError(f"{path}: is a link to {path.readlink()}; name what is to be written itself")


def check_closed(path: Path) -> None:
    """Raise InputError where a file that is there may not be written, or is open in a spreadsheet program."""
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"{path}: is not writable; change its permissions, or use another name")
    if any(path.with_name(owner.format(path.name)).exists() for owner in OWNER_FILES):
        raise InputError(f"{path}: is open in another program; close it there first")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; the file takes the place of ``path`` when the block ends, and is gone if it fails.

    The path is in a folder of its own, which other temporary files may use. Raises InputError where the file system
    fails.
    """
    try:
        with begun_beside(path) as folder:
            unfinished = folder / path.name
            yield unfinished
            unfinished.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {reason(error)}") from None


@contextmanager
def begun_beside(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` for what will take its place, removed when the block ends.

    Where the process is killed, :func:`discard_unfinished` finds it. Raises OSError where it cannot be made.
    """
    begun = tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent, ignore_cleanup_errors=True)
    with begun as folder, _marked(Path(folder)):
        yield Path(folder)


def discard_unfinished(folder: Path, *names: str) -> None:
    """Remove what processes that are no more left unfinished in a folder: of files with ``names``, of all without any.

    What another process is writing stays, and what nobody began here. Raises OSError where the folder cannot be read.
    """
    beginnings = tuple(f".{name}." for name in names) or (".",)
    with os.scandir(folder) as there:
        left = [Path(each.path) for each in there if each.name.startswith(beginnings) and each.is_dir()]
    for begun in left:
        if (begun / MARK).is_file() and _is_abandoned(begun):
            shutil.rmtree(begun, ignore_errors=True)


@contextmanager
def _marked(folder: Path) -> Iterator[None]:
    """Mark a folder as one that is being written to."""
    lock = FileLock(folder / MARK)
    with suppress(OSError, NotImplementedError):  # a file system without locks: nobody can tell, so nobody removes it
        lock.acquire(timeout=0)
    try:
        yield
    finally:
        lock.release()


def _is_abandoned(folder: Path) -> bool:
    lock = FileLock(folder / MARK)
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError, NotImplementedError):
        return False
    lock.release()
    return True
