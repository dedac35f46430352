"""The chart of accounts: short, ours, and the same for every currency.

A hospital maps it onto its legal chart (in Viet Nam that of Circular 200/2014/TT-BTC) when the
day book is exported. Balances are debits minus credits: what we own or are owed stands positive,
what we owe or earned stands negative.
"""

from enum import StrEnum
from typing import Final


class Account(StrEnum):
    """An account of the ledger.

    Attributes:
        RECEIVABLE_PATIENT: patients owe it on invoices; the party is the patient.
        RECEIVABLE_PAYER: insurers owe it on invoices; the party is the payer.
        CASH: in the cashiers' drawers.
        BANK: on the bank account, transferred by payers and patients.
        PROVIDER_CLEARING: captured by a payment provider and not paid out to us yet.
        DEPOSITS: paid in advance; the party is the patient.
        REFUNDS_PAYABLE: credited after it was paid, and not given back yet.
        DISCOUNTS: granted by us, against revenue.
        EXEMPTIONS: waived by a rule, against revenue.
        CONTRACTUAL: what a payer's contract or adjudication takes off, against revenue.
        TAX_PAYABLE: collected for the state.
        BAD_DEBT: given up on.
        CASH_DIFFERENCES: drawers that were over or short.
    """

    RECEIVABLE_PATIENT = "receivable_patient"
    RECEIVABLE_PAYER = "receivable_payer"
    CASH = "cash"
    BANK = "bank"
    PROVIDER_CLEARING = "provider_clearing"
    DEPOSITS = "deposits"
    REFUNDS_PAYABLE = "refunds_payable"
    REVENUE_CONSULTATION = "revenue_consultation"
    REVENUE_PHARMACY = "revenue_pharmacy"
    REVENUE_LABORATORY = "revenue_laboratory"
    REVENUE_WARD = "revenue_ward"
    REVENUE_PROCEDURE = "revenue_procedure"
    REVENUE_OTHER = "revenue_other"
    DISCOUNTS = "discounts"
    EXEMPTIONS = "exemptions"
    CONTRACTUAL = "contractual"
    TAX_PAYABLE = "tax_payable"
    BAD_DEBT = "bad_debt"
    CASH_DIFFERENCES = "cash_differences"


class Area(StrEnum):
    """Where in the hospital something was done; revenue is kept apart by it."""

    CONSULTATION = "consultation"
    PHARMACY = "pharmacy"
    LABORATORY = "laboratory"
    WARD = "ward"
    PROCEDURE = "procedure"
    OTHER = "other"


REVENUE: Final = {area: Account(f"revenue_{area}") for area in Area}
"""The account of what an area earns."""
