"""Companies that bring SMS and push messages to telephones, each reference once.

Two of them, so that a hospital can turn to the other; chance is the first one's alone.
Numbers that end in 000 cannot be reached, tokens that begin with `gone-` are of no device.
"""

import asyncio
import random
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from deployments.simulators.desk import Desk
from storage.columns import new_id
from storage.simulators import messages, webhooks

NAME: Final = "messages"
BACKUP: Final = "messages-backup"
NOWHERE: Final = "000"
GONE: Final = "gone-"
SHOWN: Final = 1000
Reference = Annotated[str, Field(min_length=1, max_length=100)]


class SmsRequest(BaseModel):
    """Bring an SMS to a number."""

    reference: Reference
    to: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{5,14}$")]
    text: Annotated[str, Field(min_length=1, max_length=1600)]


class PushRequest(BaseModel):
    """Show something on devices."""

    reference: Reference
    tokens: Annotated[list[str], Field(min_length=1, max_length=500)]
    title: str
    body: str
    notification_id: UUID


class ReplyRequest(BaseModel):
    """What a person answers; a lever for demo and tests."""

    sender: str
    text: str


class Taken(BaseModel):
    """That a message is on its way.

    Attributes:
        unregistered: tokens of no device.
    """

    id: str
    unregistered: list[str] = []


class PhoneMessage(BaseModel):
    """What was taken."""

    reference: str
    kind: str
    content: dict[str, Any]


def routes(name: str, desk: Desk) -> APIRouter:
    """The API of the company with this name."""
    company = MessageCompany(name, desk)
    router = APIRouter()
    router.post("/messages", status_code=202)(company.take_sms)
    router.post("/pushes", status_code=202)(company.take_push)
    router.get("/messages")(company.list_taken)
    router.post("/replies", status_code=202)(company.reply)
    return router


class MessageCompany:
    """What such a company does.

    Args:
        name: of the company.
        desk: its tools.
    """

    def __init__(self, name: str, desk: Desk) -> None:
        self._name = name
        self._desk = desk

    async def take_sms(self, request: SmsRequest) -> Taken:
        """Takes an SMS, or answers again that it has it."""
        arrives = not request.to.endswith(NOWHERE)
        return await self._take("sms", request, arrives=arrives)

    async def take_push(self, request: PushRequest) -> Taken:
        """Takes a push message, or answers again that it has it."""
        gone = [token for token in request.tokens if token.startswith(GONE)]
        taken = await self._take("push", request, arrives=len(gone) < len(request.tokens))
        return taken.model_copy(update={"unregistered": gone})

    async def list_taken(self) -> list[PhoneMessage]:
        """What was taken, the latest first."""
        rows = await self._desk.database.read(
            lambda connection: messages.list_taken(connection, self._name, SHOWN)
        )
        return [PhoneMessage.model_validate({**row}) for row in rows]

    async def reply(self, request: ReplyRequest) -> None:
        """Lets a person answer."""
        now = self._desk.clock()
        event = {
            "id": str(new_id()),
            "type": "message.received",
            "data": request.model_dump(mode="json"),
        }
        await self._desk.database.transact(
            lambda connection: webhooks.enqueue(connection, self._name, event, now)
        )

    async def _take(self, kind: str, request: SmsRequest | PushRequest, *, arrives: bool) -> Taken:
        now = self._desk.clock()

        def work(connection: Connection) -> random.Random | None:
            earlier = messages.note_request(connection, self._name, request.reference)
            chance = self._chance(request.reference, earlier)
            if chance.random() < self._likely("failing"):
                return None
            values = {
                "company": self._name,
                "reference": request.reference,
                "kind": kind,
                "content": request.model_dump(mode="json", exclude={"reference"}),
                "at": now,
            }
            if messages.take(connection, values):
                receipt = _receipt(request.reference, arrives=arrives)
                webhooks.enqueue(connection, self._name, receipt, now)
            return chance

        chance = await self._desk.database.transact(work)
        if chance is None:
            raise HTTPException(503, "overloaded")
        await self._dawdle(chance)
        return Taken(id=f"{self._name}:{request.reference}")

    def _chance(self, reference: str, earlier: int) -> random.Random:
        """Of each try by itself, the same in each run."""
        return random.Random(f"{self._desk.settings.seed}:{reference}:{earlier}")  # noqa: S311

    def _likely(self, what: str) -> float:
        if self._name == BACKUP:
            return 0.0
        likely: float = getattr(self._desk.settings, f"messages_{what}")
        return likely

    async def _dawdle(self, chance: random.Random) -> None:
        if chance.random() < self._likely("silent"):
            await asyncio.sleep(self._desk.settings.silence_s)
        elif chance.random() < self._likely("late"):
            await asyncio.sleep(self._desk.settings.late_s)


def _receipt(reference: str, *, arrives: bool) -> dict[str, Any]:
    """Whether it arrived; the same event has the same id."""
    what = "message.delivered" if arrives else "message.failed"
    data = {"reference": reference} | ({} if arrives else {"code": "unreachable_number"})
    return {"id": f"{what}:{reference}", "type": what, "data": data}
