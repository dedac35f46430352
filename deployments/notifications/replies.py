"""What providers tell by themselves: receipts, and replies of people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from deployments.clock import Clock, utc_now
from deployments.errors import Malformed, Unavailable
from deployments.letters import plain_letters
from deployments.notifications.codes import Channel
from deployments.notifications.errors import ProviderUnknown
from deployments.notifications.numbers import e164
from deployments.notifications.settings import NotificationSettings, ProviderSettings
from deployments.notifications.signing import check_signature
from storage.columns import new_id
from storage.database import Database
from storage.notifications import receipts, recording, standing
from storage.notifications.recording import Step

STOP: Final = frozenset({"stop", "unsubscribe", "cancel", "end", "quit", "huy", "dung", "tu choi"})
START: Final = frozenset({"start", "unstop", "bat dau", "dong y"})


class ReceiptData(BaseModel):
    """What a receipt says.

    Attributes:
        reference: the delivery's id, and the round when it was replayed.
        code: why it failed.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    reference: Annotated[str, Field(pattern=r"^[0-9a-fA-F-]{36}(\.[0-9]{1,4})?$")]
    code: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,60}$")] | None = None


class ReplyData(BaseModel):
    """What a person answered."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sender: Annotated[str, Field(max_length=40)]
    text: Annotated[str, Field(max_length=2000)]


class Receipt(BaseModel):
    """Something became of a message."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["message.delivered", "message.read", "message.failed"]
    data: ReceiptData


class Reply(BaseModel):
    """Somebody answered."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["message.received"]
    data: ReplyData


class Call(BaseModel):
    """What a provider calls with."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    call: Receipt | Reply = Field(discriminator="type")


class ProviderCalls:
    """Takes the calls of providers; each may come more than once, and in any order.

    Args:
        database: the service's.
        settings: who the providers are.
        clock: the time.
    """

    def __init__(
        self, database: Database, settings: NotificationSettings, *, clock: Clock = utc_now
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock

    async def take(self, provider: str, headers: Mapping[str, str], body: bytes) -> None:
        """Takes one call.

        Raises:
            ProviderUnknown: no provider has this name.
            SignatureRefused: it is not the provider who calls.
            Malformed: it cannot be read.
            Unavailable: it came before its time; the provider calls again.
        """
        secret = self._find(provider).webhook_secret.get_secret_value()
        now = self._clock()
        check_signature(secret, headers, body, now)
        try:
            call = Call.model_validate_json(b'{"call":' + body + b"}").call
        except ValidationError:
            raise Malformed("no such event") from None
        if isinstance(call, Reply):
            await self._reply(call.data, now)
        else:
            await self._receipt(provider, call, now)

    def _find(self, provider: str) -> ProviderSettings:
        for channel in self._settings.channels_of(provider):
            return self._settings.providers(channel)[provider]
        raise ProviderUnknown

    async def _receipt(self, provider: str, receipt: Receipt, now: datetime) -> None:
        channels = self._settings.channels_of(provider)
        kind, data = receipt.type.removeprefix("message."), receipt.data
        delivery_id, round_ = _parts(data.reference)

        def work(connection: Connection) -> bool:
            row = receipts.receive(
                connection,
                delivery_id,
                round_,
                provider,
                channels,
                kind,
                at=now,
                error=data.code,
            )
            if row is None:
                return receipts.is_under_way(connection, delivery_id)
            step = Step(row.recipient_id, row.channel, kind, data.code, row.workflow)
            recording.log(connection, row.event_id, now, [step])
            return False

        if await self._database.transact(work, keyed=False):
            raise Unavailable("it is being sent")

    async def _reply(self, reply: ReplyData, now: datetime) -> None:
        wish = _wish(reply.text)
        number = e164(reply.sender, self._settings.region)
        if wish is None or number is None:
            return

        def work(connection: Connection) -> None:
            people = standing.answer(
                connection, Channel.SMS, [number], stop=wish == "stop", source="reply"
            )
            recording.log(connection, new_id(), now, _steps(people, wish))

        await self._database.transact(work, keyed=False)


def _parts(reference: str) -> tuple[UUID, int]:
    """The delivery and its round.

    Raises:
        Malformed: it is no reference of ours.
    """
    id_, _, round_ = reference.partition(".")
    try:
        return UUID(id_), int(round_ or 0)
    except ValueError:
        raise Malformed("no such reference") from None


def _wish(text: str) -> Literal["stop", "start"] | None:
    """What a reply asks for: its words alone, whatever the case, the accents and the full stop."""
    words = " ".join(plain_letters(text).strip(" .!\"'").split())
    if words in STOP:
        return "stop"
    return "start" if words in START else None


def _steps(people: Sequence[UUID], wish: str) -> list[Step]:
    step = "consent_withdrawn" if wish == "stop" else "consent_granted"
    return [Step(user_id, Channel.SMS, step, "reply") for user_id in people]
