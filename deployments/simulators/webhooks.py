"""What companies tell by themselves: signed, sent until the customer takes it.

Headers and signature follow the Standard Webhooks specification, version 1: HMAC-SHA256 of
`id.timestamp.body`, in base64 after `v1,`. An event sent twice has the same id.
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import httpx
import orjson
from sqlalchemy import Row

from deployments.simulators.desk import Company, Desk
from storage.simulators import webhooks

POLL_S: Final = 0.2
PATIENCE_S: Final = 5.0
LEASE: Final = timedelta(seconds=15)
AT_ONCE: Final = 20
LONGEST_PAUSE_S: Final = 30.0


def signed(secret: str, event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers of a call."""
    content = f"{event_id}.{timestamp}.".encode() + body
    digest = hmac.digest(secret.encode(), content, hashlib.sha256)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        "content-type": "application/json",
    }


class WebhookSender:
    """Sends the queue of one company."""

    def __init__(self, desk: Desk, company: Company) -> None:
        self._desk = desk
        self._company = company

    async def run(self) -> None:
        """Sends until cancelled."""
        async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
            while True:
                if await self.send_due(client) < AT_ONCE:
                    await asyncio.sleep(POLL_S)

    async def send_due(self, client: httpx.AsyncClient) -> int:
        """Sends one batch; returns how many calls it had."""
        now = self._desk.clock()
        name = self._company.name
        rows = await self._desk.database.transact(
            lambda connection: webhooks.take_due(connection, name, now, LEASE, AT_ONCE),
            keyed=False,
        )
        await asyncio.gather(*(self._send(client, row) for row in rows))
        return len(rows)

    async def _send(self, client: httpx.AsyncClient, row: Row[Any]) -> None:
        if await self._taken(client, row.event):
            await self._desk.database.transact(lambda c: webhooks.settle(c, row.id), keyed=False)
            return
        pause = timedelta(seconds=min(0.5 * 2.0**row.attempts, LONGEST_PAUSE_S))
        due = self._desk.clock() + pause
        await self._desk.database.transact(
            lambda c: webhooks.postpone(c, row.id, row.attempts, due), keyed=False
        )

    async def _taken(self, client: httpx.AsyncClient, event: Mapping[str, Any]) -> bool:
        body = orjson.dumps(event)
        secret = self._company.webhook_secret
        assert secret is not None  # noqa: S101  # only companies with one have a sender
        timestamp = int(self._desk.clock().timestamp())
        headers = signed(secret.get_secret_value(), str(event["id"]), timestamp, body)
        try:
            answer = await client.post(self._company.webhook_url, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success
