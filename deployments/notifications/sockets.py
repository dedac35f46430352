"""One live connection: `medray.v1` spoken over a WebSocket, bounded in every direction.

The client sends `{"after": n}` first (or `?after=n`) and gets `hello`, then every notification
above n in order, then new ones as they come. It answers each `{"type": "ping"}` with
`{"type": "pong"}`, and says `{"type": "active"}` when its person did something. Buffers on the way
may be without limit (rule R29), so at most `WINDOW` messages are on the way unconfirmed: a client
that does not read confirms nothing.
"""

import asyncio
import math
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from starlette.websockets import WebSocket, WebSocketDisconnect

from deployments.access import Principal
from deployments.logs import fault, get_logger
from deployments.notifications.errors import TooManySockets
from deployments.notifications.live import Close, Closed, LiveInbox, Mailbox
from deployments.notifications.schemas import (
    ClientMessage,
    Hello,
    LiveCount,
    LiveNotification,
    Notification,
    Ping,
)
from deployments.notifications.service import NotificationService

log = get_logger("notifications")

LONGEST_MESSAGE: Final = 64 * 1024
WINDOW: Final = 64
PING_S: Final = 20.0
PATIENCE_S: Final = 4.0
"""How long a client may take to accept bytes, to confirm, or to say where it begins."""
BURST: Final = 20
PER_SECOND: Final = 5.0
"""Inbound messages beyond this are a flood; an honest client sends one per ping."""


class LiveSocket:
    """Speaks the protocol with one accepted connection.

    Args:
        socket: accepted.
        principal: whom its ticket let in.
        service: counters for the greeting.
        live: the connections of this process.
    """

    def __init__(
        self,
        socket: WebSocket,
        principal: Principal,
        service: NotificationService,
        live: LiveInbox,
    ) -> None:
        self._socket = socket
        self._principal = principal
        self._service = service
        self._live = live
        self._budget = Budget()
        self._unconfirmed = 0
        self._confirmed = asyncio.Event()

    async def serve(self, after: int | None) -> None:
        """Serves until one side ends it; the mailbox is forgotten whatever happens."""
        try:
            code = await self._converse(after)
        except Closed as closed:
            code = closed.args[0]
        except TooManySockets:
            code = Close.TRY_LATER
        except WebSocketDisconnect:
            return
        except Exception as error:  # noqa: BLE001  # the client hears of it by the code
            log.error("live connection failed", extra=fault(error))  # noqa: TRY400
            code = Close.FAILED
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect):
            async with asyncio.timeout(1):
                await self._socket.close(code)

    async def _converse(self, after: int | None) -> Close:
        if after is None:
            after = await self._where_to_begin()
        counters = await self._service.count(self._principal)
        await self._send(Hello(**counters.model_dump()))
        mailbox = self._live.join(self._principal, after, counters)
        try:
            return await _first(self._write(mailbox), self._listen(mailbox), _until(mailbox.closed))
        finally:
            self._live.leave(mailbox)

    async def _where_to_begin(self) -> int:
        try:
            async with asyncio.timeout(PATIENCE_S):
                message = await self._receive()
        except TimeoutError:
            raise Closed(Close.POLICY) from None
        if message.after is None:
            raise Closed(Close.POLICY)
        return message.after

    async def _listen(self, mailbox: Mailbox) -> Close:
        while True:
            message = await self._receive()
            if message.type == "active":
                self._live.touch(mailbox)
            elif message.type == "pong":
                self._unconfirmed = 0
                self._confirmed.set()
            else:
                return Close.POLICY

    async def _receive(self) -> ClientMessage:
        received = await self._socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", Close.GOING_AWAY))
        text = received.get("text") or ""
        if len(text) > LONGEST_MESSAGE or len(received.get("bytes") or b"") > LONGEST_MESSAGE:
            raise Closed(Close.TOO_BIG)
        if not self._budget.spend():
            raise Closed(Close.POLICY)
        try:
            return ClientMessage.model_validate_json(text)
        except ValidationError:
            raise Closed(Close.POLICY) from None

    async def _write(self, mailbox: Mailbox) -> Close:
        while True:
            try:
                async with asyncio.timeout(PING_S):
                    taken = await mailbox.take()
            except TimeoutError:
                await self._ping()
                continue
            await self._send(_message(taken))
            self._unconfirmed += 1
            if self._unconfirmed >= WINDOW:
                await self._ping()

    async def _ping(self) -> None:
        """Asks for a confirmation and waits for it.

        Raises:
            Closed: none came in time.
        """
        self._confirmed.clear()
        await self._send(Ping())
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._confirmed.wait()
        except TimeoutError:
            raise Closed(Close.TRY_LATER) from None

    async def _send(self, message: BaseModel) -> None:
        """Sends one message.

        Raises:
            Closed: the client does not take it.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._socket.send_text(message.model_dump_json())
        except TimeoutError:
            raise Closed(Close.TRY_LATER) from None


class Budget:
    """How many messages may still come in: a burst, refilled by the second."""

    def __init__(self) -> None:
        self._left = float(BURST)
        self._seen_at = -math.inf

    def spend(self) -> bool:
        """Whether one more message is within the budget."""
        now = asyncio.get_running_loop().time()
        self._left = min(self._left + (now - self._seen_at) * PER_SECOND, BURST) - 1
        self._seen_at = now
        return self._left >= 0


def _message(taken: Notification | int) -> BaseModel:
    if isinstance(taken, int):
        return LiveCount(unread=taken)
    return LiveNotification(notification=taken)


async def _until(closed: Awaitable[Close]) -> Close:
    return await asyncio.shield(closed)


async def _first(*conversations: Coroutine[Any, Any, Close]) -> Close:
    """The result of what ends first; the others are cancelled and waited for."""
    tasks = [asyncio.create_task(conversation) for conversation in conversations]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
