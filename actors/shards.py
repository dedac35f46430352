"""Shards: a handful of actors that hold many small things each, found by the id of the thing.

They belong to a deployment (Serve starts, watches and replaces them). What they hold is a cache:
whoever asks one copes with its death, and tells a new one again what it must know. An error does
not mean that nothing was done.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol
from uuid import UUID

PATIENCE_S: Final = 5.0


class ShardUnavailable(Exception):
    """The shard does not answer; Serve has a new one within seconds."""


def shard_name(kind: str, number: int) -> str:
    """How a shard is called, on the Ray dashboard too: `patient-sessions-0`."""
    return f"{kind}-{number}"


def shard_of(key: UUID, count: int) -> int:
    """The number of the shard that holds a thing; the random end of a UUIDv7 decides."""
    return key.int % count


def split(keys: Iterable[UUID], count: int) -> dict[int, set[UUID]]:
    """Keys by the shard that holds them."""
    found: defaultdict[int, set[UUID]] = defaultdict(set)
    for key in keys:
        found[shard_of(key, count)].add(key)
    return dict(found)


class Shards(Protocol):
    """The shards of one kind; all replicas must agree how many there are."""

    count: int

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


class ActorShards:
    """Shards as a replica of their deployment sees them.

    Args:
        kind: of what they hold, `patient-sessions`.
        count: how many there are.
    """

    def __init__(self, kind: str, count: int) -> None:
        self.kind = kind
        self.count = count
        self._handles: dict[int, Any] = {}

    async def call(
        self, number: int, method: str, *args: object, patience_s: float = PATIENCE_S
    ) -> Any:
        """As `Shards.call`."""
        from ray.exceptions import RayError  # noqa: PLC0415  # tests of states import without Ray

        try:
            async with asyncio.timeout(patience_s):
                return await getattr(self._handle(number), method).remote(*args)
        except (RayError, ValueError, TimeoutError) as error:
            self._handles.pop(number, None)
            name = shard_name(self.kind, number)
            raise ShardUnavailable(f"{name}: {type(error).__name__}") from None

    def _handle(self, number: int) -> Any:
        """A replaced actor is a new actor, so handles are kept only until a call fails.

        Raises:
            ValueError: it is being replaced at the moment.
        """
        if number not in self._handles:
            from ray import serve  # noqa: PLC0415

            self._handles[number] = serve.get_deployment_actor(shard_name(self.kind, number))
        return self._handles[number]


class LocalShards:
    """One shard inside this process: for a single replica without Ray, and for tests.

    Args:
        make: makes the shard; called again after `lose`.
    """

    count = 1

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._shard: object | None = make()

    async def call(
        self,
        number: int,  # noqa: ARG002
        method: str,
        *args: object,
        patience_s: float = PATIENCE_S,
    ) -> Any:
        """As `Shards.call`."""
        if self._shard is None:
            raise ShardUnavailable("lost")
        try:
            async with asyncio.timeout(patience_s):
                return await getattr(self._shard, method)(*args)
        except TimeoutError:
            raise ShardUnavailable("silent") from None

    def lose(self) -> None:
        """The shard is gone."""
        self._shard = None

    def replace(self) -> None:
        """There is a new one, which knows nothing."""
        self._shard = self._make()
