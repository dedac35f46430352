"""Who may see a conversation; one gate for every read."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.access import Permission, Principal
from deployments.chatbot.directory import Patients
from deployments.chatbot.errors import ConversationNotFound, PatientNotFound
from deployments.clock import Clock
from deployments.journal import Journal, audit_row
from storage.chatbot import conversations
from storage.database import Database


class Sight:
    """The gate.

    Args:
        database: of this service.
        patients: who treats whom.
        journal: takes the audit row of a denial.
        clock: tells the time.
    """

    def __init__(
        self, database: Database, patients: Patients, journal: Journal, clock: Clock
    ) -> None:
        self._database = database
        self._patients = patients
        self._journal = journal
        self._clock = clock

    async def find(self, principal: Principal, conversation_id: UUID) -> Row[Any]:
        """The conversation, for its patient, those who take part, and those who treat the patient.

        Raises:
            ConversationNotFound: absent and forbidden look alike; it is written down.
            CannotCheck: only medical records could say, and does not answer.
        """

        def look(connection: Connection) -> tuple[Row[Any] | None, bool]:
            row = conversations.find(connection, conversation_id)
            joined = row is not None and conversations.takes_part(
                connection, conversation_id, principal.user_id
            )
            return row, joined

        row, joined = await self._database.read(look)
        if row is not None and (joined or await self._treats(principal, row.patient_id)):
            return row
        await self.deny(principal, row.patient_id if row else None)
        raise ConversationNotFound

    async def check_patient(self, principal: Principal, patient_id: UUID) -> None:
        """Passes for those who treat the patient.

        Raises:
            PatientNotFound: none whom the caller treats; it is written down.
            CannotCheck: medical records does not answer.
        """
        if not await self._treats(principal, patient_id):
            await self.deny(principal, patient_id)
            raise PatientNotFound

    async def deny(self, principal: Principal, patient_id: UUID | None) -> None:
        """Writes down that somebody was kept from a patient's words."""
        row = audit_row(
            principal,
            "chatbot.read",
            "Communication",
            None,
            self._clock(),
            patient_id=patient_id,
            outcome="denied",
        )
        await self._journal.write(row)

    async def _treats(self, principal: Principal, patient_id: UUID) -> bool:
        if principal.has(Permission.CHATBOT_TALK) and principal.user_id == patient_id:
            return True
        if not principal.has(Permission.CHATBOT_CARE):
            return False
        return await self._patients.treats(principal, patient_id)
