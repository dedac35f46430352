"""Booking a visit at once, or holding its time first."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.appointments import mapping, rules, taking
from deployments.appointments.access import is_by_patient, patient_of
from deployments.appointments.desk import Desk
from deployments.appointments.errors import PatientBusy, SlotTaken
from deployments.appointments.events import AppointmentBooked
from deployments.appointments.mapping import Facts
from deployments.appointments.recording import plan_reminders, record, step
from deployments.appointments.schemas import Appointment, AppointmentRequest
from deployments.appointments.transitions import AppointmentStatus, Move
from deployments.users.schemas import Practitioner
from storage.appointments import bookings, locks
from storage.appointments.bookings import Wanted


class Booking:
    """Operations that make a new appointment."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def book(self, principal: Principal, request: AppointmentRequest) -> Appointment:
        """Books a visit in one step.

        Raises:
            PatientNotFound: no such patient, or not the caller's to act for.
            PractitionerNotFound: no such doctor.
            ReasonNotFound: no such reason.
            NotBookable: a rule speaks against it.
            NotOffered: the doctor does not see patients then.
            SlotTaken: somebody else has the time.
            PatientBusy: the patient has another visit then.
        """
        return await self._take(principal, request, Move.BOOK)

    async def hold(self, principal: Principal, request: AppointmentRequest) -> Appointment:
        """Holds a time for a few minutes, so that its patient can decide.

        Raises:
            TooManyHolds: the patient holds enough.
            DomainError: as `book`.
        """
        return await self._take(principal, request, Move.HOLD)

    async def _take(
        self, principal: Principal, request: AppointmentRequest, move: Move
    ) -> Appointment:
        patient_id = patient_of(principal, request.patient_id)
        by_patient = is_by_patient(principal, patient_id)
        if patient_id != principal.user_id:
            await self._desk.directory.check_patient(patient_id)
        doctor = await self._desk.directory.get_doctor(request.practitioner_id)

        def work(connection: Connection) -> Appointment:
            now = self._desk.clock()
            locks.share_calendar(connection, doctor.id)
            facts = taking.get_facts(connection, doctor.id, request.reason_id, request.start)
            _check_reason(facts, doctor, by_patient=by_patient)
            slot = taking.check_slot(
                facts, request.start, now, self._desk.settings, by_patient=by_patient
            )
            if move is Move.HOLD:
                self._check_holds(connection, patient_id, now)
            wanted = taking.wanted_time(doctor.id, patient_id, facts.visit, slot.start)
            values = self._status(move, now) | taking.place(slot)
            values |= {"reason_id": request.reason_id, "comment": request.comment}
            return _add(connection, principal, move, wanted, values, now)

        return await self._desk.database.transact(work)

    def _check_holds(self, connection: Connection, patient_id: UUID, now: datetime) -> None:
        locks.lock_patient(connection, patient_id)
        held = bookings.count_holds(connection, patient_id, now)
        rules.check_holds(held, self._desk.settings.holds_per_patient)

    def _status(self, move: Move, now: datetime) -> dict[str, Any]:
        if move is Move.HOLD:
            lease = now + self._desk.settings.hold
            return {"status": AppointmentStatus.PENDING.value, "hold_expires_at": lease}
        return {"status": AppointmentStatus.BOOKED.value, "booked_at": now}


def _check_reason(facts: Facts, doctor: Practitioner, *, by_patient: bool) -> None:
    rules.check_reason(
        active=facts.active, self_bookable=facts.self_bookable, by_patient=by_patient
    )
    rules.check_specialty(facts.specialty, doctor.specialties)


def _add(
    connection: Connection,
    principal: Principal,
    move: Move,
    wanted: Wanted,
    values: dict[str, Any],
    now: datetime,
) -> Appointment:
    """Inserts; when expired holds are in the way, frees them and inserts again."""
    line = step(principal, move, now)
    planned = plan_reminders(AppointmentStatus(values["status"]), wanted.start, now)
    row = bookings.add(connection, wanted, values, line, planned)
    if row is None and taking.free_expired(connection, wanted, now):
        row = bookings.add(connection, wanted, values, line, planned)
    if row is None:
        raise PatientBusy if bookings.is_patient_busy(connection, wanted) else SlotTaken
    added = mapping.appointment(row)
    booked = [mapping.event(AppointmentBooked, added, now)] if move is Move.BOOK else []
    return record(connection, principal, move, added, *booked)
