"""Who takes part in an encounter, and so reads the chart."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.errors import FieldError
from deployments.medical_records import encounter_rules as rules
from deployments.medical_records import relations
from deployments.medical_records.desk import Desk
from deployments.medical_records.encounter_rules import EncounterStatus
from deployments.medical_records.encounter_schemas import (
    Encounter,
    Participant,
    ParticipantRequest,
)
from deployments.medical_records.encounter_shapes import ENCOUNTER, dumped
from deployments.medical_records.entries import Chart, Row, Values
from deployments.medical_records.errors import EncounterRefused, RecordNotFound
from storage.medical_records import relations as relation_rows


class Participation:
    """Operations about the people of an encounter."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._chart = Chart(desk.gate, ENCOUNTER)

    async def join(
        self,
        principal: Principal,
        patient_id: UUID,
        encounter_id: UUID,
        request: ParticipantRequest,
        expected: int | None,
    ) -> Encounter:
        """Somebody takes part from now on, and may read the chart.

        Raises:
            EncounterRefused: nobody who works here, or who takes part already.
            EncounterStatusRefused: it is over.
            DomainError: as `Encounters.arrive`.
        """
        who = request.practitioner_id
        works_here = await self._desk.directory.is_practitioner(who)

        def decide(connection: Connection, row: Row, now: datetime) -> Values:
            if not works_here:
                raise _refused("nobody who works here")
            rules.check_open(EncounterStatus(row["status"]))
            taking_part = ENCOUNTER.shape(row).participants
            if any(one.practitioner_id == who and one.end is None for one in taking_part):
                raise _refused("takes part already")
            relations.begin_encounter(
                connection,
                patient_id=patient_id,
                practitioner_ids=[who],
                encounter_id=encounter_id,
                at=now,
            )
            joined = Participant(practitioner_id=who, role=request.role, start=now)
            return {"participants": dumped([*taking_part, joined])}

        return await self._chart.change(
            principal, patient_id, encounter_id, "join", decide, expected
        )

    async def withdraw(
        self,
        principal: Principal,
        patient_id: UUID,
        encounter_id: UUID,
        practitioner_id: UUID,
        expected: int | None,
    ) -> Encounter:
        """Somebody takes part no more, and reads the chart for some days only, never longer.

        Raises:
            RecordNotFound: they do not take part.
            DomainError: as `Encounters.arrive`.
        """

        def decide(connection: Connection, row: Row, now: datetime) -> Values:
            before = ENCOUNTER.shape(row).participants
            after = [_ended(one, practitioner_id, now) for one in before]
            if after == before:
                raise RecordNotFound
            until = now + self._desk.settings.after_encounter
            relation_rows.end(connection, "encounter", encounter_id, until, practitioner_id)
            return {"participants": dumped(after)}

        return await self._chart.change(
            principal, patient_id, encounter_id, "withdraw", decide, expected
        )


def _ended(one: Participant, practitioner_id: UUID, now: datetime) -> Participant:
    leaves = one.practitioner_id == practitioner_id and one.end is None
    return one.model_copy(update={"end": now}) if leaves else one


def _refused(message: str) -> EncounterRefused:
    return EncounterRefused(message, [FieldError("/practitioner_id", "refused", message)])
