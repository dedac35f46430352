"""How other services ask appointments, over its deployment handle."""

from uuid import UUID

from deployments.access import Principal
from deployments.appointments.calendar_schemas import ImportedSchedule, ImportReceipt
from deployments.appointments.schemas import (
    Appointment,
    AppointmentRequest,
    ImportedAppointment,
    SlotQuery,
    TimeSlot,
)
from deployments.calls import Remote
from deployments.pagination import Page


class AppointmentsClient:
    """Typed calls; each refusal is raised here as the `DomainError` it was there."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def get_appointment(self, principal: Principal, appointment_id: UUID) -> Appointment:
        """One appointment.

        Raises:
            AppointmentNotFound: none that the caller may know of.
        """
        found: Appointment = await self._remote.call(
            "get_appointment", principal, appointment_id, retry=True
        )
        return found

    async def list_upcoming(self, principal: Principal, patient_id: UUID) -> list[Appointment]:
        """A patient's booked visits that have not begun, as far as the caller may see."""
        found: list[Appointment] = await self._remote.call(
            "list_upcoming", principal, patient_id, retry=True
        )
        return found

    async def is_current(self, appointment_id: UUID, version: int) -> bool:
        """Whether what is to be told about an appointment in this version still holds."""
        return bool(await self._remote.call("is_current", appointment_id, version, retry=True))

    async def search_slots(self, principal: Principal, query: SlotQuery) -> Page[TimeSlot]:
        """Free times over doctors and days.

        Raises:
            ReasonNotFound: no such reason.
            NotBookable: too many days, or no such specialty.
        """
        found: Page[TimeSlot] = await self._remote.call(
            "search_slots", principal, query, retry=True
        )
        return found

    async def hold(self, principal: Principal, request: AppointmentRequest) -> Appointment:
        """Holds a time, for its patient to confirm.

        Raises:
            DomainError: as `Booking.hold`.
        """
        held: Appointment = await self._remote.call("hold", principal, request)
        return held

    async def import_schedule(
        self, principal: Principal, schedule: ImportedSchedule
    ) -> ImportReceipt:
        """Takes in a doctor's weekly hours; idempotent by identifier.

        Raises:
            PractitionerNotFound: no such doctor.
        """
        receipt: ImportReceipt = await self._remote.call(
            "import_schedule", principal, schedule, retry=True
        )
        return receipt

    async def import_appointment(
        self, principal: Principal, imported: ImportedAppointment
    ) -> ImportReceipt:
        """Takes in a visit of another system; idempotent by identifier.

        Raises:
            ReasonNotFound: no reason has the code.
            ConflictingImport: the identifier belongs to a visit of other people.
            SlotTaken: the doctor has another visit then.
            PatientBusy: the patient has another visit then.
        """
        receipt: ImportReceipt = await self._remote.call(
            "import_appointment", principal, imported, retry=True
        )
        return receipt
