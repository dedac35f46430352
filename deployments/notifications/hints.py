"""Wake-ups between replicas over Redis: at most once, never relied on (rule R7)."""

import asyncio
from collections.abc import Collection
from typing import Final
from uuid import UUID

from deployments.notifications.live import LiveInbox
from storage.redis import Redis

CHANNEL: Final = "medray:inbox:"
IDLE_S: Final = 5.0


class Hints:
    """Tells the other replicas whose inbox has something new, and hears them.

    Without Redis both loops fail and are restarted later; connections then learn of news by the
    poll of `LiveInbox`, within a second.

    Args:
        redis: shared by the replicas.
        live: the connections of this process.
    """

    def __init__(self, redis: Redis, live: LiveInbox) -> None:
        self._redis = redis
        self._live = live
        self._untold: set[UUID] = set()
        self._woken = asyncio.Event()

    def tell(self, recipients: Collection[UUID]) -> None:
        """Hints at once in this process, and soon in the others; never waits, never fails."""
        self._live.hint(recipients)
        self._untold |= set(recipients)
        self._woken.set()

    async def publish(self) -> None:
        """Publishes what was told, until cancelled."""
        while True:
            await self._woken.wait()
            self._woken.clear()
            untold, self._untold = self._untold, set()
            async with self._redis.pipeline(transaction=False) as pipeline:
                for user_id in untold:
                    pipeline.publish(f"{CHANNEL}{user_id}", "")
                await pipeline.execute()

    async def listen(self) -> None:
        """Passes hints of other replicas on, until cancelled."""
        async with self._redis.pubsub(ignore_subscribe_messages=True) as subscription:
            await subscription.psubscribe(f"{CHANNEL}*")
            while True:
                message = await subscription.get_message(timeout=IDLE_S)
                if message is not None:
                    self._live.hint([UUID(message["channel"].removeprefix(CHANNEL))])
