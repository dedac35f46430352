"""What a pharmacist says to a prescription before anything is handed out."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.pharmacy import mapping, rules
from deployments.pharmacy.access import find_known
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.errors import Expired, PrescriptionNotFound
from deployments.pharmacy.events import (
    PrescriptionAnswered,
    PrescriptionQueried,
    PrescriptionRejected,
)
from deployments.pharmacy.mapping import Row
from deployments.pharmacy.moving import move
from deployments.pharmacy.prescription_schemas import Answer, PharmacistNote, Prescription
from deployments.pharmacy.recording import attempt
from deployments.pharmacy.transitions import Move
from deployments.publishing import publish
from storage.pharmacy import prescriptions

TOLD = {Move.QUERY: PrescriptionQueried, Move.REJECT: PrescriptionRejected}


class Verification:
    """The talk between pharmacist and prescriber; it stands in the prescription's history."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def verify(
        self, principal: Principal, prescription_id: UUID, expected: int | None = None
    ) -> Prescription:
        """The prescription is right and may be handed out.

        Raises:
            PrescriptionNotFound: no such prescription.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: one of its statuses does not allow it.
            OwnPrescription: the caller wrote it, or is its patient.
            Expired: it can no longer be handed out.
        """
        return await self._said(principal, Move.VERIFY, prescription_id, expected)

    async def query(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: PharmacistNote,
        expected: int | None = None,
    ) -> Prescription:
        """Asks the prescriber something; nothing is handed out until they answer.

        Raises:
            DomainError: as `verify`.
        """
        return await self._said(principal, Move.QUERY, prescription_id, expected, request)

    async def reject(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: PharmacistNote,
        expected: int | None = None,
    ) -> Prescription:
        """Will not hand it out; the prescriber revises or stops it.

        Raises:
            DomainError: as `verify`.
        """
        return await self._said(principal, Move.REJECT, prescription_id, expected, request)

    async def answer(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: Answer,
        expected: int | None = None,
    ) -> Prescription:
        """The prescriber answers; the pharmacist looks again.

        Raises:
            PrescriptionNotFound: the caller did not write it.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: nothing was asked.
        """
        principal.require(Permission.PHARMACY_PRESCRIBE)
        row, basis = await find_known(self._desk, principal, prescription_id, Move.ANSWER.value)
        if basis != "prescriber":
            raise PrescriptionNotFound

        def work(connection: Connection) -> Prescription:
            locked = _lock(connection, row["id"], expected)
            now = self._desk.clock()
            changed = move(connection, principal, Move.ANSWER, locked, now, text=request.text)
            publish(connection, PrescriptionAnswered(**mapping.about(changed)))
            return _answered(connection, changed)

        return await self._attempt(principal, Move.ANSWER, work, row)

    async def _said(
        self,
        principal: Principal,
        kind: Move,
        prescription_id: UUID,
        expected: int | None,
        note: PharmacistNote | None = None,
    ) -> Prescription:
        principal.require(Permission.PHARMACY_VERIFY)
        row, _ = await find_known(self._desk, principal, prescription_id, kind.value)

        def work(connection: Connection) -> Prescription:
            rules.check_independent(row["practitioner_id"], row["patient_id"], principal.user_id)
            now = self._desk.clock()
            locked = _lock(connection, prescription_id, expected)
            if locked["valid_until"] < now:
                raise Expired
            verified = {"verified_by": principal.user_id, "verified_at": now}
            changed = move(
                connection,
                principal,
                kind,
                locked,
                now,
                reason_code=note.reason_code if note else None,
                text=note.text if note else None,
                values=verified if kind is Move.VERIFY else None,
            )
            if note is not None:
                publish(
                    connection, TOLD[kind](**mapping.about(changed), reason_code=note.reason_code)
                )
            return _answered(connection, changed)

        return await self._attempt(principal, kind, work, row)

    async def _attempt(
        self,
        principal: Principal,
        kind: Move,
        work: Callable[[Connection], Prescription],
        known: Row,
    ) -> Prescription:
        return await attempt(
            self._desk,
            principal,
            kind.value,
            self._desk.database.transact(work),
            object_id=known["id"],
            patient_id=known["patient_id"],
        )


def _lock(connection: Connection, prescription_id: UUID, expected: int | None) -> Row:
    row = prescriptions.lock(connection, prescription_id)
    if row is None:
        raise PrescriptionNotFound
    rules.check_version(row["version"], expected)
    return row


def _answered(connection: Connection, row: Row) -> Prescription:
    return mapping.prescription(row, prescriptions.list_items(connection, row["id"]))
