"""How long an urgent message takes beside 10,000 bulk ones: `python -m benchmarks.notifications`.

A real PostgreSQL; the courier takes 20 ms for each message, as a mail server nearby does.
From the moment that the event is heard to the moment that the message is handed over.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import text

from deployments.access import Role
from deployments.events import Envelope
from deployments.launch.databases import upgrade
from deployments.notifications.codes import Channel, Priority
from deployments.notifications.hearing import Listener
from deployments.notifications.letters import Letter
from deployments.notifications.sending import Sender
from deployments.users.events import PasswordResetRequested
from deployments.users.schemas import Contact
from storage.database import Database
from storage.embedded.postgres import EmbeddedPostgres

BULK: Final = 10_000
URGENT: Final = 200
HANDING_OVER_S: Final = 0.02
FILL = text(
    "WITH told AS (INSERT INTO notifications"
    " (id, event_id, recipient_id, workflow, template_version, locale, data, created_at)"
    " SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(),"
    " 'notifications.announcement', 1, 'en', '{}', now() FROM generate_series(1, :count)"
    " RETURNING id, event_id, recipient_id)"
    " INSERT INTO deliveries (id, notification_id, event_id, recipient_id, channel, target,"
    " priority, status, message, attempts, round, due_at, created_at)"
    " SELECT gen_random_uuid(), id, event_id, recipient_id, 'email', '', :priority, 'queued',"
    " jsonb_build_object('to', 'a@b.example', 'time_zone', 'UTC', 'facts', '{}'::jsonb),"
    " 0, 0, now(), now() FROM told"
)


class People:
    """One person, known to users."""

    def __init__(self) -> None:
        self.user_id = uuid4()

    async def get_contacts(self, user_ids: list[UUID]) -> dict[UUID, Contact]:
        """The person."""
        return {id_: self._contact(id_) for id_ in user_ids}

    async def list_members(self, _role: Role) -> list[UUID]:
        """Nobody."""
        return []

    def _contact(self, user_id: UUID) -> Contact:
        return Contact(
            user_id=user_id, display_name="An", email="an@patients.example", phone=None,
            locale="en", time_zone="UTC", roles=[], active=True,
        )  # fmt: skip


class Carrier:
    """Takes its time for each message, and notes when it has it."""

    def __init__(self) -> None:
        self.urgent: dict[UUID, float] = {}
        self.bulk = 0
        self.complete = asyncio.Event()

    async def deliver(self, letter: Letter) -> None:
        """Hands over."""
        await asyncio.sleep(HANDING_OVER_S)
        if letter.row.priority == Priority.URGENT:
            self.urgent[letter.row.event_id] = time.perf_counter()
            if len(self.urgent) == URGENT:
                self.complete.set()
        else:
            self.bulk += 1


async def urgent_latencies(database: Database) -> tuple[list[float], int]:
    """Milliseconds of each urgent message, and how many bulk ones went out meanwhile."""
    people, carrier = People(), Carrier()
    sender = Sender(database, {Channel.EMAIL: carrier})
    listener = Listener(database, people, told=lambda _: sender.wake())
    loop = asyncio.create_task(sender.run())
    heard = {}
    for _ in range(URGENT):
        event = PasswordResetRequested(user_id=people.user_id, token_id=uuid4())
        heard[event.event_id] = time.perf_counter()
        await listener.hear([Envelope.of(event)])
        await asyncio.sleep(0.02)
    async with asyncio.timeout(30):
        await carrier.complete.wait()
    loop.cancel()
    await asyncio.gather(loop, return_exceptions=True)
    return [(carrier.urgent[id_] - at) * 1000 for id_, at in heard.items()], carrier.bulk


async def _measure(url: str) -> None:
    database = Database(url, threads=6)
    alone, _ = await urgent_latencies(database)
    _print("alone", alone)
    filling = {"count": BULK, "priority": Priority.BULK}
    await database.transact(lambda connection: connection.execute(FILL, filling) and None)
    beside, went_out = await urgent_latencies(database)
    _print(f"beside {BULK} bulk ones, of which {went_out} went out meanwhile", beside)
    await database.close()


def _print(what: str, latencies: list[float]) -> None:
    p95 = statistics.quantiles(latencies, n=20)[-1]
    print(f"urgent, {what}: median {statistics.median(latencies):.0f} ms, p95 {p95:.0f} ms")


def main() -> None:
    """Prints median and 95th percentile with and without the mass."""
    with tempfile.TemporaryDirectory(prefix="medray-bench-") as folder:
        Path(folder).chmod(0o711)
        postgres = EmbeddedPostgres(Path(folder))
        postgres.start()
        try:
            postgres.create_database("notifications")
            upgrade("notifications", postgres.url("notifications"))
            asyncio.run(_measure(postgres.url("notifications")))
        finally:
            postgres.stop()


if __name__ == "__main__":
    main()
