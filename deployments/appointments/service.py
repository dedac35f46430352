"""The operations of the appointments service, by what they are about."""

from deployments.appointments.booking import Booking
from deployments.appointments.calendar import Calendar
from deployments.appointments.desk import Desk
from deployments.appointments.directory import Directory, People
from deployments.appointments.imports import Imports
from deployments.appointments.reading import Reading
from deployments.appointments.reasons import Reasons
from deployments.appointments.rebooking import Rebooking
from deployments.appointments.search import SlotSearch
from deployments.appointments.settings import AppointmentSettings
from deployments.appointments.upkeep import Upkeep
from deployments.appointments.visits import Visits
from deployments.clock import Clock, utc_now
from storage.database import Database


class AppointmentService:
    """Everything that can be done with appointments.

    Args:
        database: of this service.
        people: the users service.
        time_zone: the hospital's, for dates that come without one.
        settings: limits and paces.
        clock: tells the time.

    Attributes:
        slots: search free times.
        booking: book and hold.
        rebooking: renew and confirm holds, reschedule.
        visits: cancel, arrive, check in, fulfil, no-show, entered in error.
        reading: one appointment, pages of them, a day, a history.
        calendar: doctors' hours, exceptions and leave.
        reasons: what patients come for.
        imports: what another system knows.
        upkeep: what happens by itself.
    """

    def __init__(
        self,
        database: Database,
        people: People,
        *,
        time_zone: str,
        settings: AppointmentSettings | None = None,
        clock: Clock = utc_now,
    ) -> None:
        settings = settings or AppointmentSettings()
        directory = Directory(people, settings.directory_cache_s)
        desk = Desk(database, directory, clock, settings, time_zone)
        self.slots = SlotSearch(desk)
        self.booking = Booking(desk)
        self.rebooking = Rebooking(desk)
        self.visits = Visits(desk)
        self.reading = Reading(desk)
        self.calendar = Calendar(desk)
        self.reasons = Reasons(desk)
        self.imports = Imports(desk)
        self.upkeep = Upkeep(desk)
