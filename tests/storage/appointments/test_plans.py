"""Every hot query is served by an index, so that a million visits cost what ten thousand do."""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event, text

from storage import migrate
from storage.appointments import availability, bookings, reminders, repository
from storage.appointments.bookings import Wanted
from storage.appointments.repository import Filter
from storage.appointments.steps import Step
from storage.database import Database

START = datetime(2026, 1, 5, 1, tzinfo=UTC)
DOCTORS = [UUID(int=1000 + number) for number in range(20)]
PATIENTS = [UUID(int=5000 + number) for number in range(2000)]
STEP = Step("expire", UUID(int=1), "service", START + timedelta(days=100))
FILL = """
INSERT INTO appointments (id, status, patient_id, practitioner_id, reason_id, start, "end",
    occupied, created_by, created_at, updated_by, updated_at, version)
SELECT gen_random_uuid(),
    CASE WHEN n % 10 = 0 THEN 'cancelled' WHEN day < 60 THEN 'fulfilled' ELSE 'booked' END,
    CAST(lpad(to_hex(5000 + (n * 7) % 2000), 32, '0') AS uuid),
    CAST(lpad(to_hex(1000 + doctor), 32, '0') AS uuid),
    gen_random_uuid(), at, at + interval '30 min', tstzrange(at, at + interval '30 min'),
    gen_random_uuid(), at, gen_random_uuid(), at, 1
FROM (
    SELECT n, n % 20 AS doctor, (n / 20) / 16 AS day,
        CAST(:start AS timestamptz)
        + make_interval(days => (n / 20) / 16, mins => 30 * ((n / 20) % 16)) AS at
    FROM generate_series(0, 39999) AS n
) AS visits
ON CONFLICT DO NOTHING
"""
REMIND = """
INSERT INTO appointment_reminders (id, appointment_id, kind, due_at, status)
SELECT gen_random_uuid(), id, '24h', start - interval '24 h',
    CASE WHEN status = 'booked' THEN 'scheduled' ELSE 'sent' END
FROM appointments
"""


@pytest.fixture(scope="module")
def filled(postgres):
    """Forty thousand visits of twenty doctors, with statistics."""
    postgres.create_database("appointments_plans")
    url = postgres.url("appointments_plans")
    migrate.upgrade("appointments", url)
    database = Database(url, statement_timeout_ms=60_000)
    with database.engine.begin() as connection:
        connection.execute(text(FILL), {"start": START})
        connection.execute(text(REMIND))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    yield database
    database.engine.dispose()


def wanted(start):
    end = start + timedelta(minutes=30)
    return Wanted(DOCTORS[3], PATIENTS[7], start, end, start, end)


def some_id(connection):
    return connection.execute(text("SELECT id FROM appointments LIMIT 1")).scalar_one()


NOON = START + timedelta(days=50, hours=3)
QUERIES = {
    "one": lambda c: repository.find(c, some_id(c), PATIENTS[1]),
    "patient's list": lambda c: repository.list_page(
        c, PATIENTS[1], Filter(patient_id=PATIENTS[1]), 21
    ),
    "patient's next page": lambda c: repository.list_page(
        c, PATIENTS[1], Filter(patient_id=PATIENTS[1], after=(NOON, UUID(int=1))), 21
    ),
    "doctor's list": lambda c: repository.list_page(
        c, DOCTORS[1], Filter(practitioner_id=DOCTORS[1]), 21
    ),
    "doctor's day": lambda c: repository.list_page(
        c,
        None,
        Filter(
            practitioner_id=DOCTORS[1],
            statuses=["booked", "fulfilled", "noshow"],
            start_from=NOON,
            start_before=NOON + timedelta(days=1),
        ),
        300,
    ),
    "staff's list": lambda c: repository.list_page(c, None, Filter(start_from=NOON), 21),
    "by status": lambda c: repository.list_page(c, None, Filter(statuses=["noshow"]), 21),
    "busy": lambda c: availability.read_busy(c, DOCTORS[:12], NOON, NOON + timedelta(days=2), NOON),
    "holds": lambda c: bookings.count_holds(c, PATIENTS[1], NOON),
    "blocker": lambda c: bookings.is_patient_busy(c, wanted(NOON)),
    "expired in the way": lambda c: bookings.free_expired(c, wanted(NOON), STEP, "x"),
    "expired": lambda c: bookings.expire_holds(c, STEP, "x", 100),
    "reminders": lambda c: reminders.claim_due(c, START + timedelta(days=65), 100),
    "affected": lambda c: availability.list_affected(c, DOCTORS[1], NOON, NOON + timedelta(days=3)),
    "identifier": lambda c: repository.find_by_identifier(c, "urn:x", "1"),
    "history": lambda c: repository.list_moves(c, some_id(c)),
}


@pytest.mark.parametrize("name", QUERIES)
def test_hot_queries_scan_no_table(filled, name):
    for plan in explained(filled, QUERIES[name]):
        scans = [node for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
        read = {node["Relation Name"] for node in scans}
        assert read.isdisjoint({"appointments", "appointment_reminders"})


@pytest.mark.parametrize("name", ["patient's list", "doctor's list", "doctor's day", "by status"])
def test_pages_are_read_in_order_and_not_sorted_from_everything(filled, name):
    for plan in explained(filled, QUERIES[name]):
        assert max(node["Actual Rows"] for node in nodes(plan)) <= 300


def explained(database, query):
    """Plans of the statements that the query runs on appointments, as they ran."""
    statements = []

    def note(_connection, cursor, statement, parameters, *_):
        statements.append(cursor.mogrify(statement, parameters).decode())

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        with database.engine.connect() as connection:
            query(connection)
            connection.rollback()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    plans = []
    with database.engine.connect() as connection:
        for statement in statements[-1:]:
            explain = "EXPLAIN (ANALYZE, FORMAT JSON) " + statement
            found = connection.exec_driver_sql(explain.replace("%", "%%")).scalar_one()
            plans.append((found if isinstance(found, list) else json.loads(found))[0]["Plan"])
        connection.rollback()
    return plans


def nodes(plan):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)
