"""The appointments application: routes, the handle, and the loops of one replica."""

from uuid import UUID

from starlette.types import ASGIApp

from deployments.access import Principal
from deployments.appointments import calendar_routes, routes
from deployments.appointments.calendar_schemas import ImportedSchedule, ImportReceipt
from deployments.appointments.directory import People
from deployments.appointments.schemas import (
    Appointment,
    AppointmentRequest,
    ImportedAppointment,
    SlotQuery,
    TimeSlot,
)
from deployments.appointments.service import AppointmentService
from deployments.calls import Remote, exposed
from deployments.gateway.health import Vitals
from deployments.gateway.ingress import build_ingress
from deployments.pagination import Page
from deployments.runtime import Runtime
from deployments.users.client import UsersClient


class AppointmentsDeployment:
    """One replica of appointments; a plain class that `apps.py` wraps for Serve.

    Args:
        runtime: the replica's machinery; from settings when left out.
        people: who knows doctors and patients; the users application when left out.
    """

    def __init__(self, runtime: Runtime | None = None, people: People | None = None) -> None:
        self.runtime = runtime or Runtime.of_service("appointments")
        self.service = AppointmentService(
            self.runtime.database,
            people or UsersClient(Remote("users", "Users")),
            time_zone=self.runtime.settings.default_time_zone,
        )

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """The ASGI application that Serve runs."""
        return build_ingress(
            [calendar_routes.router, routes.router],
            runtime=self.runtime,
            services={"service": self.service},
            start=self._start,
        )

    async def vitals(self) -> Vitals:
        """What the gateway asks for the health of everything."""
        return await self.runtime.vitals()

    async def check_health(self) -> None:
        """Passes when database and loops are well; Serve replaces the replica otherwise."""
        await self.runtime.check_health()

    @exposed
    async def get_appointment(self, principal: Principal, appointment_id: UUID) -> Appointment:
        """One appointment that the caller may know of."""
        return await self.service.reading.get(principal, appointment_id)

    @exposed
    async def list_upcoming(self, principal: Principal, patient_id: UUID) -> list[Appointment]:
        """A patient's booked visits that have not begun."""
        return await self.service.reading.list_upcoming(principal, patient_id)

    @exposed
    async def is_current(self, appointment_id: UUID, version: int) -> bool:
        """Whether the appointment is still in this version."""
        return await self.service.reading.is_current(appointment_id, version)

    @exposed
    async def search_slots(self, principal: Principal, query: SlotQuery) -> Page[TimeSlot]:
        """Free times over doctors and days."""
        return await self.service.slots.search(principal, query)

    @exposed
    async def hold(self, principal: Principal, request: AppointmentRequest) -> Appointment:
        """Holds a time, for its patient to confirm."""
        return await self.service.booking.hold(principal, request)

    @exposed
    async def import_schedule(
        self, principal: Principal, schedule: ImportedSchedule
    ) -> ImportReceipt:
        """Takes in a doctor's weekly hours."""
        return await self.service.imports.import_schedule(principal, schedule)

    @exposed
    async def import_appointment(
        self, principal: Principal, imported: ImportedAppointment
    ) -> ImportReceipt:
        """Takes in a visit of another system."""
        return await self.service.imports.import_appointment(principal, imported)

    def _start(self) -> None:
        background = self.runtime.background
        background.start("hold-sweeper", self.service.upkeep.run_sweeper)
        background.start("reminders", self.service.upkeep.run_reminders)
