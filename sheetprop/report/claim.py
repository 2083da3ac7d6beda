"""Which folders a report may be written to: new ones, empty ones and those of reports, by one run at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sheetprop.errors import InputError, reason
from sheetprop.output import check_folder
from sheetprop.report.folder import GRADEBOOK
from sheetprop.submission.open.intake import REPORT_MARK

LOCK = f"{REPORT_MARK}.lock"
LEFT_BY_SYSTEMS = frozenset((".DS_Store", "Thumbs.db", "desktop.ini"))
"""What file managers put into folders that are empty to their users."""
SAYS = "This folder is a report of sheetprop. What it wrote here, it replaces and deletes.\n"


@contextmanager
def claimed(folder: Path, *, used: Iterable[Path] = (), replace: bool = False) -> Iterator[None]:
    """A folder for a report, to which no other run writes until the block ends.

    ``used`` is what the run reads, which must not be in the folder; a report that is there already stays unless
    ``replace`` is set. The lock is the system's: it ends with the process, however that ends. Raises InputError where
    the folder cannot be written to, is not a report's, or is another run's.
    """
    check_folder(folder, folder / GRADEBOOK, replace, what="a report", instead="--resume to go on with it, ")
    try:
        _check_owner(folder, used)
        folder.mkdir(exist_ok=True)
        (folder / REPORT_MARK).write_text(SAYS, encoding="utf-8")
        lock = FileLock(folder / LOCK)
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"{folder}: another run writes this report; wait until it has ended, or name another folder"
        ) from None
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {reason(error)}") from None
    with lock:
        yield


def _check_owner(folder: Path, used: Iterable[Path]) -> None:
    """Raise InputError where a folder holds what no report wrote, or what is ``used``."""
    own = folder.resolve()
    for path in used:
        if path.resolve().is_relative_to(own):
            raise InputError(f"{folder}: holds {path}, which is read; name a folder for the report alone")
    if folder.is_dir() and not (folder / REPORT_MARK).is_file():
        there = sorted(child.name for child in folder.iterdir() if child.name not in LEFT_BY_SYSTEMS)
        if there:
            raise InputError(f"{folder}: holds {there[0]!r}, which no report wrote; name a new or an empty folder")


__all__ = ["LOCK", "claimed"]
