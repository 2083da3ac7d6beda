"""Standard output and error that are closed, full, or read only in part, as by ``| head``: no defect of the command."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any, TextIO

from sheetprop.errors import InputError, reason


def steady_streams() -> None:
    """Put streams in the place of standard output and error that bear what readers and disks do.

    What nobody reads any more is dropped, as is all that standard error does not take. Printing raises InputError where
    a disk is full. A character that the stream cannot show becomes a question mark.
    """
    sys.stdout, sys.stderr = _steady(sys.stdout, _Output), _steady(sys.stderr, _Raw)


def _steady(stream: TextIO | None, kind: type[_Raw]) -> TextIO:
    if stream is None:  # closed before the command began
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
        if not stream.isatty():
            raw = kind(stream.fileno(), "w", closefd=False)
            return io.TextIOWrapper(
                io.BufferedWriter(raw),
                encoding=stream.encoding,
                errors="replace",
                line_buffering=stream.line_buffering,
                write_through=stream.write_through,
            )
    return stream


class _Raw(io.FileIO):
    lost = False

    def write(self, data: Any) -> int:
        if not self.lost:
            try:
                return super().write(data) or 0
            except OSError as error:
                self.lost = True  # or the end of the process would try it once more
                self.fail(error)
        return memoryview(data).nbytes

    def fail(self, error: OSError) -> None:
        """What is to be done about the first failure."""


class _Output(_Raw):
    def fail(self, error: OSError) -> None:
        if not isinstance(error, BrokenPipeError):
            raise InputError(f"what is printed cannot be written: {reason(error)}") from None
