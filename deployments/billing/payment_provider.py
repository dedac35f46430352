"""The port to the company that charges cards, and its adapter over HTTP.

A time-out is not a failure: whatever was not answered clearly is `Unknown`, and is asked for
again by our reference, never blindly charged again. Amounts are ISO 4217 minor units.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol

import httpx

from deployments.logs import get_logger

log = get_logger("billing.provider")
CONNECT_S: Final = 2.0
MOST_CONNECTIONS: Final = 64
NEVER_A_CHARGE: Final = (HTTPStatus.UNPROCESSABLE_ENTITY,)
NEVER_A_REFUND: Final = (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT)
"""Statuses after which the money did not move and will not; all others leave it open."""


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The money moved."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The money did not move, and will not.

    Attributes:
        code: the provider's reason, in its words.
    """

    code: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The provider has it and has not decided."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows whether the money moved: no answer, or none that can be understood.

    Attributes:
        reason: for the log.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The provider has never heard of the reference; only a look-up says so."""


@dataclass(frozen=True, slots=True)
class Reversed:
    """Money that had moved was taken back.

    Attributes:
        how: `voided` by the bank, or `charged-back` by the cardholder.
    """

    how: str


Outcome = Succeeded | Declined | Pending | Unknown | Absent | Reversed


@dataclass(frozen=True, slots=True)
class Charge:
    """Money to be taken.

    Attributes:
        reference: ours; it makes the charge happen once, however often it is asked for.
        amount: minor units.
        currency: ISO 4217 code.
        card_token: stands for the card; its number never comes here.
    """

    reference: str
    amount: int
    currency: str
    card_token: str


class PaymentProvider(Protocol):
    """What billing needs of such a company. No method raises: what went wrong is an outcome."""

    async def charge(self, charge: Charge) -> Outcome:
        """Takes money, once for each reference."""

    async def find_charge(self, reference: str, amount: int, currency: str) -> Outcome:
        """What became of a charge."""

    async def refund(self, charge_reference: str, reference: str, amount: int) -> Outcome:
        """Gives money of a charge back, once for each reference."""

    async def find_refund(self, reference: str, amount: int) -> Outcome:
        """What became of a refund."""


class HttpPaymentProvider:
    """The adapter; each call is made once and waits no longer than `timeout_s`.

    Args:
        url: base of the provider's API.
        key: its API key.
        timeout_s: longest wait for an answer.
    """

    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            limits=httpx.Limits(max_connections=MOST_CONNECTIONS),
        )

    async def charge(self, charge: Charge) -> Outcome:
        """Takes money, once for each reference."""
        body = {
            "reference": charge.reference,
            "amount": charge.amount,
            "currency": charge.currency,
            "card_token": charge.card_token,
        }
        asked = await self._ask("POST", "/charges", body, final=NEVER_A_CHARGE)
        return _checked(asked, amount=charge.amount, currency=charge.currency)

    async def find_charge(self, reference: str, amount: int, currency: str) -> Outcome:
        """What became of a charge."""
        asked = await self._ask("GET", f"/charges/{reference}")
        return _checked(asked, amount=amount, currency=currency)

    async def refund(self, charge_reference: str, reference: str, amount: int) -> Outcome:
        """Gives money of a charge back, once for each reference."""
        body = {"reference": reference, "amount": amount}
        asked = await self._ask(
            "POST", f"/charges/{charge_reference}/refunds", body, final=NEVER_A_REFUND
        )
        return _checked(asked, amount=amount)

    async def find_refund(self, reference: str, amount: int) -> Outcome:
        """What became of a refund."""
        return _checked(await self._ask("GET", f"/refunds/{reference}"), amount=amount)

    async def close(self) -> None:
        """Lets go of the connections."""
        await self._client.aclose()

    async def _ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        final: Collection[int] = (),
    ) -> dict[str, Any] | Outcome:
        """The answer's content, or what its absence means; statuses in `final` are a no."""
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await self._client.request(method, path, json=body)
        except (httpx.HTTPError, TimeoutError) as error:
            return Unknown(type(error).__name__)
        if answer.is_success:
            return _content(answer)
        if answer.status_code == HTTPStatus.NOT_FOUND and method == "GET":
            return Absent()
        log.warning("provider refused", extra={"status": answer.status_code})
        if answer.status_code in final:
            return Declined("refused_by_provider")
        return Unknown(f"status {answer.status_code}")


def outcome_of(content: dict[str, Any]) -> Outcome:
    """What the provider's words mean, in an answer or a webhook."""
    match content.get("status"):
        case "succeeded":
            return Succeeded()
        case "declined":
            return Declined(str(content.get("decline_code") or "declined")[:100])
        case "pending":
            return Pending()
        case "voided" | "charged-back" as how:
            return Reversed(how)
    return Unknown("words not understood")


def same_money(content: dict[str, Any], *, amount: int, currency: str | None = None) -> bool:
    """Whether the provider speaks of the money that we speak of."""
    same = content.get("amount") == amount
    return same and (currency is None or content.get("currency") == currency)


def _checked(
    asked: dict[str, Any] | Outcome, *, amount: int, currency: str | None = None
) -> Outcome:
    if not isinstance(asked, dict):
        return asked
    if not same_money(asked, amount=amount, currency=currency):
        log.error("provider speaks of other money")
        return Unknown("other money")
    return outcome_of(asked)


def _content(answer: httpx.Response) -> dict[str, Any] | Outcome:
    try:
        content = answer.json()
    except ValueError:
        return Unknown("no JSON")
    return content if isinstance(content, dict) else Unknown("no object")
