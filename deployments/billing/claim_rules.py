"""What keeps a claim from being sent: pure rules with coded reasons."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from deployments.billing.benefits import Benefits
from deployments.errors import FieldError
from deployments.x12.shapes import Claim
from deployments.x12.writing import plain

MOST_LINES: Final = 50
"""Service lines of a claim in the implementation guide 005010X222A1 (loop 2400)."""


@dataclass(frozen=True)
class Terms:
    """What a coverage says about a claim.

    Attributes:
        starts_on: of the coverage, like ends_on.
        planned: it asks for consent to what is to be done.
        earlier_pending: somebody who pays first has not answered.
    """

    benefits: Benefits
    currency: str
    starts_on: date
    ends_on: date | None
    payer_active: bool
    planned: bool
    earlier_pending: bool


def problems(claim: Claim, terms: Terms, today: date) -> list[FieldError]:
    """Why a claim would be rejected; empty when it can be sent."""
    always = [*_of_people(claim, terms), *_of_lines(claim)]
    return always if terms.planned else [*always, *_of_days(claim, terms, today)]


def _of_people(claim: Claim, terms: Terms) -> Iterator[FieldError]:
    insured = claim.insured
    if not plain(insured.last_name) or not plain(insured.first_name):
        yield FieldError("/coverage_id", "no_latin_name", "the name has no Latin letters")
    if not terms.payer_active:
        yield FieldError("/coverage_id", "payer_inactive", "we have no contract with the payer")
    if not claim.diagnoses:
        yield FieldError("/diagnoses", "no_diagnosis", "a claim needs a diagnosis")
    if claim.currency != terms.currency:
        yield FieldError("/invoice_id", "wrong_currency", "the plan pays in another currency")
    if terms.earlier_pending:
        yield FieldError("/coverage_id", "earlier_payer_pending", "an earlier payer must answer")


def _of_lines(claim: Claim) -> Iterator[FieldError]:
    if not claim.lines:
        yield FieldError("/lines", "no_lines", "there is nothing to claim")
    if len(claim.lines) > MOST_LINES:
        yield FieldError("/lines", "too_many_lines", f"a claim has at most {MOST_LINES} lines")
    if any(plain(line.code, 48) != line.code.upper() for line in claim.lines):
        yield FieldError("/lines", "code_not_writable", "a code has letters that X12 has not")


def _of_days(claim: Claim, terms: Terms, today: date) -> Iterator[FieldError]:
    days = [line.day for line in claim.lines]
    if not days:
        return
    if min(days) < terms.starts_on or (terms.ends_on and max(days) > terms.ends_on):
        yield FieldError("/coverage_id", "not_insured", "not insured on the day of a service")
    if today - min(days) > timedelta(days=terms.benefits.filing_days):
        yield FieldError("/invoice_id", "filing_limit", "the payer takes no claims so old")
    needed = terms.benefits.preauthorized_codes & {line.code for line in claim.lines}
    if needed and not claim.preauthorization:
        missing = ", ".join(sorted(needed))
        yield FieldError(
            "/preauthorization", "preauthorization_missing", f"the payer must agree to {missing}"
        )
