"""The card company: charges, refunds and disputes, each once for each reference of the customer.

Amounts are ISO 4217 minor units. The API is the company's own, modelled on what such companies
have in common; a hospital writes an adapter for the one that it has a contract with.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import Connection, RowMapping

from deployments.simulators.card_behaviours import GOOD, Behaviour, behaviour_of
from deployments.simulators.desk import Desk
from storage.columns import new_id
from storage.simulators import cards, webhooks

NAME: Final = "card-payments"
Reference = Annotated[str, Field(min_length=1, max_length=100)]
Amount = Annotated[int, Field(gt=0, lt=2**53)]


class ChargeRequest(BaseModel):
    """Take money from a card."""

    reference: Reference
    amount: Amount
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    card_token: Annotated[str, Field(max_length=100)]


class RefundRequest(BaseModel):
    """Give money back to the card."""

    reference: Reference
    amount: Amount


class DisputeRequest(BaseModel):
    """What befalls a charge afterwards; a lever for demo and tests."""

    status: Literal["voided", "charged-back"]


class Charge(BaseModel):
    """A charge as the company shows it."""

    id: UUID
    reference: str
    amount: int
    currency: str
    status: str
    decline_code: str | None
    refunded: int


class Refund(BaseModel):
    """A refund as the company shows it."""

    reference: str
    charge_reference: str
    amount: int
    status: Literal["succeeded"] = "succeeded"


def routes(desk: Desk) -> APIRouter:
    """The API of the company."""
    company = CardCompany(desk)
    router = APIRouter()
    router.post("/charges")(company.charge)
    router.get("/charges/{reference}")(company.get_charge)
    router.post("/charges/{reference}/refunds")(company.refund)
    router.post("/charges/{reference}/disputes")(company.dispute)
    router.get("/refunds/{reference}")(company.get_refund)
    return router


class CardCompany:
    """What the card company does."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def charge(self, request: ChargeRequest) -> Charge:
        """Takes money, or answers again what became of the reference."""
        now = self._desk.clock()

        def work(connection: Connection) -> tuple[Charge | None, Behaviour]:
            earlier = cards.note_request(connection, request.reference, now)
            found = cards.find_charge(connection, request.reference)
            if found is not None:
                _check_same(found["amount"], request.amount)
                return _charge(found, now), GOOD
            behaviour = self._behaviour(request.card_token, request.reference, earlier)
            if behaviour.lost:
                return None, behaviour
            return self._take(connection, request, behaviour, now), behaviour

        charge, behaviour = await self._desk.database.transact(work, keyed=False)
        await self._dawdle(behaviour)
        if charge is None:
            raise HTTPException(504, "the bank did not answer")
        return charge

    async def get_charge(self, reference: str) -> Charge:
        """What became of a reference."""
        now = self._desk.clock()
        found = await self._desk.database.read(lambda c: cards.find_charge(c, reference))
        if found is None:
            raise HTTPException(404, "no such charge")
        return _charge(found, now)

    async def refund(self, reference: str, request: RefundRequest) -> Refund:
        """Gives money back, or answers again what became of the refund's reference."""
        now = self._desk.clock()

        def work(connection: Connection) -> tuple[Refund | None, Behaviour]:
            earlier = cards.note_request(connection, request.reference, now)
            found = cards.find_refund(connection, request.reference)
            if found is not None:
                _check_same(found["amount"], request.amount)
                return _refund(found), GOOD
            behaviour = self._behaviour("tok_approved", request.reference, earlier)
            if behaviour.lost:
                return None, behaviour
            values = {
                "reference": request.reference,
                "charge_reference": reference,
                "amount": request.amount,
                "created_at": now,
            }
            if not cards.add_refund(connection, values):
                raise HTTPException(409, "more than is left of the charge")
            refund = _refund(values)
            self._tell(connection, "refund.succeeded", refund, now)
            return refund, behaviour

        refund, behaviour = await self._desk.database.transact(work, keyed=False)
        await self._dawdle(behaviour)
        if refund is None:
            raise HTTPException(504, "the bank did not answer")
        return refund

    async def get_refund(self, reference: str) -> Refund:
        """What became of the reference of a refund."""
        found = await self._desk.database.read(lambda c: cards.find_refund(c, reference))
        if found is None:
            raise HTTPException(404, "no such refund")
        return _refund(found)

    async def dispute(self, reference: str, request: DisputeRequest) -> Charge:
        """Lets the cardholder or the bank take the money back."""
        now = self._desk.clock()

        def work(connection: Connection) -> Charge:
            row = cards.reverse_charge(connection, reference, request.status)
            if row is None:
                raise HTTPException(409, "no charge that stands")
            charge = _charge(row, now)
            self._tell(connection, f"charge.{request.status}", charge, now)
            return charge

        return await self._desk.database.transact(work, keyed=False)

    def _behaviour(self, card: str, reference: str, earlier: int) -> Behaviour:
        return behaviour_of(card, reference, earlier, self._desk.settings)

    def _take(
        self, connection: Connection, request: ChargeRequest, behaviour: Behaviour, now: datetime
    ) -> Charge:
        declined = behaviour.decline_code is not None
        values = {
            "reference": request.reference,
            "id": new_id(),
            "amount": request.amount,
            "currency": request.currency,
            "status": "declined" if declined else "succeeded",
            "decline_code": behaviour.decline_code,
            "refunded": 0,
            "known_at": now + self._late if behaviour.pending else now,
            "created_at": now,
        }
        cards.add_charge(connection, values)
        for event, at, shown_at in self._plan(behaviour, str(values["status"]), now):
            self._tell(connection, event, _charge(values, shown_at), at)
        return _charge(values, now)

    def _plan(
        self, behaviour: Behaviour, status: str, now: datetime
    ) -> list[tuple[str, datetime, datetime]]:
        """Events to tell: name, when it goes out, as of when it shows the charge."""
        later = now + self._late
        final = f"charge.{status}"
        if behaviour.telling == "never":
            return []
        if behaviour.telling == "reversed":
            return [(final, later, later), ("charge.pending", later + self._late, now)]
        if behaviour.pending:
            return [("charge.pending", now, now), (final, later, later)]
        if behaviour.telling == "late":
            return [(final, later, now)]
        return [(final, now, now)] * (2 if behaviour.telling == "twice" else 1)

    def _tell(
        self, connection: Connection, event: str, shown: Charge | Refund, at: datetime
    ) -> None:
        """Puts the event into the queue; the same event has the same id."""
        payload = {
            "id": f"evt_{event}_{shown.reference}",
            "type": event,
            "data": shown.model_dump(mode="json"),
        }
        webhooks.enqueue(connection, NAME, payload, at)

    async def _dawdle(self, behaviour: Behaviour) -> None:
        if behaviour.lost or behaviour.silent:
            await asyncio.sleep(self._desk.settings.silence_s)
        elif behaviour.late:
            await asyncio.sleep(self._desk.settings.late_s)

    @property
    def _late(self) -> timedelta:
        return timedelta(seconds=self._desk.settings.late_s)


def _check_same(known: int, asked: int) -> None:
    if known != asked:
        raise HTTPException(409, "the reference was used for another amount")


def _charge(row: RowMapping | dict[str, Any], now: datetime) -> Charge:
    """The charge as it is known at `now`: nothing of a decision that comes later."""
    if now < row["known_at"]:
        return Charge.model_validate({**row, "status": "pending", "decline_code": None})
    return Charge.model_validate({**row})


def _refund(row: RowMapping | dict[str, Any]) -> Refund:
    return Refund.model_validate({**row})
