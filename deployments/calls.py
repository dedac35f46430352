"""Calls between services: Ray handles with typed answers, refusals that stay refusals.

A refusal crosses a handle as a value, so that a taken slot is no ERROR with a traceback in
Serve's log, and is raised again on the caller's side.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar

from deployments.errors import DomainError, Unavailable

P = ParamSpec("P")
T = TypeVar("T")
TRIES: Final = 3


@dataclass(frozen=True)
class Refusal:
    """A `DomainError` on its way over a handle."""

    error: type[DomainError]
    arguments: tuple[Any, ...]


def exposed(method: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T | Refusal]]:
    """Marks a method that other services call: what it refuses is returned as a `Refusal`."""

    @functools.wraps(method)
    async def answer(*args: P.args, **kwargs: P.kwargs) -> T | Refusal:
        try:
            return await method(*args, **kwargs)
        except DomainError as error:
            return Refusal(type(error), error.args)

    return answer


class Remote:
    """One deployment of another application, found by name when first called.

    Args:
        application: name of the Serve application, `users`.
        deployment: name of the deployment in it, `Users`.
    """

    def __init__(self, application: str, deployment: str) -> None:
        self._application = application
        self._deployment = deployment
        self._handle: Any = None

    async def call(
        self, method: str, *args: object, retry: bool = False, timeout_s: float = 5.0
    ) -> Any:
        """Calls `method` and returns its answer.

        Args:
            method: name of an `exposed` method.
            *args: picklable values, never rows or sessions.
            retry: only for reads and keyed writes: up to three tries within the time limit.
            timeout_s: limit for all tries together.

        Raises:
            DomainError: what the other service refused.
            Unavailable: it did not answer.
        """
        try:
            async with asyncio.timeout(timeout_s):
                answer = await self._tried(method, args, TRIES if retry else 1)
        except TimeoutError:
            raise Unavailable(f"{self._application} did not answer in time") from None
        if isinstance(answer, Refusal):
            raise answer.error(*answer.arguments)
        return answer

    async def _tried(self, method: str, args: tuple[object, ...], tries: int) -> Any:
        from ray.exceptions import RayError  # noqa: PLC0415  # rules and tests import without Ray
        from ray.serve.exceptions import RayServeException  # noqa: PLC0415

        for tries_left in reversed(range(tries)):
            try:
                return await getattr(self._resolved(), method).remote(*args)
            except (RayError, RayServeException):
                self._handle = None
                if not tries_left:
                    raise Unavailable(f"{self._application} is not answering") from None
                await asyncio.sleep(0.05)
        raise AssertionError("unreachable: the last try returns or raises")

    def _resolved(self) -> Any:
        if self._handle is None:
            from ray import serve  # noqa: PLC0415

            self._handle = serve.get_deployment_handle(self._deployment, app_name=self._application)
        return self._handle
