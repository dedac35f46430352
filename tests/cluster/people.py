"""People who use the hospital over HTTP and WebSocket, as a client program would."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect

from deployments.importer.seed import DEMO_PASSWORD

USERS = "/api/v1/users"
APPOINTMENTS = "/api/v1/appointments"
NOTIFICATIONS = "/api/v1/notifications"
RECORDS = "/api/v1/medical-records"
PHARMACY = "/api/v1/pharmacy"
LABORATORY = "/api/v1/laboratory"
PASSWORD = "a-quiet-river-at-night"
_numbers = itertools.count()


class Person:
    """Somebody with a token.

    Attributes:
        user_id: set by signing in.
        http: a client of the hospital; sends the token.
    """

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.user_id = ""
        self.refresh_token = ""

    async def sign_in(self, email: str, password: str = DEMO_PASSWORD) -> "Person":
        answer = await self.http.post(
            f"{USERS}/sign-in", json={"email": email, "password": password}
        )
        assert answer.status_code == 200, answer.text
        signed_in = answer.json()
        self.user_id = signed_in["user_id"]
        self.refresh_token = signed_in["refresh_token"]
        self.http.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        return self

    async def register(self, locale: str = "en", **about: Any) -> "Person":
        """Becomes a new patient and signs in."""
        email = f"person-{uuid4().hex[:12]}@example.org"
        answer = await self.http.post(
            f"{USERS}/register",
            json={
                "email": email,
                "password": PASSWORD,
                "family_name": "Trần",
                "given_name": f"Thử {next(_numbers)}",
                "locale": locale,
                **about,
            },
        )
        assert answer.status_code == 201, answer.text
        return await self.sign_in(email, PASSWORD)

    async def reason(self, code: str = "consultation") -> str:
        answer = await self.http.get(f"{APPOINTMENTS}/reasons")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return str(next((item for item in found if item["code"] == code), found[0])["id"])

    async def slots(self, reason_id: str, **query: Any) -> list[dict[str, Any]]:
        answer = await self.http.get(
            f"{APPOINTMENTS}/slots", params={"reason_id": reason_id, "limit": 100, **query}
        )
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def book(self, slot: dict[str, Any], key: str | None = None) -> httpx.Response:
        wanted = {name: slot[name] for name in ("practitioner_id", "reason_id", "start")}
        headers = {"Idempotency-Key": key} if key else {}
        return await self.http.post(APPOINTMENTS, json=wanted, headers=headers)

    async def asked(self, path: str, **query: Any) -> dict[str, Any]:
        """What a GET answers."""
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def did(self, path: str, body: Any = None) -> dict[str, Any]:
        """What a POST that must succeed answers."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code in (200, 201), (path, answer.text)
        done: dict[str, Any] = answer.json()
        return done

    async def medication(self, name: str, code: str) -> dict[str, Any]:
        """A medication of the formulary, looked for by its name."""
        found = await self.asked(f"{PHARMACY}/medications", q=name, limit=100)
        return next(item for item in found["items"] if item["code"] == code)

    @asynccontextmanager
    async def live(self, after: int = 0) -> AsyncIterator[ClientConnection]:
        """The live inbox, from after the given number."""
        answer = await self.http.post(f"{NOTIFICATIONS}/ws-tickets")
        assert answer.status_code in (200, 201), answer.text
        url = str(self.http.base_url).replace("http", "ws", 1).rstrip("/")
        async with connect(
            f"{url}{NOTIFICATIONS}/ws?after={after}",
            subprotocols=["medray.v1", f"ticket.{answer.json()['ticket']}"],  # type: ignore[list-item]
        ) as socket:
            yield socket


@asynccontextmanager
async def person(url: str) -> AsyncIterator[Person]:
    """Somebody who has not signed in yet."""
    async with httpx.AsyncClient(base_url=url, timeout=15) as http:
        yield Person(http)


def apart(slots: list[dict[str, Any]], minutes: int = 60) -> list[dict[str, Any]]:
    """Those slots that are far enough from each other to be booked one beside the other."""
    chosen: list[dict[str, Any]] = []
    for slot in sorted(slots, key=lambda slot: str(slot["start"])):
        start = datetime.fromisoformat(slot["start"])
        if not chosen or start - datetime.fromisoformat(chosen[-1]["start"]) >= timedelta(
            minutes=minutes
        ):
            chosen.append(slot)
    return chosen


async def told(socket: ClientConnection, workflow: str, within_s: float = 5) -> dict[str, Any]:
    """The next notification of the workflow on the live inbox."""
    async with asyncio.timeout(within_s):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] == "notification":
                notification: dict[str, Any] = message["notification"]
                if notification["workflow"] == workflow:
                    return notification
