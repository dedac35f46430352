"""Deciding about time that a patient has already: renew and confirm a hold, reschedule."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.appointments import mapping, rules, taking
from deployments.appointments.access import check_manages, is_by_patient, viewer_of
from deployments.appointments.desk import Desk
from deployments.appointments.errors import AppointmentNotFound, PatientBusy, SlotTaken
from deployments.appointments.events import AppointmentBooked, AppointmentRescheduled
from deployments.appointments.recording import plan_reminders, record, step
from deployments.appointments.schemas import Appointment, Rescheduling
from deployments.appointments.transitions import AppointmentStatus, Move, check_move
from storage.appointments import bookings, locks, repository
from storage.appointments.tables import PATIENT_OVERLAP, PRACTITIONER_OVERLAP
from storage.database import ConstraintViolated


class Rebooking:
    """Operations on an appointment that take its time anew."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def renew(
        self, principal: Principal, appointment_id: UUID, expected: int | None = None
    ) -> Appointment:
        """Gives a hold another lease, up to its longest life.

        Raises:
            AppointmentNotFound: none that the caller can change.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: it is not a hold.
            HoldExpired: its lease, or its longest life, has ended.
        """

        def work(connection: Connection) -> Appointment:
            now, settings = self._desk.clock(), self._desk.settings
            row = taking.lock_managed(connection, principal, appointment_id, expected)
            status = AppointmentStatus(row["status"])
            check_move(Move.RENEW, status)
            rules.check_hold_alive(row["hold_expires_at"], now)
            until = rules.renewed_until(
                row["created_at"], now, lease=settings.hold, total=settings.hold_total
            )
            line = step(principal, Move.RENEW, now, from_status=status)
            changed = bookings.change(connection, row["id"], {"hold_expires_at": until}, line)
            return record(connection, principal, Move.RENEW, mapping.appointment(changed))

        return await self._desk.database.transact(work)

    async def confirm(
        self, principal: Principal, appointment_id: UUID, expected: int | None = None
    ) -> Appointment:
        """Makes a hold a booked visit, if the doctor still offers the time.

        Raises:
            AppointmentNotFound: none that the caller can change.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: it is not a hold.
            HoldExpired: its lease has ended.
            NotOffered: the doctor does not see patients then any more.
        """
        known = await self._gathered(principal, appointment_id)

        def work(connection: Connection) -> Appointment:
            now = self._desk.clock()
            locks.share_calendar(connection, known.practitioner_id)
            row = taking.lock_managed(connection, principal, known.id, expected)
            status = AppointmentStatus(row["status"])
            target = check_move(Move.CONFIRM, status)
            rules.check_hold_alive(row["hold_expires_at"], now)
            rules.check_not_begun(row["start"], now)
            facts = taking.get_facts(
                connection, known.practitioner_id, known.reason_id, row["start"]
            )
            rules.check_offered(facts.hours, facts.visit, row["start"], on_leave=facts.on_leave)
            values = {"status": target.value, "booked_at": now, "hold_expires_at": None}
            line = step(principal, Move.CONFIRM, now, from_status=status)
            planned = plan_reminders(target, row["start"], now)
            changed = mapping.appointment(
                bookings.change(connection, known.id, values, line, planned)
            )
            booked = mapping.event(AppointmentBooked, changed, now)
            return record(connection, principal, Move.CONFIRM, changed, booked)

        return await self._desk.database.transact(work)

    async def reschedule(
        self,
        principal: Principal,
        appointment_id: UUID,
        request: Rescheduling,
        expected: int | None = None,
    ) -> Appointment:
        """Moves a booked visit to another time: same id, and its own time is not in its way.

        Raises:
            AppointmentNotFound: none that the caller can change.
            ChangedMeanwhile: it is not in the expected version.
            MoveNotAllowed: it is not booked.
            NotBookable: a rule speaks against it.
            NotOffered: the doctor does not see patients then.
            SlotTaken: somebody else has the time.
            PatientBusy: the patient has another visit then.
        """
        known = await self._gathered(principal, appointment_id)

        def work(connection: Connection) -> Appointment:
            locks.lock_calendar(connection, known.practitioner_id)
            locks.lock_patient(connection, known.patient_id)
            row = taking.lock_managed(connection, principal, known.id, expected)
            return self._move(connection, principal, mapping.appointment(row), request.start)

        try:
            return await self._desk.database.transact(work)
        except ConstraintViolated as violated:
            raise loss_of(violated) from None

    def _move(
        self, connection: Connection, principal: Principal, before: Appointment, start: datetime
    ) -> Appointment:
        now = self._desk.clock()
        check_move(Move.RESCHEDULE, before.status)
        rules.check_moved(start, before.start)
        by_patient = is_by_patient(principal, before.patient_id)
        if by_patient:
            rules.check_not_begun(before.start, now)
        doctor, patient = before.practitioner_id, before.patient_id
        facts = taking.get_facts(connection, doctor, before.reason_id, start)
        slot = taking.check_slot(facts, start, now, self._desk.settings, by_patient=by_patient)
        wanted = taking.wanted_time(doctor, patient, facts.visit, slot.start)
        taking.free_expired(connection, wanted, now)
        line = step(
            principal,
            Move.RESCHEDULE,
            now,
            from_status=before.status,
            previous_start=before.start,
        )
        planned = plan_reminders(before.status, slot.start, now)
        values = wanted.columns() | taking.place(slot)
        after = mapping.appointment(bookings.change(connection, before.id, values, line, planned))
        moved = mapping.event(AppointmentRescheduled, after, now, previous_start=before.start)
        return record(connection, principal, Move.RESCHEDULE, after, moved)

    async def _gathered(self, principal: Principal, appointment_id: UUID) -> Appointment:
        """The appointment as it is before the transaction; its doctor works here."""
        viewer = viewer_of(principal)
        row = await self._desk.database.read(
            lambda connection: repository.find(connection, appointment_id, viewer)
        )
        if row is None:
            raise AppointmentNotFound
        check_manages(principal, row)
        await self._desk.directory.get_doctor(row["practitioner_id"])
        return mapping.appointment(row)


def loss_of(violated: ConstraintViolated) -> Exception:
    """The refusal that an exclusion constraint stands for."""
    if violated.constraint == PRACTITIONER_OVERLAP:
        return SlotTaken()
    return PatientBusy() if violated.constraint == PATIENT_OVERLAP else violated
