"""The results of a batch, on disk: ten thousand take no more memory than ten."""

from __future__ import annotations

import tempfile
import weakref
from array import array
from collections.abc import Sequence
from threading import Lock
from typing import overload

from sheetprop.errors import InputError, reason
from sheetprop.submission.findings import Submission
from sheetprop.submission.grade.record import decode, encode

IN_MEMORY = 1024**2
"""Bytes for which no file is made; a submission has some thousand."""


class Spool(Sequence[Submission]):
    """So many submissions, put in any order and taken one by one; their temporary file goes when they do."""

    def __init__(self, count: int) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115
        self._places, self._sizes = array("Q", bytes(8 * count)), array("Q", bytes(8 * count))
        self._lock = Lock()
        weakref.finalize(self, self._file.close)

    def put(self, n: int, submission: Submission) -> None:
        """Have this submission at index ``n``. Raises InputError where the disk is full."""
        data = encode(submission)
        try:
            with self._lock:
                self._places[n] = self._file.seek(0, 2)
                self._sizes[n] = self._file.write(data)
        except OSError as error:
            folder = tempfile.gettempdir()
            raise InputError(f"{folder}: cannot hold the results: {reason(error)}; make room there") from None

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Submission: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Submission, ...]: ...

    def __getitem__(self, index: int | slice) -> Submission | tuple[Submission, ...]:
        if isinstance(index, slice):
            return tuple(self[n] for n in range(*index.indices(len(self))))
        with self._lock:
            self._file.seek(self._places[index])
            data = self._file.read(self._sizes[index])
        return decode(data)

    def __reduce__(self) -> tuple[type[tuple[Submission, ...]], tuple[tuple[Submission, ...]]]:
        # A copy, for another process say, cannot share the file.
        return tuple, (tuple(self),)


__all__ = ["Spool"]
