"""What sheetprop says when it cannot do its work."""

from __future__ import annotations

import errno

REASONS = {
    errno.ENOENT: "there is no such file or folder",
    errno.EACCES: "permission is denied",
    errno.EPERM: "permission is denied",
    errno.EEXIST: "a file of that name is in its place",
    errno.EISDIR: "it is a folder",
    errno.ENOTDIR: "a part of its path is a file, not a folder",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is full",
    errno.EFBIG: "the file would be too large",
    errno.EROFS: "nothing can be written to this disk",
    errno.EIO: "the disk failed",
    errno.ELOOP: "its links lead in a circle",
    errno.EBUSY: "another program uses it",
    errno.ETXTBSY: "another program uses it",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
    errno.EINVAL: "the name is none that a file can have",
}
"""By the number that the system gives to a failure: what it means to a person, in the same words on every system."""


class InputError(ValueError):
    """Something that was asked for or handed in cannot be used; its text is one line: what, where, what to do."""


class Terminated(SystemExit):
    """A request from outside to end (SIGTERM), by a job scheduler say; its code is the exit code."""


def reason(error: OSError) -> str:
    """Why the system could not do what it was asked for."""
    if error.errno is None:
        return "it is damaged"
    return REASONS.get(error.errno, f"the system refuses it, with error {error.errno}")
