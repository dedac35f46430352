"""Moves of a stock document: which status allows which, and where it leads."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from deployments.pharmacy.errors import MoveNotAllowed


class DocumentKind(StrEnum):
    """Why stock moves."""

    RECEIPT = "receipt"
    TRANSFER = "transfer"
    COUNT = "count"
    ADJUSTMENT = "adjustment"
    DISPOSAL = "disposal"


class DocumentStatus(StrEnum):
    """How far a document is."""

    NEW = "new"
    SUBMITTED = "submitted"
    DISPATCHED = "dispatched"
    COMPLETED = "completed"
    RETURNED = "returned"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class DocumentMove(StrEnum):
    """What can be done to a document; the word stands in the audit log."""

    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    RECEIVE = "receive"
    RETURN = "return"


_S = DocumentStatus
_MOVES: Final[Mapping[DocumentMove, tuple[frozenset[DocumentStatus], DocumentStatus]]] = {
    DocumentMove.SUBMIT: (frozenset({_S.NEW}), _S.SUBMITTED),
    DocumentMove.APPROVE: (frozenset({_S.SUBMITTED}), _S.COMPLETED),
    DocumentMove.REJECT: (frozenset({_S.SUBMITTED}), _S.REJECTED),
    DocumentMove.CANCEL: (frozenset({_S.NEW, _S.SUBMITTED}), _S.CANCELLED),
    DocumentMove.RECEIVE: (frozenset({_S.DISPATCHED}), _S.COMPLETED),
    DocumentMove.RETURN: (frozenset({_S.DISPATCHED}), _S.RETURNED),
}


def check_move(move: DocumentMove, status: DocumentStatus, kind: DocumentKind) -> DocumentStatus:
    """The status after the move; an approved transfer is on its way until it is received.

    Raises:
        MoveNotAllowed: the status does not allow it.
    """
    sources, target = _MOVES[move]
    if status not in sources:
        raise MoveNotAllowed(f"{move} is not possible while the document is {status}")
    if move is DocumentMove.APPROVE and kind is DocumentKind.TRANSFER:
        return DocumentStatus.DISPATCHED
    return target
