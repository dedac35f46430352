"""The port to the payers' exchange, and its adapter over HTTP.

Interchanges go out as X12. What X12 5010 has no map for in any kept library, and payers here
answer on web portals anyway, goes as JSON: eligibility, preauthorization, appeals (ours). A
time-out is `Unknown`: whoever asked asks again by the number of the claim.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol

import httpx

from deployments.logs import get_logger

log = get_logger("billing.payers")
CONNECT_S: Final = 2.0
X12: Final = "application/edi-x12"


class Unknown(Exception):
    """Nobody knows whether it arrived: no answer, or none that can be understood."""


class NotTaken(Exception):
    """The exchange refused it before any payer saw it; its text is a code."""


@dataclass(frozen=True)
class Standing:
    """What the exchange knows of a claim.

    Attributes:
        status: the 277CA, when there is one.
    """

    acknowledgement: str
    status: str | None


class PayerExchange(Protocol):
    """What billing needs of payers."""

    async def send(self, payer_code: str, interchange: str) -> str:
        """Sends an 837; its 999. The same interchange again has the same answer and no effect."""

    async def find(self, payer_code: str, number: str) -> Standing | None:
        """What became of a claim; None when it never arrived."""

    async def remittances(self, payer_code: str, sender: str, after: str) -> list[str]:
        """The 835s for us after the one with a trace number, oldest first."""

    async def ask(self, payer_code: str, what: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Asks about eligibility, a preauthorization or an appeal."""


class HttpPayerExchange:
    """The adapter; each call is made once and waits no longer than `timeout_s`.

    Raises, from every method: Unknown, NotTaken.

    Args:
        url: base of the exchange.
        key: its API key.
        timeout_s: longest wait for an answer.
        transport: for tests.
    """

    def __init__(
        self,
        url: str,
        key: str,
        timeout_s: float,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            transport=transport,
        )

    async def send(self, payer_code: str, interchange: str) -> str:
        """Sends an 837; its 999."""
        answer = await self._ask(
            "POST", f"/{payer_code}/claims", content=interchange, headers={"Content-Type": X12}
        )
        return answer.text

    async def find(self, payer_code: str, number: str) -> Standing | None:
        """What became of a claim; None when it never arrived."""
        answer = await self._ask("GET", f"/{payer_code}/claims/{number}", absent=True)
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        body = _body(answer)
        return Standing(str(body["acknowledgement"]), body.get("status"))

    async def remittances(self, payer_code: str, sender: str, after: str) -> list[str]:
        """The 835s for us after the one with a trace number, oldest first."""
        where = {"receiver": sender, "after": after}
        answer = await self._ask("GET", f"/{payer_code}/remittances", params=where)
        return [str(one) for one in _body(answer)["items"]]

    async def ask(self, payer_code: str, what: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Asks about eligibility, a preauthorization or an appeal."""
        return _body(await self._ask("POST", f"/{payer_code}/{what}", json=dict(body)))

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def _ask(
        self, method: str, path: str, *, absent: bool = False, **request: Any
    ) -> httpx.Response:
        try:
            answer = await self._client.request(method, path, **request)
        except httpx.HTTPError as error:
            raise Unknown(type(error).__name__) from None
        if answer.is_success or (absent and answer.status_code == HTTPStatus.NOT_FOUND):
            return answer
        if answer.status_code in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.CONFLICT}:
            raise NotTaken(f"http_{answer.status_code}")
        raise Unknown(f"http_{answer.status_code}")


def _body(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        raise Unknown("not JSON") from None
    if not isinstance(body, dict):
        raise Unknown("not an object")
    return body
