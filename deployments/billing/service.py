"""The operations of billing, by what they are about."""

from deployments.billing.desk import Desk
from deployments.billing.hearing import Listener
from deployments.billing.invoice_reading import InvoiceReading
from deployments.billing.settings import BillingSettings
from deployments.clock import Clock, utc_now
from deployments.journal import Journal
from storage.database import Database


class BillingService:
    """Everything that can be done with charges and invoices.

    Args:
        database: of this service.
        journal: for audit rows without a transaction of their own.
        settings: currency, numbers, deadlines.
        clock: tells the time.

    Attributes:
        desk: what the operations work with.
        invoice_reading: invoices, as far as the caller may know of them.
        listener: hears what is done and undone elsewhere.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        *,
        settings: BillingSettings | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.desk = Desk(database, journal, clock, settings or BillingSettings())
        self.invoice_reading = InvoiceReading(self.desk)
        self.listener = Listener(self.desk)
