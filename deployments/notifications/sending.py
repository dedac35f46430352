"""Sends what is due: any number of replicas, each message by one of them at a time.

Each channel and priority has senders of its own, so that nothing urgent waits behind a mass of
other messages or a server that does not answer.
At least once: a message that was accepted is sent again only when the process died before it
could note that, and then under the same id.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row

from deployments.clock import Clock, utc_now
from deployments.logs import fault, get_logger
from deployments.notifications import rules
from deployments.notifications.codes import Channel, Priority
from deployments.notifications.letters import Courier, Letter, letter_of
from deployments.notifications.outcomes import Needless, Never, NotNow, Unsure
from deployments.notifications.reaching import why_not
from storage.database import Database, DatabaseUnavailable
from storage.notifications import deliveries, endpoints, recording
from storage.notifications.deliveries import Lane
from storage.notifications.recording import Step

log = get_logger("notifications")

SLOTS: Final[Mapping[Priority, int]] = {Priority.URGENT: 4, Priority.NORMAL: 4, Priority.BULK: 2}
"""Messages under way side by side, of each channel."""
LEASE: Final = timedelta(seconds=120)
"""Longer than all time-outs of one hand-over together."""
POLL_S: Final = 1.0


@dataclass(frozen=True)
class Outcome:
    """How a try ended.

    Attributes:
        status: sent, skipped, failed (for good), or delayed.
        reason: why.
        provider: who took it, or may have taken it.
        due_at: when a delayed one is tried again; chosen by the number of tries when None.
    """

    status: str
    reason: str | None = None
    provider: str | None = None
    due_at: datetime | None = None


class Sender:
    """The sending loop of one replica.

    Args:
        database: the service's.
        couriers: who carries the messages of a channel.
        clock: the time.
        slots: messages under way side by side, for each channel.
    """

    def __init__(
        self,
        database: Database,
        couriers: Mapping[Channel, Courier],
        *,
        clock: Clock = utc_now,
        slots: Mapping[Priority, int] = SLOTS,
    ) -> None:
        self._database = database
        self._couriers = couriers
        self._clock = clock
        self._slots = slots
        self._busy: Counter[tuple[str, int]] = Counter()
        self._under_way: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Something was queued: look now instead of at the next poll."""
        self._woken.set()

    async def run(self) -> None:
        """Sends until cancelled, which lets what is under way finish.

        Otherwise each orderly stop could leave a message that was sent and not noted.
        """
        try:
            while True:
                self._woken.clear()
                starting = asyncio.create_task(self._start_due())
                try:
                    started = await asyncio.shield(starting)
                except asyncio.CancelledError:
                    await starting
                    raise
                if not started:
                    await self._rest()
        finally:
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def send_due(self) -> int:
        """Tries what is due, as much as there are slots, to the end; returns how many."""
        started = await self._start_due()
        await asyncio.gather(*self._under_way)
        return started

    async def _start_due(self) -> int:
        lanes = [
            Lane(channel, priority, free)
            for channel in self._couriers
            for priority, slots in self._slots.items()
            if (free := slots - self._busy[channel, priority]) > 0
        ]
        now = self._clock()
        rows: Sequence[Row[Any]] = await self._database.transact(
            lambda connection: deliveries.claim(connection, now, LEASE, lanes), keyed=False
        )
        for row in rows:
            self._busy[row.channel, row.priority] += 1
            task = asyncio.create_task(self._deliver(row))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return len(rows)

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(POLL_S * random.uniform(0.8, 1.2)):  # noqa: S311
                await self._woken.wait()
        except TimeoutError:
            pass

    async def _deliver(self, row: Row[Any]) -> None:
        try:
            outcome = await self._try(row)
            held = await self._database.transact(
                lambda connection: self._note(connection, row, outcome), keyed=False
            )
            if not held:
                log.warning("lease lost while sending", extra={"delivery_id": str(row.id)})
        except DatabaseUnavailable:
            log.warning("outcome not noted", extra={"delivery_id": str(row.id)})
        finally:
            self._busy[row.channel, row.priority] -= 1
            self.wake()

    async def _try(self, row: Row[Any]) -> Outcome:
        try:
            letter = await self._database.read(lambda connection: letter_of(connection, row))
            return self._why_not_now(letter) or await self._hand_over(letter)
        except Needless as error:
            return Outcome("skipped", str(error.args[0]))
        except Unsure as error:
            return Outcome("delayed", str(error.args[0]), provider=error.args[1])
        except NotNow as error:
            return Outcome("delayed", str(error.args[0]))
        except Never as error:
            return Outcome("failed", str(error.args[0]))
        except DatabaseUnavailable:
            return Outcome("delayed", "unavailable")
        except Exception as error:  # noqa: BLE001  # the other messages must go on
            log.error(  # noqa: TRY400  # the text of a validation error repeats names
                "message cannot be written", extra={"delivery_id": str(row.id), **fault(error)}
            )
            return Outcome("failed", type(error).__name__)

    def _why_not_now(self, letter: Letter) -> Outcome | None:
        """What has changed since it was queued: the visit, the wishes, the time of day."""
        row, now = letter.row, self._clock()
        if row.known_version is not None:
            visit = rules.Visit(row.known_version, row.known_status, row.known_start)
            reminds = letter.workflow.reminds
            version = row.appointment_version
            obsolete = rules.why_obsolete(version, visit, reminds=reminds, now=now)
            if obsolete is not None:
                return Outcome("skipped", obsolete)
        if row.channel == Channel.WEBHOOK:
            return None
        reason = why_not(letter.workflow, row.channel, letter.order.to, letter.standing)
        if reason is not None:
            return Outcome("skipped", reason)
        if letter.workflow.essential:
            return None
        end = rules.quiet_until(now, letter.standing.quiet, letter.order.time_zone)
        return Outcome("delayed", "quiet_hours", due_at=end) if end else None

    async def _hand_over(self, letter: Letter) -> Outcome:
        courier = self._couriers[Channel(letter.row.channel)]
        return Outcome("sent", provider=await courier.deliver(letter))

    def _note(self, connection: Connection, row: Row[Any], outcome: Outcome) -> bool:
        """Writes the outcome and its log line; False when somebody else holds the lease."""
        now = self._clock()
        status, reason = outcome.status, outcome.reason
        if status == "delayed" and outcome.due_at is None and rules.is_dead(row.attempts):
            status = "dead"
        if status == "delayed":
            wait = rules.wait_before_retry(row.attempts, random.random())  # noqa: S311
            held = deliveries.postpone(
                connection,
                row.id,
                row.attempts,
                outcome.due_at or now + wait,
                reason or status,
                outcome.provider,
            )
        else:
            held = deliveries.settle(
                connection,
                row.id,
                row.attempts,
                status=status,
                at=now,
                error=reason,
                provider=outcome.provider,
            )
        if held:
            step = Step(row.recipient_id, row.channel, status, reason, row.workflow)
            recording.log(connection, row.event_id, now, [step])
            if row.channel == Channel.WEBHOOK:
                endpoints.note(connection, row.target, status, reason)
        return held
