"""Hearing events: one at a time, so that a bad one does not take its batch with it (rule R6)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import ValidationError

from deployments.errors import DomainError
from deployments.events import Envelope, Event
from deployments.logs import begin_request, fault, get_logger
from storage.database import ConstraintViolated, DatabaseUnavailable

log = get_logger("listening")

Handlers = Mapping[type[Event], Callable[[Any], Awaitable[None]]]
"""By event class, what takes effect; it writes the inbox row with the effect."""


async def hear_each(envelopes: list[Envelope], handlers: Handlers) -> list[str | None]:
    """Lets each event take effect in a transaction of its own.

    Returns:
        For each envelope None, or the code of what went wrong.
    """
    by_name = {event.name: (event, handle) for event, handle in handlers.items()}
    return [await _hear(envelope, by_name) for envelope in envelopes]


async def _hear(
    envelope: Envelope, by_name: Mapping[str, tuple[type[Event], Callable[[Any], Awaitable[None]]]]
) -> str | None:
    begin_request(envelope.request_id)
    if envelope.name not in by_name:
        return "not_subscribed"
    event, handle = by_name[envelope.name]
    try:
        await handle(envelope.open(event))
    except DomainError as error:
        return error.code
    except ValidationError:
        return "unreadable"
    except ConstraintViolated as error:
        return f"constraint:{error.constraint}"
    except DatabaseUnavailable:
        return "unavailable"
    except Exception as error:  # noqa: BLE001  # its batch must go on
        log.error(  # noqa: TRY400  # the text of an exception stays out of logs
            "event failed", extra={"event_id": str(envelope.event_id), **fault(error)}
        )
        return type(error).__name__
    return None
