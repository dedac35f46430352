"""What the provider tells by itself: signed, of now, each event once, in any order."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection

from deployments.billing.payment_desk import PaymentDesk
from deployments.billing.payment_outcomes import take_outcome, take_refund_outcome
from deployments.billing.payment_provider import outcome_of, same_money
from deployments.billing.webhook_signature import check_signature
from deployments.errors import Malformed
from deployments.logs import get_logger
from storage.billing import payments, refunds

log = get_logger("billing.webhooks")


class ProviderEvent(BaseModel):
    """An event in the provider's words; `data` has our reference, the amount and the status."""

    type: str
    data: dict[str, Any]


class ProviderWebhooks:
    """Hears the provider.

    Args:
        desk: the tools of the replica.
    """

    def __init__(self, desk: PaymentDesk) -> None:
        self._desk = desk

    async def hear(self, headers: Mapping[str, str], body: bytes) -> None:
        """Lets an event take effect once. One that speaks of nothing of ours is taken in silence.

        Raises:
            SignatureRefused: it is not the provider's, or a recording.
            Malformed: signed, and not readable.
        """
        secret = self._desk.settings.webhook_secret.get_secret_value()
        now = self._desk.now()
        event_id = check_signature(secret, headers, body, now)
        try:
            event = ProviderEvent.model_validate_json(body)
            reference = UUID(str(event.data.get("reference")))
        except (ValidationError, ValueError):
            raise Malformed("not an event of the provider") from None

        def work(connection: Connection) -> None:
            if payments.note_event(connection, event_id, event.type[:100], now):
                self._take(connection, reference, event)

        await self._desk.house.database.transact(work, keyed=False)

    def _take(self, connection: Connection, reference: UUID, event: ProviderEvent) -> None:
        is_refund = event.type.startswith("refund.")
        find = refunds.find if is_refund else payments.find
        row = find(connection, reference)
        if row is None or not same_money(event.data, amount=row["amount"]):
            log.warning("event of nothing of ours", extra={"event": event.type[:100]})
            return
        take = take_refund_outcome if is_refund else take_outcome
        take(connection, self._desk, reference, outcome_of(event.data))
