"""What an analyzer sends is kept before it is answered; a message that comes twice counts once."""

import asyncio
import hashlib
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import Connection

from deployments.clock import Clock
from deployments.laboratory.hl7 import (
    Acknowledgement,
    Header,
    Results,
    Unreadable,
    acknowledge,
    read,
    read_header,
)
from deployments.logs import fault, get_logger
from storage.columns import new_id
from storage.database import CommitUnknown, Database, DatabaseUnavailable
from storage.laboratory import jobs, messages

log = get_logger("laboratory.intake")


class Answer(NamedTuple):
    """What is answered."""

    acknowledgement: Acknowledgement
    words: str = ""


class Intake:
    """Takes messages in.

    Args:
        database: of the laboratory.
        clock: tells the time.
        zone: of the hospital, for analyzers that send local time without a zone.
    """

    def __init__(self, database: Database, clock: Clock, zone: tzinfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    async def receive(self, raw: bytes) -> bytes:
        """Keeps a message and answers it; AA only for what is committed."""
        header = read_header(raw)
        try:
            message = await asyncio.to_thread(read, raw, self._zone)
            answer = await self._keep(raw, message)
        except Unreadable as error:
            answer = await self._refuse(raw, header, error)
        except (DatabaseUnavailable, CommitUnknown) as error:
            log.warning("message not kept", extra=fault(error))
            answer = Answer("AE", "the laboratory cannot keep it now; send it again")
        sender = header.sender if header else None
        extra = {"sender": sender, "acknowledgement": answer.acknowledgement}
        log.info("message", extra=extra)
        return acknowledge(
            header, answer.acknowledgement, self._clock(), new_id().hex[:20], answer.words
        )

    async def _keep(self, raw: bytes, message: Results) -> Answer:
        now = self._clock()
        header = message.header
        values = _values(raw, header, now) | {
            "content": [one.as_json() for one in message.measured],
            "status": "waiting",
        }

        def work(connection: Connection) -> Answer:
            row = messages.keep_good(connection, values)
            if row.repeats == 0:
                jobs.enqueue(connection, "ingest", [row.id], at=now, urgency=jobs.URGENT)
                return Answer("AA")
            if bytes(row.digest) == values["digest"] or row.content == values["content"]:
                return Answer("AA")
            words = "another message had this number (MSH-10)"
            bad = values | {"id": new_id(), "acknowledgement": "AE", "reason": words}
            del bad["status"]
            messages.keep_bad(connection, bad)
            return Answer("AE", words)

        return await self._database.transact(work, keyed=False)

    async def _refuse(self, raw: bytes, header: Header | None, error: Unreadable) -> Answer:
        values = _values(raw, header, self._clock())
        values |= {"acknowledgement": error.answer, "reason": error.words, "content": None}
        try:
            await self._database.transact(
                lambda connection: messages.keep_bad(connection, values), keyed=False
            )
        except (DatabaseUnavailable, CommitUnknown) as away:
            log.warning("message not kept", extra=fault(away))
            return Answer("AE", "the laboratory cannot keep it now; send it again")
        return Answer(error.answer, error.words)


def _values(raw: bytes, header: Header | None, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "sender": header.sender if header else None,
        "control_id": header.control_id if header else None,
        "digest": hashlib.sha256(raw).digest(),
        "received_at": at,
        "raw": raw,
        "reason": None,
    }
