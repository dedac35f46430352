"""What billing hears: what was done to patients becomes charges, what was undone reverses them."""

from deployments.billing.desk import Desk
from deployments.events import Envelope
from deployments.listening import Handlers, hear_each


class Listener:
    """The listening end of this service."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._handlers: Handlers = {}

    async def hear(self, envelopes: list[Envelope]) -> list[str | None]:
        """Lets each event take effect once; None for each that did, else an error code."""
        return await hear_each(envelopes, self._handlers)
