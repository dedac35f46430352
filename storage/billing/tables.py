"""All tables of the billing database, in one place for repositories and migrations."""

from storage.billing.base import Base
from storage.billing.charge_tables import ChargeItem, ChargeSource, Discount, PatientExemption
from storage.billing.credit_tables import CreditNote, CreditNoteLine, NumberCounter, OverdueStep
from storage.billing.invoice_tables import Invoice, InvoiceLine
from storage.billing.ledger_tables import LedgerEntry, LedgerLine
from storage.billing.payment_tables import (
    CashierSession,
    Deposit,
    Payment,
    ProviderEvent,
    Refund,
)
from storage.billing.price_tables import Price, PriceList, PriceListVersion

__all__ = [
    "Base",
    "CashierSession",
    "ChargeItem",
    "ChargeSource",
    "CreditNote",
    "CreditNoteLine",
    "Deposit",
    "Discount",
    "Invoice",
    "InvoiceLine",
    "LedgerEntry",
    "LedgerLine",
    "NumberCounter",
    "OverdueStep",
    "PatientExemption",
    "Payment",
    "Price",
    "PriceList",
    "PriceListVersion",
    "ProviderEvent",
    "Refund",
]
