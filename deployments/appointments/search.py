"""Searching free slots over doctors and days."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from deployments.access import Permission, Principal
from deployments.appointments import mapping, rules
from deployments.appointments.availability import (
    DAY,
    Hours,
    Interval,
    Slot,
    Visit,
    free_slots,
    to_utc,
)
from deployments.appointments.desk import Desk
from deployments.appointments.errors import NotBookable, ReasonNotFound
from deployments.appointments.schemas import (
    DEFAULT_SEARCH_DAYS,
    SEARCH_DAYS,
    SlotQuery,
    TimeSlot,
)
from deployments.errors import FieldError
from deployments.pagination import Page, decode_cursor, encode_cursor
from storage.appointments import availability, reasons

DOCTOR_DAYS: Final = 1500
"""How much one request looks at; a page may then be short, and its cursor leads on."""
FIRST_ID: Final = UUID(int=0)
Position = tuple[datetime, UUID]


class SlotSearch:
    """The search for free times."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def search(self, principal: Principal, query: SlotQuery) -> Page[TimeSlot]:
        """Free slots by start and doctor; a page may be short although more follow.

        Raises:
            ReasonNotFound: no such reason.
            NotBookable: too many days, or no such specialty.
            InvalidCursor: the cursor is not from this search.
        """
        principal.require(Permission.APPOINTMENTS_SEARCH)
        now = self._desk.clock()
        reason = await self._desk.database.read(
            lambda connection: reasons.find(connection, query.reason_id)
        )
        if reason is None or not reason["active"]:
            raise ReasonNotFound
        specialty = query.specialty or reason["specialty"]
        doctors = await self._desk.directory.find_doctors(specialty, query.practitioner_id)
        by_patient = not principal.has(Permission.APPOINTMENTS_BOOK_ANY)
        notice = timedelta(minutes=reason["minimum_notice_minutes"])
        window = self._window(query, now, notice if by_patient else rules.NO_NOTICE)
        after = _position(query.cursor)
        visit = mapping.visit(reason)
        return await self._desk.database.read(
            lambda connection: _page(connection, query, doctors, visit, window, after, now)
        )

    def _window(self, query: SlotQuery, now: datetime, notice: timedelta) -> Interval:
        """From the first to the last local date, as far as it can be booked now."""
        zone = query.time_zone or self._desk.time_zone
        first = query.first_day or now.astimezone(ZoneInfo(zone)).date()
        last = query.last_day or first + (DEFAULT_SEARCH_DAYS - 1) * DAY
        _check_days(first, last)
        earliest = max(now + timedelta(microseconds=1), now + notice)
        latest = now + self._desk.settings.horizon
        start = to_utc(datetime.combine(first, time(0)), zone)
        end = to_utc(datetime.combine(last + DAY, time(0)), zone)
        return Interval(max(start, earliest), min(end, latest))


def _check_days(first: date, last: date) -> None:
    if not DAY <= last + DAY - first <= SEARCH_DAYS * DAY:
        message = f"Search 1 to {SEARCH_DAYS} days at a time."
        raise NotBookable(message, [FieldError("to", "too_many_days", message)])


def _position(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    start, practitioner_id = decode_cursor(cursor, _aware, UUID)
    return start, practitioner_id


def _aware(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a cursor's time has a zone")
    return moment


def _page(
    connection: Connection,
    query: SlotQuery,
    doctors: Sequence[UUID],
    visit: Visit,
    window: Interval,
    after: Position | None,
    now: datetime,
) -> Page[TimeSlot]:
    """Looks at one day, then two, four, ... until the page is full."""
    if after is not None:
        window = Interval(max(window.start, after[0]), window.end)
    hours = _read_hours(connection, doctors, window, query.location_id)
    found: list[TimeSlot] = []
    looked = 0
    for part in _parts(window):
        if looked >= DOCTOR_DAYS:
            return Page(items=found, next_cursor=_cursor((part.start, FIRST_ID)))
        looked += len(hours) * (-(-(part.end - part.start) // DAY))
        slots = _read_slots(connection, hours, visit, part, now)
        found += [
            _time_slot(query, doctor, slot)
            for start, doctor, slot in slots
            if (after is None or (start, doctor) > after) and _is_there(query, slot)
        ]
        if len(found) > query.limit:
            shown = found[: query.limit]
            return Page(
                items=shown, next_cursor=_cursor((shown[-1].start, shown[-1].practitioner_id))
            )
    return Page(items=found)


def _parts(window: Interval) -> Iterator[Interval]:
    start, length = window.start, DAY
    while start < window.end:
        end = min(start + length, window.end)
        yield Interval(start, end)
        start, length = end, length * 2


def _read_hours(
    connection: Connection, doctors: Sequence[UUID], window: Interval, location_id: UUID | None
) -> dict[UUID, list[Hours]]:
    rows = availability.read_rules(
        connection,
        window.start.date() - DAY,
        window.end.date() + DAY,
        practitioner_ids=doctors,
        location_id=location_id,
    )
    hours: dict[UUID, list[Hours]] = defaultdict(list)
    for row in rows:
        hours[row["practitioner_id"]].append(mapping.hours(row))
    return hours


def _read_slots(
    connection: Connection,
    hours: dict[UUID, list[Hours]],
    visit: Visit,
    part: Interval,
    now: datetime,
) -> list[tuple[datetime, UUID, Slot]]:
    """Free slots of all doctors that begin in the part, by start and doctor."""
    reach = Interval(visit.occupied(part.start).start, visit.occupied(part.end).end)
    leave: dict[UUID, list[Interval]] = defaultdict(list)
    taken: dict[UUID, list[Interval]] = defaultdict(list)
    for row in availability.read_busy(connection, list(hours), reach.start, reach.end, now):
        kind = leave if row["leave"] else taken
        kind[row["practitioner_id"]].append(Interval(row["start"], row["end"]))
    return sorted(
        (
            (slot.start, doctor, slot)
            for doctor, rules_ in hours.items()
            for slot in free_slots(rules_, visit, part, closed=leave[doctor], taken=taken[doctor])
        ),
        key=lambda found: found[:2],
    )


def _is_there(query: SlotQuery, slot: Slot) -> bool:
    return query.location_id is None or query.location_id == slot.location_id


def _time_slot(query: SlotQuery, doctor: UUID, slot: Slot) -> TimeSlot:
    return TimeSlot(
        practitioner_id=doctor,
        reason_id=query.reason_id,
        start=slot.start,
        end=slot.end,
        location_id=slot.location_id,
        location_name=slot.location_name,
    )


def _cursor(position: Position) -> str:
    return encode_cursor(position[0].isoformat(), position[1])
