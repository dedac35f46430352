"""A claim as it is sent: from rows to what `deployments.x12` writes."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy import Connection, RowMapping

from deployments.billing.adjudicating import find_coverage
from deployments.billing.benefits import Benefits
from deployments.billing.claim_rules import Terms
from deployments.billing.money import to_major
from deployments.x12.shapes import (
    Adjustment,
    Claim,
    ClaimLine,
    EarlierPayer,
    Hospital,
    Insured,
    LineAnswer,
    Payer,
)
from storage.billing import claims

SEQUENCES: Final = "PST"
"""SBR01 of the first, second and third payer."""
ANSWERED: Final = frozenset({"adjudicated", "paid", "closed"})


def content_of(connection: Connection, claim: RowMapping, hospital: Hospital) -> Claim:
    """The claim as it is sent."""
    coverage = find_coverage(connection, claim)
    currency = claim["currency"]
    lines = claims.lines(connection, claim["id"])
    return Claim(
        number=claim["number"],
        frequency=claim["frequency"],
        sequence=SEQUENCES[coverage["position"] - 1],
        hospital=hospital,
        payer=payer_of(coverage),
        insured=insured_of(coverage),
        currency=currency,
        diagnoses=tuple(claim["diagnoses"]),
        lines=tuple(_line(line, currency) for line in lines),
        preauthorization=claim["preauthorization"] or "",
        payer_claim_number=_replaced(connection, claim),
        earlier=tuple(_earlier(connection, claim, coverage)),
    )


def terms_of(connection: Connection, claim: RowMapping) -> Terms:
    """What the coverage says about the claim."""
    coverage = find_coverage(connection, claim)
    return Terms(
        benefits=Benefits.model_validate(coverage["benefits"]),
        currency=coverage["currency"],
        starts_on=coverage["starts_on"],
        ends_on=coverage["ends_on"],
        payer_active=coverage["payer_active"],
        planned=claim["use"] == "preauthorization",
        earlier_pending=any(
            other["status"] not in ANSWERED
            for other, _ in _claims_before(connection, claim, coverage)
        ),
    )


def payer_of(coverage: RowMapping) -> Payer:
    """The payer of a coverage."""
    return Payer(coverage["payer_code"], coverage["payer_name"], coverage["filing"])


def insured_of(coverage: RowMapping) -> Insured:
    """The insured person of a coverage."""
    return Insured(
        member_id=coverage["member_id"],
        last_name=coverage["last_name"],
        first_name=coverage["first_name"],
        birth_date=coverage["birth_date"],
        sex=coverage["sex"],
    )


def _line(line: RowMapping, currency: str) -> ClaimLine:
    return ClaimLine(
        control_number=str(line["position"]),
        code=line["code"],
        charge=to_major(line["charge"], currency),
        quantity=_short(line["quantity"]),
        day=line["service_day"],
    )


def _short(quantity: Decimal) -> Decimal:
    """Without zeros at its end."""
    return quantity.quantize(Decimal(1)) if quantity == int(quantity) else quantity.normalize()


def _replaced(connection: Connection, claim: RowMapping) -> str:
    if claim["replaces_id"] is None:
        return ""
    original = claims.find(connection, claim["replaces_id"])
    return (original["payer_claim_number"] if original else None) or ""


def _claims_before(
    connection: Connection, claim: RowMapping, coverage: RowMapping
) -> list[tuple[RowMapping, RowMapping]]:
    """Claims of the same invoice whose payers pay first, with their coverages."""
    if claim["invoice_id"] is None:
        return []
    others = [
        (other, find_coverage(connection, other))
        for other in claims.of_invoice(connection, claim["invoice_id"])
        if other["status"] not in {"cancelled", "rejected"} and other["frequency"] != "8"
    ]
    before = [pair for pair in others if pair[1]["position"] < coverage["position"]]
    return sorted(before, key=lambda pair: int(pair[1]["position"]))


def _earlier(connection: Connection, claim: RowMapping, coverage: RowMapping) -> list[EarlierPayer]:
    return [
        EarlierPayer(
            payer=payer_of(theirs),
            member_id=theirs["member_id"],
            paid=to_major(other["paid"], other["currency"]),
            answered_on=other["updated_at"].date(),
            lines=_answers(claims.lines(connection, other["id"]), other["currency"]),
        )
        for other, theirs in _claims_before(connection, claim, coverage)
        if other["outcome"] is not None
    ]


def _answers(lines: Sequence[RowMapping], currency: str) -> tuple[LineAnswer, ...]:
    return tuple(
        LineAnswer(
            control_number=str(line["position"]),
            code=line["code"],
            charge=to_major(line["charge"], currency),
            paid=to_major(line["paid"] or 0, currency),
            quantity=_short(line["quantity"]),
            day=line["service_day"],
            adjustments=tuple(
                Adjustment(one["group"], one["code"], to_major(one["amount"], currency))
                for one in line["adjustments"]
            ),
        )
        for line in lines
    )


def service_day(line: RowMapping) -> date:
    """The day of a line of an invoice."""
    day: date = line["performed_at"].date()
    return day
