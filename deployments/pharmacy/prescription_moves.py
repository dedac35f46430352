"""What prescribers do with a prescription that needs no safety check."""

from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.pharmacy import mapping, rules
from deployments.pharmacy.access import find_known
from deployments.pharmacy.desk import Desk
from deployments.pharmacy.errors import PrescriptionNotFound
from deployments.pharmacy.moving import move
from deployments.pharmacy.prescription_schemas import Ending, Prescription
from deployments.pharmacy.recording import attempt
from deployments.pharmacy.transitions import Move
from storage.pharmacy import prescriptions


class PrescriptionMoves:
    """Rest and end. Medical records is only asked when it is another doctor's prescription."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def hold(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: Ending,
        expected: int | None = None,
    ) -> Prescription:
        """Lets a prescription rest; nothing is handed out.

        Raises:
            PrescriptionNotFound: none that the caller may know of.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: its status does not allow it.
            OwnPrescription: the caller is its patient.
        """
        return await self._moved(principal, Move.HOLD, prescription_id, expected, request)

    async def stop(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: Ending,
        expected: int | None = None,
    ) -> Prescription:
        """Ends a prescription, whatever was handed out.

        Raises:
            DomainError: as `hold`.
        """
        return await self._moved(principal, Move.STOP, prescription_id, expected, request)

    async def cancel(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: Ending,
        expected: int | None = None,
    ) -> Prescription:
        """Takes back a draft, or a prescription of which nothing was handed out.

        Raises:
            DomainError: as `hold`.
        """
        return await self._moved(principal, Move.CANCEL, prescription_id, expected, request)

    async def enter_in_error(
        self,
        principal: Principal,
        prescription_id: UUID,
        request: Ending,
        expected: int | None = None,
    ) -> Prescription:
        """It should never have been written; it stays, and says so.

        Raises:
            DomainError: as `hold`.
        """
        return await self._moved(principal, Move.ENTER_IN_ERROR, prescription_id, expected, request)

    async def _moved(
        self,
        principal: Principal,
        kind: Move,
        prescription_id: UUID,
        expected: int | None,
        why: Ending | None = None,
    ) -> Prescription:
        principal.require(Permission.PHARMACY_PRESCRIBE)
        known, _ = await find_known(self._desk, principal, prescription_id, kind.value)

        def work(connection: Connection) -> Prescription:
            row = prescriptions.lock(connection, prescription_id)
            if row is None:
                raise PrescriptionNotFound
            rules.check_version(row["version"], expected)
            rules.check_not_patient(row["patient_id"], principal.user_id)
            items = prescriptions.list_items(connection, prescription_id)
            changed = move(
                connection,
                principal,
                kind,
                row,
                self._desk.clock(),
                reason_code=why.reason_code if why else None,
                text=why.text if why else None,
                values={"status_reason": why.reason_code if why else None},
                items=items,
            )
            return mapping.prescription(changed, items)

        return await attempt(
            self._desk,
            principal,
            kind.value,
            self._desk.database.transact(work),
            object_id=prescription_id,
            patient_id=known["patient_id"],
        )
