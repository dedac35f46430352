"""The operations of billing, by what they are about."""

from deployments.billing.charge_desk import ChargeDesk
from deployments.billing.crediting import Crediting
from deployments.billing.deciding import Deciding
from deployments.billing.desk import Desk
from deployments.billing.hearing import Listener
from deployments.billing.insurance import Insurance, SelfPay
from deployments.billing.invoice_reading import InvoiceReading
from deployments.billing.issuing import Issuing
from deployments.billing.overdue import Overdue
from deployments.billing.price_desk import PriceDesk
from deployments.billing.reporting import Reporting
from deployments.billing.settings import BillingSettings
from deployments.billing.stating import Stating
from deployments.clock import Clock, utc_now
from deployments.journal import Journal
from storage.database import Database


class BillingService:
    """Everything that can be done with prices, charges and invoices.

    Args:
        database: of this service.
        journal: for audit rows without a transaction of their own.
        settings: currency, numbers, deadlines.
        insurance: who pays what of an invoice; the patient everything when left out.
        clock: tells the time.

    Attributes:
        desk: what the operations work with.
        prices: price lists and their versions.
        charges: by hand, and what there is of a patient.
        deciding: discounts and exemptions.
        issuing, crediting: invoices and credit notes.
        invoice_reading: both, as far as the caller may know of them.
        stating: statements of account, and what is on paper.
        reporting: for accountants.
        overdue: what happens when a patient does not pay.
        listener: hears what is done and undone elsewhere.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        *,
        settings: BillingSettings | None = None,
        insurance: Insurance | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.desk = Desk(database, journal, clock, settings or BillingSettings())
        insurance = insurance or SelfPay()
        self.prices = PriceDesk(self.desk)
        self.charges = ChargeDesk(self.desk)
        self.deciding = Deciding(self.desk)
        self.issuing = Issuing(self.desk, insurance)
        self.crediting = Crediting(self.desk)
        self.invoice_reading = InvoiceReading(self.desk, insurance)
        self.stating = Stating(self.desk, self.invoice_reading)
        self.reporting = Reporting(self.desk)
        self.overdue = Overdue(self.desk)
        self.listener = Listener(self.desk)
