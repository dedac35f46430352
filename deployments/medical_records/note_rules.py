"""Rules of clinical notes: who may touch a draft, and what a signature seals."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from deployments.access import Permission, Principal
from deployments.medical_records.errors import NoteStatusRefused, NotTheAuthor, RecordNotFound
from deployments.medical_records.note_schemas import NoteStatus

SEALED: Final = (
    "id",
    "patient_id",
    "encounter_id",
    "recorder_id",
    "type",
    "title",
    "language",
    "sections",
    "parent_id",
    "signed_at",
    "signed_by",
)
"""What the digest speaks of: all that a reader relies on. The status may move on."""
SIGNED: Final = frozenset({NoteStatus.FINAL, NoteStatus.AMENDED})


def digest_of(note: Mapping[Any, Any]) -> str:
    """SHA-256, in hex, of the canonical form of a signed note.

    Canonical: a JSON object of the sealed columns with sorted keys, no white space, UTF-8;
    times in UTC with microseconds, ids in lower case.
    """
    sealed = {name: _plain(note[name]) for name in SEALED}
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def is_intact(note: Mapping[Any, Any]) -> bool | None:
    """Whether a note still says what was signed; None when nothing was."""
    return None if note["digest"] is None else note["digest"] == digest_of(note)


def check_visible(reader_id: UUID, note: Mapping[Any, Any]) -> None:
    """Patients see what was signed; those who treat them see drafts too, marked so.

    Raises:
        RecordNotFound: a draft of the reader's own chart.
    """
    if note["patient_id"] == reader_id and note["signed_at"] is None:
        raise RecordNotFound


def check_draft(principal: Principal, note: Mapping[Any, Any]) -> None:
    """The caller may change or sign the draft: it is one, and theirs.

    Raises:
        NotTheAuthor: somebody else wrote it.
        NoteStatusRefused: it is signed.
    """
    if note["recorder_id"] != principal.user_id:
        raise NotTheAuthor
    if note["status"] != NoteStatus.PRELIMINARY:
        raise NoteStatusRefused("it is signed: add an addendum")


def check_addable(note: Mapping[Any, Any]) -> None:
    """The note can be added to: it is signed, and no addendum itself.

    Raises:
        NoteStatusRefused: it is a draft, or an addendum.
    """
    if note["status"] not in SIGNED:
        raise NoteStatusRefused("a draft is changed, not added to")
    if note["parent_id"] is not None:
        raise NoteStatusRefused("add to the note that this one adds to")


def check_voidable(principal: Principal, note: Mapping[Any, Any]) -> None:
    """A note is voided by its author, or by a doctor: somebody must when the author is gone.

    Raises:
        NotTheAuthor: the caller is neither.
    """
    own = note["recorder_id"] == principal.user_id
    if not own and not principal.has(Permission.RECORDS_DIAGNOSE):
        raise NotTheAuthor


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value
