"""Results as bytes, and the record of one: with it, a submission that was judged need not be judged again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields

import msgspec

from sheetprop import __version__
from sheetprop.assigned import Assigned
from sheetprop.assignment import Assignment
from sheetprop.submission.findings import Submission


@dataclass(frozen=True)
class Record:
    """What was found, and of what: the program's version, digests of what was asked and of the file handed in.

    ``seal`` is a digest of what was found: a record that was altered is none. ``seed`` is what the run
    drew its numbers with: with the same one the file is judged the same.
    """

    version: str
    asked: str
    file: str
    seed: int
    submission: Submission
    seal: str

    @classmethod
    def of(cls, asked: str, data: bytes, seed: int, submission: Submission) -> Record:
        """The record of what this program found in ``data``."""
        file = hashlib.sha256(data).hexdigest()
        return cls(__version__, asked, file, seed, submission, hashlib.sha256(encode(submission)).hexdigest())


def digest(assignment: Assignment, assigned: Assigned | None = None) -> str:
    """A text that is the same exactly where the same was asked, of each student where they have own numbers."""
    # The network has no values of its own, and its equations are the version's.
    values = {field.name: getattr(assignment, field.name) for field in fields(assignment) if field.name != "network"}
    own = {entry.id: dict(entry.given) for entry in assigned.entries} if assigned else None
    return hashlib.sha256(msgspec.json.encode([values, own], enc_hook=dict, order="deterministic")).hexdigest()


def encode(result: Submission | Record) -> bytes:
    """One JSON document, without its line ends."""
    try:
        return msgspec.json.encode(result)
    except UnicodeEncodeError:  # half of a character, in a name say, has no bytes
        return json.dumps(msgspec.to_builtins(result), ensure_ascii=False).encode(errors="replace")


def decode(data: bytes) -> Submission:
    """What :func:`encode` was given."""
    return _SUBMISSION.decode(data)


def decode_record(data: bytes) -> Record | None:
    """A record, or None where the bytes are not one of this program's."""
    try:
        return _RECORD.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


_SUBMISSION: msgspec.json.Decoder[Submission] = msgspec.json.Decoder(Submission)
_RECORD: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
__all__ = ["Record", "decode", "decode_record", "digest", "encode"]
