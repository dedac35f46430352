"""The Minimal Lower Layer Protocol: frames around messages on a TCP connection.

HL7 v2.5.1 Implementation Guide, appendix C: 0x0B, the message, 0x1C 0x0D; one answer to each.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from deployments.logs import fault, get_logger

log = get_logger("laboratory.mllp")
START: Final = b"\x0b"
END: Final = b"\x1c\r"
END_OF_BLOCK: Final = b"\x1c"
"""Some senders leave the return out."""
MOST_CONNECTIONS: Final = 64
Receive = Callable[[bytes], Awaitable[bytes]]


class MllpServer:
    """Listens for analyzers.

    Args:
        receive: takes a message and gives the answer.
        host, port: where; port 0 chooses a free one.
        longest: bytes of a message; a connection that sends more is closed.
        idle_s: a connection that says nothing for so long is closed, seconds.

    Attributes:
        port: where it listens, once started.
    """

    def __init__(
        self, receive: Receive, *, host: str, port: int, longest: int, idle_s: float
    ) -> None:
        self._receive = receive
        self._host = host
        self.port = port
        self._longest = longest
        self._idle_s = idle_s
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begins to listen."""
        self._server = await asyncio.start_server(
            self._serve, self._host, self.port, limit=self._longest
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def run(self) -> None:
        """Listens until cancelled, then closes every connection."""
        if self._server is None:
            await self.start()
        try:
            await asyncio.Event().wait()
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Ends listening. What is being kept is kept; the analyzer asks again for a lost answer."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # asyncio runs this in one
        self._open.add(task)
        try:
            if len(self._open) <= MOST_CONNECTIONS:
                await self._converse(reader, writer)
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass  # the analyzer has gone, and sends again what was not answered
        except asyncio.LimitOverrunError as error:
            log.warning("message too long", extra=fault(error))
        finally:
            self._open.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One message after the other; what broke off before another began was never answered."""
        while True:
            async with asyncio.timeout(self._idle_s):
                await reader.readuntil(START)
                framed = await reader.readuntil(END_OF_BLOCK)
            whole = framed.removesuffix(END_OF_BLOCK).rpartition(START)[2]
            answer = await asyncio.shield(self._receive(whole))
            writer.write(START + answer + END)
            await writer.drain()
