"""The payers' exchange: takes an 837, answers 999, 277CA and 835, as a clearing house would.

Paths are `/{payer}/...`. A claim is decided when remittances are asked for and it is due; one 835
pays all claims of a hospital that are due. Eligibility, consent and appeals are JSON (ours).
"""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field
from sqlalchemy import Connection, RowMapping

from deployments.billing.shares import Used
from deployments.simulators.desk import Desk
from deployments.simulators.payer_deciding import decide_due, take_in
from deployments.simulators.payer_members import NAMES, Behaviour, behaviour_of, find_member
from deployments.x12 import professional_claims
from deployments.x12.reading import Reading, Unreadable, read
from deployments.x12.shapes import Claim
from storage.simulators import payers

NAME: Final = "payers"
CONSENT_LASTS: Final = timedelta(days=90)
EVIDENCE: Final = "evidence"
"""An appeal with this word is heard."""
Text = Annotated[str, Field(max_length=4000)]


class Question(BaseModel):
    """Whether somebody is insured on a day."""

    member_id: Text
    birth_date: date
    service_day: date


class Planned(BaseModel):
    """Something that is planned."""

    code: Text
    day: date


class ConsentRequest(BaseModel):
    """Whether the payer agrees."""

    number: Text
    member_id: Text
    birth_date: date
    diagnoses: list[Text]
    services: list[Planned]


class AppealRequest(BaseModel):
    """That the payer decide again."""

    number: Text
    version: int
    reason: Text


def routes(desk: Desk) -> APIRouter:
    """The API of the exchange."""
    exchange = Exchange(desk)
    router = APIRouter()
    router.post("/{payer}/claims", response_class=PlainTextResponse)(exchange.take)
    router.get("/{payer}/claims/{number}")(exchange.find)
    router.get("/{payer}/remittances")(exchange.remittances)
    router.post("/{payer}/eligibility")(exchange.eligibility)
    router.post("/{payer}/preauthorizations")(exchange.consent)
    router.post("/{payer}/appeals")(exchange.appeal)
    return router


class Exchange:
    """What the payers do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def take(self, payer: str, request: Request) -> str:
        """Takes an 837; its 999. The same interchange again has the same answer and no effect."""
        _check_payer(payer)
        try:
            reading = await asyncio.to_thread(read, (await request.body()).decode("ascii"))
            claim = None if reading.faults else professional_claims.read(reading)
            acknowledgement = reading.acknowledge()
        except (Unreadable, ValueError):
            raise HTTPException(422, "no 837 of 005010X222A1") from None
        if claim is None or claim.payer.code != payer:
            return acknowledgement
        now = self._desk.clock()
        behaviour = behaviour_of(claim.insured.member_id)

        def work(connection: Connection) -> tuple[str, bool]:
            return self._take(connection, payer, reading, claim, acknowledgement, now)

        answer, hangs = await self._desk.database.transact(work)
        if hangs:
            await self._hang(behaviour)
        return answer

    async def find(self, payer: str, number: str) -> dict[str, Any]:
        """What became of a claim."""
        now = self._desk.clock()
        row = await self._desk.database.read(lambda c: payers.find_claim(c, payer, number))
        if row is None:
            raise HTTPException(404, "no such claim")
        status = row["status"] if row["known_at"] <= now else None
        return {"acknowledgement": row["acknowledgement"], "status": status}

    async def remittances(self, payer: str, receiver: str, after: str = "") -> dict[str, Any]:
        """The 835s for a hospital; claims that are due are decided first."""
        _check_payer(payer)
        now = self._desk.clock()

        def work(connection: Connection) -> Sequence[str]:
            payers.lock(connection, payer, receiver)
            decide_due(connection, payer, receiver, now)
            return payers.remittances_after(connection, payer, receiver, after)

        return {"items": await self._desk.database.transact(work)}

    async def eligibility(self, payer: str, question: Question) -> dict[str, Any]:
        """Whether somebody is insured on a day, and what is left of the year."""
        _check_payer(payer)
        member = find_member(payer, question.member_id)
        day = question.service_day
        if member is None:
            return {"inforce": False, "reason": "31", "remaining": None}
        if day < member.starts_on or (member.ends_on is not None and day > member.ends_on):
            reason = "26" if day < member.starts_on else "27"
            return {"inforce": False, "reason": reason, "remaining": None}
        used = await self._desk.database.read(
            lambda c: Used(*payers.used(c, payer, question.member_id, day.year))
        )
        ceiling = member.plan.year_ceiling
        remaining = None if ceiling is None else max(ceiling - used.paid, 0)
        return {"inforce": True, "reason": None, "remaining": remaining}

    async def consent(self, payer: str, asked: ConsentRequest) -> dict[str, Any]:
        """Agrees to what the plan covers; the same question has the same answer."""
        _check_payer(payer)
        member = find_member(payer, asked.member_id)
        if member is None:
            return {"approved": False, "reasons": ["PR-31"]}
        codes = [service.code for service in asked.services]
        if member.plan.excluded_codes & set(codes):
            return {"approved": False, "reasons": ["PR-96"]}
        until = max(service.day for service in asked.services) + CONSENT_LASTS

        def work(connection: Connection) -> str:
            payers.lock(connection, payer, asked.number)
            found = payers.find_consent(connection, payer, asked.number)
            if found is not None:
                return str(found["number"])
            number = f"PA{payers.next_number(connection):08d}"
            values = {
                "number": number, "payer": payer, "asked_as": asked.number,
                "member_id": asked.member_id, "codes": codes, "until": until,
            }  # fmt: skip
            payers.add_consent(connection, values)
            return number

        return {"approved": True, "number": await self._desk.database.transact(work)}

    async def appeal(self, payer: str, appeal: AppealRequest) -> dict[str, Any]:
        """Takes an appeal: the claim is decided again, once for each version of the appeal."""
        _check_payer(payer)

        def work(connection: Connection) -> None:
            row = payers.find_claim(connection, payer, appeal.number)
            if row is None or row["state"] not in {"decided", "pending"}:
                raise HTTPException(409, "nothing to decide again")
            payers.lock(connection, payer, row["sender"])
            if row["appealed_version"] != appeal.version:
                payers.change_claim(
                    connection, row["id"], state="pending", appealed_version=appeal.version,
                    lenient=EVIDENCE in appeal.reason.lower(),
                )  # fmt: skip

        await self._desk.database.transact(work)
        return {"received": True}

    def _take(
        self,
        connection: Connection,
        payer: str,
        reading: Reading,
        claim: Claim,
        acknowledgement: str,
        now: datetime,
    ) -> tuple[str, bool]:
        """The 999, and whether nobody hears it."""
        sender, number = reading.sender, reading.control_number
        payers.lock(connection, payer, sender)
        behaviour = behaviour_of(claim.insured.member_id)
        first = payers.note_attempt(connection, payer, sender, number, now) == 0
        found: RowMapping | None = payers.find_interchange(connection, payer, sender, number)
        if found is not None:
            return str(found["acknowledgement"]), False
        if behaviour == "lost" and first:
            return acknowledgement, True
        late = timedelta(seconds=self._desk.settings.late_s if behaviour == "late" else 0)
        take_in(connection, payer, (sender, number), claim, acknowledgement, (now, now + late))
        return acknowledgement, behaviour == "silent" and first

    async def _hang(self, behaviour: Behaviour) -> None:
        await asyncio.sleep(self._desk.settings.silence_s)
        raise HTTPException(504, f"the exchange is {behaviour}")


def _check_payer(payer: str) -> None:
    if payer not in NAMES:
        raise HTTPException(404, "no such payer")
