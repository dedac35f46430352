"""All tables of the simulators' database, in one place for repositories and migrations."""

from storage.simulators.base import Base
from storage.simulators.card_tables import CardCharge, CardRefund, CardRequest
from storage.simulators.message_tables import MessageRequest, PhoneMessage
from storage.simulators.payer_tables import (
    PayerAttempt,
    PayerClaim,
    PayerConsent,
    PayerRemittance,
)
from storage.simulators.webhook_tables import Webhook

__all__ = [
    "Base",
    "CardCharge",
    "CardRefund",
    "CardRequest",
    "MessageRequest",
    "PayerAttempt",
    "PayerClaim",
    "PayerConsent",
    "PayerRemittance",
    "PhoneMessage",
    "Webhook",
]
