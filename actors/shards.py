"""Shards: a handful of actors that hold many small things each, found by the id of the thing.

They belong to a deployment (Serve starts, watches and replaces them). What they hold is a cache:
whoever asks one copes with its death, and tells a new one again what it must know. An error does
not mean that nothing was done.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

PATIENCE_S: Final = 5.0


class ShardUnavailable(Exception):
    """The shard does not answer; Serve has a new one within seconds."""


def shard_name(kind: str, number: int) -> str:
    """How a shard is called, on the Ray dashboard too: `patient-sessions-0`."""
    return f"{kind}-{number}"


class Shards:
    """The shards of one kind, as a replica of their deployment sees them.

    Args:
        kind: of what they hold, `patient-sessions`.
        count: how many there are; all replicas must say the same.
    """

    def __init__(self, kind: str, count: int) -> None:
        self.kind = kind
        self.count = count
        self._handles: dict[int, Any] = {}

    def of(self, key: UUID) -> int:
        """The number of the shard that holds a thing; the random end of a UUIDv7 decides."""
        return key.int % self.count

    def split(self, keys: Iterable[UUID]) -> dict[int, set[UUID]]:
        """Keys by the shard that holds them."""
        found: defaultdict[int, set[UUID]] = defaultdict(set)
        for key in keys:
            found[self.of(key)].add(key)
        return dict(found)

    async def call(
        self, number: int, method: str, *args: object, patience_s: float = PATIENCE_S
    ) -> Any:
        """Calls a method of a shard, once.

        Args:
            number: of the shard.
            method: of the actor's class.
            *args: picklable values.
            patience_s: how long it may take.

        Raises:
            ShardUnavailable: it is gone, or silent; the call may have taken effect.
        """
        from ray.exceptions import RayError  # noqa: PLC0415  # tests of states import without Ray

        try:
            async with asyncio.timeout(patience_s):
                return await getattr(self._handle(number), method).remote(*args)
        except (RayError, ValueError, TimeoutError) as error:
            self._handles.pop(number, None)
            raise ShardUnavailable(f"{shard_name(self.kind, number)}: {type(error).__name__}") from None

    def _handle(self, number: int) -> Any:
        """A replaced actor is a new actor, so handles are kept only until a call fails.

        Raises:
            ValueError: it is being replaced at the moment.
        """
        if number not in self._handles:
            from ray import serve  # noqa: PLC0415

            self._handles[number] = serve.get_deployment_actor(shard_name(self.kind, number))
        return self._handles[number]
