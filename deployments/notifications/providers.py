"""Providers of SMS and push: one after the other, and never two for one message."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from deployments.logs import get_logger
from deployments.notifications.outcomes import Never, NotNow, Unsure
from deployments.notifications.posting import Post, Unanswered, Unreached

log = get_logger("notifications")
PASSING: Final = frozenset({408, 409, 425, 429})
"""Answers below 500 after which trying again may help (RFC 9110, 8470, 6585)."""


async def _nobody(_tokens: list[str]) -> None:
    return


@dataclass(frozen=True)
class PhoneMessage:
    """An SMS or a push message.

    Attributes:
        path: below the provider's URL.
        reference: see `reference_of`; a provider takes the same one once.
        body: what else is said, as JSON values.
        gone: is told of devices that do not exist any more.
    """

    path: str
    reference: str
    body: Mapping[str, Any]
    gone: Callable[[list[str]], Awaitable[None]] = _nobody


def reference_of(delivery_id: UUID, round_: int) -> str:
    """What a provider knows a delivery by: its id, and the round when it was replayed."""
    return f"{delivery_id}.{round_}" if round_ else str(delivery_id)


class Provider(Protocol):
    """Who brings messages to telephones."""

    @property
    def name(self) -> str:
        """As in the settings."""

    async def send(self, message: PhoneMessage) -> None:
        """Hands one over.

        Raises:
            Unsure: no answer: it may have been taken.
            NotNow: it was certainly not taken; trying again may help.
            Never: it is refused for good.
        """


class HttpProvider:
    """The HTTP adapter: `POST` with an Idempotency-Key, 2xx is taken.

    Args:
        name: as in the settings.
        url: of the API.
        key: sent as `Authorization: Bearer`.
        post: how requests are made.
    """

    def __init__(self, name: str, url: str, key: str, post: Post) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self._key = key
        self._post = post

    async def send(self, message: PhoneMessage) -> None:
        """Hands one over; see `Provider`."""
        reference = message.reference
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "application/json",
            "Idempotency-Key": reference,
        }
        body = orjson.dumps({"reference": reference, **message.body})
        try:
            answer = await self._post(f"{self._url}{message.path}", headers, body)
        except Unreached:
            raise NotNow("unreachable") from None
        except Unanswered:
            raise Unsure("no_answer", self.name) from None
        check_taken(answer.status)
        if gone := _gone(answer.body):
            await message.gone(gone)


def check_taken(status: int) -> None:
    """Passes for 2xx.

    Raises:
        NotNow: 5xx, and the few others that pass.
        Never: everything else; redirects are not followed.
    """
    if 200 <= status < 300:
        return
    if status >= 500 or status in PASSING:
        raise NotNow(f"http_{status}")
    raise Never(f"http_{status}")


def _gone(body: bytes) -> list[str]:
    """The tokens in the answer's `unregistered`."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return []
    found = answer.get("unregistered") if isinstance(answer, dict) else None
    return [token for token in found if isinstance(token, str)] if isinstance(found, list) else []


class Providers:
    """Several providers of one channel.

    Args:
        providers: in the order in which they are tried.
    """

    def __init__(self, providers: Sequence[Provider]) -> None:
        self._providers = providers

    async def hand_over(
        self, message: PhoneMessage, *, held_by: str | None, may_double: bool
    ) -> str:
        """Gives it to the first that takes it; its name.

        A provider that did not answer may have taken the message. It alone is asked again, until
        it says yes or no: a repeated reference it takes once, while another provider would send
        it a second time.

        Args:
            message: to hand over.
            held_by: who may have it from an earlier try.
            may_double: rather twice than late: the others are tried all the same.

        Raises:
            Unsure: a provider may have it.
            NotNow: nobody has it; trying again may help.
            Never: nobody takes it.
        """
        refusal: Exception = Never("no_provider")
        doubted: Unsure | None = None
        for provider in self._in_order(None if may_double else held_by):
            try:
                await provider.send(message)
            except Unsure as error:
                doubted = error
                if not may_double:
                    raise
            except (NotNow, Never) as error:
                refusal = _weightier(refusal, error)
                log.warning(
                    "provider refused", extra={"provider": provider.name, "error": error.args[0]}
                )
            else:
                return provider.name
        raise doubted or refusal

    def _in_order(self, held_by: str | None) -> list[Provider]:
        """Who may have it first; a provider that is in the settings no more has nothing."""
        return sorted(self._providers, key=lambda provider: provider.name != held_by)


def _weightier(one: Exception, other: Exception) -> Exception:
    """Trying again helps when it may help at one of them."""
    return one if isinstance(one, NotNow) else other
