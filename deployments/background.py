"""Supervised loops: they start with the replica, restart when they fail, end when it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from deployments.logs import fault, get_logger

log = get_logger("background")
FIRST_DELAY_S: Final = 0.2
LONGEST_DELAY_S: Final = 10.0


class Background:
    """The loops of one replica (rule R13)."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        """Runs `loop` until `stop`; when it fails or returns it is started again."""
        self._tasks[name] = asyncio.create_task(self._supervise(name, loop), name=name)

    def healthy(self) -> bool:
        """Whether every loop that was started still has its supervisor."""
        return not any(task.done() for task in self._tasks.values())

    async def stop(self) -> None:
        """Cancels every loop and waits until each has let go."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    async def _supervise(self, name: str, loop: Callable[[], Awaitable[None]]) -> None:
        delay = FIRST_DELAY_S
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await loop()
            except Exception as error:  # noqa: BLE001  # a loop must not end the replica
                log.warning("loop failed", extra={"loop": name, **fault(error)})
            if asyncio.get_running_loop().time() - began > LONGEST_DELAY_S:
                delay = FIRST_DELAY_S
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY_S)
