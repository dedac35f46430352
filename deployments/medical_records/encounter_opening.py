"""Opening an encounter, which is what makes a treatment relation."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.errors import FieldError
from deployments.medical_records import grounds, relations
from deployments.medical_records.desk import Desk
from deployments.medical_records.encounter_rules import EncounterClass, Opening, ParticipantRole
from deployments.medical_records.encounter_schemas import (
    Encounter,
    EncounterRequest,
    Participant,
    ParticipantRequest,
)
from deployments.medical_records.encounter_shapes import ENCOUNTER, dumped, reasons
from deployments.medical_records.entries import line
from deployments.medical_records.errors import EncounterRefused, RecordNotFound
from deployments.medical_records.events import BreakGlassUsed, EncounterOpened
from deployments.publishing import publish
from storage.columns import new_id
from storage.medical_records import emergencies, encounters, entries

MOVE = "open"


class Opener:
    """Lets encounters begin."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def open(
        self, principal: Principal, patient_id: UUID, request: EncounterRequest
    ) -> Encounter:
        """Opens an encounter; its participants may read the chart from now on.

        Whoever opens one stands before the chart already (by an appointment, another encounter,
        an order, the patient's consent); an encounter opened so needs no review. Opening must
        be no back door, and patients do come unannounced: somebody without any ground says so
        (`walk_in`), or opens an emergency (class EMER), with the patient here now. Then, and
        when only broken glass lets the caller in, which an encounter outlasts, the privacy
        officer is told at once and finds it on the list of reviews. What the patient has denied
        the caller stays denied; there the glass has to be broken.

        Raises:
            RecordNotFound: no such patient, or none that the caller may open it for.
            EncounterRefused: somebody named works here no more, or the appointment is not
                the patient's.
            UnknownCode: a reason has a code that does not exist.
        """
        gate, directory = self._desk.gate, self._desk.directory
        if not await directory.is_patient(patient_id):
            await gate.deny(principal, patient_id, ENCOUNTER.resource, MOVE)
        strangers = [
            index
            for index, one in enumerate(request.participants)
            if not await directory.is_practitioner(one.practitioner_id)
        ]

        def work(connection: Connection, now: datetime) -> Encounter:
            for index in strangers:  # told only to those who may open it
                pointer = f"/participants/{index}/practitioner_id"
                raise _refused(pointer, "nobody who works here")
            return self._record(connection, principal, patient_id, request, now)

        return await gate.write(
            principal,
            patient_id,
            ENCOUNTER.resource,
            MOVE,
            work,
            *ENCOUNTER.writers,
            admits=request.admits,
        )

    def _record(
        self,
        connection: Connection,
        principal: Principal,
        patient_id: UUID,
        request: EncounterRequest,
        now: datetime,
    ) -> Encounter:
        _check_links(connection, patient_id, request)
        opened_as = _ground(connection, principal, patient_id, request, now)
        row = entries.add(
            connection,
            ENCOUNTER.model,
            {
                "patient_id": patient_id,
                "encounter_id": request.encounter_id,
                "opened_as": opened_as,
                "reasons": dumped(reasons(connection, request.reasons)),
                "participants": dumped(_participants(principal, request.participants, now)),
                **_columns(request, now),
            },
            line(principal, MOVE, now),
        )
        encounter = ENCOUNTER.shape(row)
        relations.begin_encounter(
            connection,
            patient_id=patient_id,
            practitioner_ids={one.practitioner_id for one in encounter.participants},
            encounter_id=encounter.id,
            at=now,
        )
        if opened_as != "relation":
            _file_for_review(connection, principal, encounter, now)
        who = {"patient_id": patient_id, "practitioner_id": principal.user_id}
        publish(connection, EncounterOpened(encounter_id=encounter.id, occurred_at=now, **who))
        return encounter


def _columns(request: EncounterRequest, now: datetime) -> dict[str, Any]:
    return {
        "status": request.status.value,
        "class_code": request.encounter_class.value,
        "start": request.start or now,
        "type_text": request.type_text,
        "priority": request.priority,
        "location_text": request.location_text,
        "appointment_id": request.appointment_id,
        "admit_source": request.admit_source,
    }


def _ground(
    connection: Connection,
    principal: Principal,
    patient_id: UUID,
    request: EncounterRequest,
    now: datetime,
) -> Opening:
    """Whether the caller would have been let in without opening an encounter, and for longer."""
    try:
        basis = grounds.of_change(
            connection,
            now,
            principal,
            patient_id,
            ENCOUNTER.resource,
            [Permission.RECORDS_WRITE],
            admits=False,
        )
    except RecordNotFound:
        emergency = request.encounter_class is EncounterClass.EMERGENCY
        return "emergency" if emergency else "walk-in"
    return "break-glass" if basis.why == "break-glass" else "relation"


def _check_links(connection: Connection, patient_id: UUID, request: EncounterRequest) -> None:
    """The appointment and the encounter that it names are the patient's.

    Raises:
        EncounterRefused: one is not.
    """
    visit, whole = request.appointment_id, request.encounter_id
    if visit and not encounters.has_appointment(connection, patient_id, visit):
        raise _refused("/appointment_id", "no appointment of this patient that we know of")
    if whole and entries.find(connection, ENCOUNTER.model, patient_id, whole) is None:
        raise _refused("/encounter_id", "no encounter of this patient")


def _participants(
    principal: Principal, named: list[ParticipantRequest], now: datetime
) -> list[Participant]:
    """Who takes part from now on; the caller does first, unless somebody else is named so."""
    by_id = {one.practitioner_id: one.role for one in named}
    first: ParticipantRole = "PART" if "PPRF" in by_id.values() else "PPRF"
    by_id.setdefault(principal.user_id, first)
    return [Participant(practitioner_id=who, role=as_, start=now) for who, as_ in by_id.items()]


def _file_for_review(
    connection: Connection, principal: Principal, encounter: Encounter, now: datetime
) -> None:
    """Puts the opening on the list of the privacy officer; it grants nothing by itself."""
    values: Mapping[str, Any] = {
        "id": new_id(),
        "patient_id": encounter.patient_id,
        "practitioner_id": principal.user_id,
        "practitioner_role": principal.role,
        "reason_code": encounter.opened_as,
        "reason": f"opened encounter {encounter.id} without a treatment relation",
        "started_at": now,
        "expires_at": now,
        "version": 1,
    }
    filed = emergencies.start(connection, values)
    publish(
        connection,
        BreakGlassUsed(
            access_id=filed["id"],
            patient_id=encounter.patient_id,
            practitioner_id=principal.user_id,
            occurred_at=now,
        ),
    )


def _refused(pointer: str, message: str) -> EncounterRefused:
    return EncounterRefused(message, [FieldError(pointer, "not_found", message)])
