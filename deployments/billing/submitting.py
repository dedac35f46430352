"""Sending claims, and hearing whether they were taken in: 837P out, 999 and 277CA in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, RowMapping

from deployments.billing.claim_accepting import accept
from deployments.billing.claim_content import content_of
from deployments.billing.claim_moving import locked, move
from deployments.billing.events import ClaimRejected
from deployments.billing.payer_exchange import NotTaken, Standing
from deployments.billing.payer_questions import PayerQuestions
from deployments.billing.payer_tools import SOFTWARE, PayerTools
from deployments.publishing import publish
from deployments.x12 import acknowledgements, professional_claims, statuses
from deployments.x12.reading import Unreadable, read
from deployments.x12.shapes import Status
from deployments.x12.writing import Header, write
from storage.billing import claims, insurance

VOID: Final = "8"
NO_MONEY: Final = {"paid": 0, "patient": 0, "written_off": 0, "disputed": 0}


class Outgoing(NamedTuple):
    """What is sent for a claim.

    Attributes:
        sent_before: it may have arrived already.
    """

    payer_code: str
    number: str
    content: str
    sent_before: bool


class Submitting:
    """Sends claims.

    Args:
        tools: of the worker.
    """

    def __init__(self, tools: PayerTools) -> None:
        self._tools = tools
        self._questions = PayerQuestions(tools)

    async def submit(self, job: Row[Any]) -> None:
        """Sends a queued claim, asks for a preauthorization, or appeals.

        Raises:
            Unknown: nobody knows whether it arrived.
        """
        database = self._tools.desk.database
        claim = await database.read(lambda connection: claims.find(connection, job.object_id))
        if claim is None or claim["status"] not in {"queued", "appealed"}:
            await self._tools.end(job)
        elif claim["status"] == "appealed":
            await self._questions.appeal(job, claim)
        elif claim["use"] == "preauthorization":
            await self._questions.ask_first(job, claim)
        else:
            await self._send(job)

    async def ask(self, job: Row[Any]) -> None:
        """Asks what became of a submitted claim.

        Raises:
            Unknown: no answer.
        """
        database = self._tools.desk.database

        def gather(connection: Connection) -> tuple[str, str] | None:
            claim = claims.find(connection, job.object_id)
            if claim is None or claim["status"] != "submitted":
                return None
            payer = insurance.find_provider(connection, claim["payer_id"])
            return (payer["code"], claim["number"]) if payer else None

        asked = await database.read(gather)
        standing = await self._tools.exchange.find(*asked) if asked else None
        await self._tools.end(
            job, lambda connection, now: self._hear(connection, job, standing, now)
        )

    async def _send(self, job: Row[Any]) -> None:
        outgoing = await self._tools.desk.database.transact(
            lambda connection: self._prepare(connection, job), keyed=False
        )
        try:
            standing = await self._deliver(outgoing)
        except NotTaken as refused:
            reasons = [str(refused)]
            await self._tools.end(job, lambda c, now: self._reject(c, job, reasons, now))
            return
        await self._tools.end(
            job, lambda connection, now: self._sent(connection, job, standing, now)
        )

    async def _deliver(self, outgoing: Outgoing) -> Standing:
        exchange = self._tools.exchange
        if outgoing.sent_before:
            found = await exchange.find(outgoing.payer_code, outgoing.number)
            if found is not None:
                return found
        return Standing(await exchange.send(outgoing.payer_code, outgoing.content), None)

    def _prepare(self, connection: Connection, job: Row[Any]) -> Outgoing:
        """Writes the interchange down before it is sent, once for each submission."""
        claim = locked(connection, job.object_id)
        settings, now = self._tools.settings, self._tools.desk.clock()
        content = content_of(connection, claim, settings.sender_hospital)
        payer_code = content.payer.code
        sent = claims.find_sent(connection, claim["id"], claim["version"])
        if sent is not None:
            return Outgoing(payer_code, claim["number"], sent["content"], sent_before=True)
        number = claims.next_control_number(connection)
        header = Header("837P", settings.sender, payer_code, number, now)
        text = write(header, professional_claims.segments(content, now))
        claims.add_interchange(
            connection,
            claim["id"],
            "837P",
            f"{number:09d}",
            text,
            now,
            claim_version=claim["version"],
        )
        return Outgoing(payer_code, claim["number"], text, sent_before=False)

    def _sent(
        self, connection: Connection, job: Row[Any], standing: Standing, now: datetime
    ) -> None:
        claim = locked(connection, job.object_id)
        try:
            reading = read(standing.acknowledgement)
            answer = acknowledgements.read(reading)
        except (Unreadable, ValueError):
            self._reject(connection, job, ["999:unreadable"], now)
            return
        claims.add_interchange(
            connection, claim["id"], "999", reading.control_number, standing.acknowledgement, now
        )
        if not answer.accepted:
            self._reject(connection, job, [f"999:{one}" for one in answer.faults], now)
            return
        move(connection, claim, "send", actor_id=SOFTWARE.user_id, at=now)
        self._tools.later(connection, "ask", claim["id"], now)

    def _hear(
        self, connection: Connection, job: Row[Any], standing: Standing | None, now: datetime
    ) -> None:
        claim = locked(connection, job.object_id)
        if claim["status"] != "submitted":
            return
        if standing is None or standing.status is None:
            self._tools.later(connection, "ask", claim["id"], now)
            return
        reading = read(standing.status)
        claims.add_interchange(
            connection, claim["id"], "277CA", reading.control_number, standing.status, now
        )
        for status in statuses.read(reading):
            if status.number == claim["number"]:
                self._take(connection, claim, status, job, now)

    def _take(
        self,
        connection: Connection,
        claim: RowMapping,
        status: Status,
        job: Row[Any],
        now: datetime,
    ) -> None:
        if not status.accepted:
            self._reject(connection, job, [f"{status.category}:{status.code}"], now)
            return
        row = accept(connection, claim, status.payer_claim_number or None, now)
        if claim["frequency"] == VOID:
            move(connection, row, "done", actor_id=SOFTWARE.user_id, at=now)
        else:
            self._tools.later(connection, "collect", claim["payer_id"], now)

    def _reject(
        self, connection: Connection, job: Row[Any], reasons: Sequence[str], now: datetime
    ) -> None:
        claim = locked(connection, job.object_id)
        row = move(
            connection, claim, "reject", actor_id=SOFTWARE.user_id, at=now, reasons=list(reasons)
        )
        publish(
            connection,
            ClaimRejected(
                claim_id=row["id"],
                patient_id=row["patient_id"],
                invoice_id=row["invoice_id"],
                reasons=list(reasons),
            ),
        )
