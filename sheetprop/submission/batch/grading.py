"""Grading many submissions; one that takes too much time or memory does not hold up the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from sheetprop.assigned import read_assigned
from sheetprop.assignment import Assignment
from sheetprop.errors import InputError, reason
from sheetprop.execution import run_all
from sheetprop.submission.batch.spool import Spool
from sheetprop.submission.batch.time_limit import TooSlowError, time_limit
from sheetprop.submission.compare.samples import UNDRAWN
from sheetprop.submission.findings import Submission
from sheetprop.submission.grade.submission import grade, unreadable
from sheetprop.submission.open.intake import Source
from sheetprop.submission.open.package import Unreadable

PANIC = "pyo3_runtime"
"""Where the engine's panics are from, which are no exceptions of the usual kind."""
PLEASE_REPORT = "(please report this)"
"""Ends the reason why nothing was judged where that is a defect of ours rather than of the file."""


class Keeper(Protocol):
    """Keeps what is found, so that it need not be found again."""

    def kept(self, source: Source, data: bytes) -> Submission | None:
        """What was found in ``data`` before, if it is what would be found now."""

    def keep(self, source: Source, data: bytes | None, submission: Submission) -> None:
        """Write the reports of one submission; ``data`` is None where it could not be judged to the end."""


@dataclass(frozen=True)
class Work:
    """What is done for each submission: it is graded, and its reports are written by the ``keeper``.

    ``assigned`` is the list of who has which numbers, a path that each process reads once. ``seed`` is the run's, as
    :func:`sheetprop.submission.grade.submission.grade` has it.
    """

    assignment: Assignment
    assigned: Path | None = None
    keeper: Keeper | None = None
    seed: int = UNDRAWN

    def __call__(self, source: Source) -> Submission:
        """Grade one submission; whatever is wrong with the file is a result.

        Raises InputError where something else is wrong: the disk is full, or the list of assigned numbers is gone.
        """
        try:
            with time_limit():
                return self._graded(source)
        except Unreadable as refusal:
            return self._refused(source, str(refusal))
        except (TooSlowError, MemoryError, RecursionError) as error:
            what = "time" if isinstance(error, TooSlowError) else "memory"
            return self._refused(source, f"This file takes more {what} than any submission needs")
        except InputError:
            raise
        except OSError as error:  # of the machine: source.read() tells what is wrong with the file
            raise InputError(f"{source.name}: cannot be judged: {reason(error)}") from None
        except BaseException as error:  # a defect of ours must not cost the others their results
            if not isinstance(error, Exception) and type(error).__module__ != PANIC:
                raise
            failure = f"This file could not be judged: {type(error).__name__}: {error}"
            return self._refused(source, f"{' '.join(failure.split())} {PLEASE_REPORT}")

    def lost(self, source: Source) -> Submission:
        """The result of a submission that kills the process which judges it."""
        return self._refused(source, "This file brought down the program that reads it, or kept it busy for too long")

    def _graded(self, source: Source) -> Submission:
        data = source.read()
        submission = self.keeper.kept(source, data) if self.keeper else None
        if submission is None:
            assigned = read_assigned(self.assigned) if self.assigned else None
            submission = grade(data, source.name, self.assignment, assigned, source.student, self.seed)
            if self.keeper:
                self.keeper.keep(source, data, submission)
        return submission

    def _refused(self, source: Source, reason: str) -> Submission:
        submission = replace(unreadable(source.name, reason, self.assignment), student=source.student)
        if self.keeper:
            self.keeper.keep(source, None, submission)
        return submission


def grade_all(
    sources: Sequence[Source],
    work: Work,
    *,
    workers: int | None = None,
    dask: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Spool:
    """Grade ``sources`` as :func:`sheetprop.execution.run_all` runs things; the results are in their order."""
    if dask is not None:  # whose workers have working folders of their own
        sources = [replace(source, path=source.path.absolute()) for source in sources]
    spool = Spool(len(sources))
    results = run_all(work, sources, workers=workers, dask=dask, lost=work.lost)
    for done, (n, submission) in enumerate(results, start=1):
        spool.put(n, submission)
        if progress:
            progress(done, len(sources))
    return spool


__all__ = ["PLEASE_REPORT", "Keeper", "Work", "grade_all"]
