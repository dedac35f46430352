"""All tables of the billing database, in one place for repositories and migrations."""

from storage.billing.base import Base
from storage.billing.invoice_tables import Invoice, InvoiceLine
from storage.billing.ledger_tables import LedgerEntry, LedgerLine

__all__ = ["Base", "Invoice", "InvoiceLine", "LedgerEntry", "LedgerLine"]
