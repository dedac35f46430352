"""All tables of the billing database, in one place for repositories and migrations."""

from storage.billing.base import (
    Base,
)
from storage.billing.charge_tables import (
    ChargeItem,
    ChargeSource,
    Discount,
    PatientExemption,
)
from storage.billing.claim_tables import (
    BillingJob,
    ClaimLine,
    ClaimMove,
    InsuranceClaim,
    Interchange,
    Remittance,
    RemittanceClaim,
)
from storage.billing.credit_tables import (
    CreditNote,
    CreditNoteLine,
    NumberCounter,
    OverdueStep,
)
from storage.billing.insurance_tables import (
    Accumulator,
    Coverage,
    EligibilityCheck,
    InsurancePlan,
    InsuranceProvider,
    PayerShare,
)
from storage.billing.invoice_tables import (
    Invoice,
    InvoiceLine,
)
from storage.billing.ledger_tables import (
    LedgerEntry,
    LedgerLine,
)
from storage.billing.payment_tables import (
    CashierSession,
    Deposit,
    Payment,
    ProviderEvent,
    Refund,
)
from storage.billing.price_tables import (
    Price,
    PriceList,
    PriceListVersion,
)

__all__ = [
    "Accumulator",
    "Base",
    "BillingJob",
    "CashierSession",
    "ChargeItem",
    "ChargeSource",
    "ClaimLine",
    "ClaimMove",
    "Coverage",
    "CreditNote",
    "CreditNoteLine",
    "Deposit",
    "Discount",
    "EligibilityCheck",
    "InsuranceClaim",
    "InsurancePlan",
    "InsuranceProvider",
    "Interchange",
    "Invoice",
    "InvoiceLine",
    "LedgerEntry",
    "LedgerLine",
    "NumberCounter",
    "OverdueStep",
    "PatientExemption",
    "PayerShare",
    "Payment",
    "Price",
    "PriceList",
    "PriceListVersion",
    "ProviderEvent",
    "Refund",
    "Remittance",
    "RemittanceClaim",
]
