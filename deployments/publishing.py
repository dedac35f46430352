"""Publishing: events become outbox rows of each listener, in the transaction of the change."""

from sqlalchemy import Connection

from deployments.events import Event
from deployments.logs import request_id
from deployments.subscriptions import SUBSCRIPTIONS
from storage import outbox


def publish(connection: Connection, *events: Event) -> None:
    """Writes the events for whoever listens; delivered after the transaction commits."""
    outbox.append(
        connection,
        [
            outbox.Outgoing(
                event_id=event.event_id,
                listener=listener,
                name=event.name,
                aggregate_id=event.aggregate_id,
                payload=event.model_dump(mode="json"),
                occurred_at=event.occurred_at,
                request_id=request_id(),
            )
            for event in events
            for listener in SUBSCRIPTIONS.get(type(event), ())
        ],
    )
