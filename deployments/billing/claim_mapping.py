"""From rows of claims and remittances to what is shown."""

from sqlalchemy import Connection, RowMapping

from deployments.billing.claim_schemas import (
    Adjustment,
    Claim,
    ClaimLine,
    ClaimStep,
    ClaimSummary,
    Remittance,
    RemittanceSummary,
    RemittedClaim,
)
from deployments.billing.reason_texts import text_of
from storage.billing import claims, remittances


def claim_schema(connection: Connection, row: RowMapping) -> Claim:
    """A claim with its lines and steps."""
    lines = claims.lines(connection, row["id"])
    steps = claims.steps(connection, row["id"])
    return Claim(
        **summary(row).model_dump(),
        lines=[_line(line) for line in lines],
        steps=[
            ClaimStep(**{name: step[name] for name in ClaimStep.model_fields}) for step in steps
        ],
    )


def summary(row: RowMapping) -> ClaimSummary:
    """A claim without its lines."""
    return ClaimSummary(**{name: row[name] for name in ClaimSummary.model_fields})


def remittance_schema(connection: Connection, row: RowMapping) -> Remittance:
    """A remittance and what it was for."""
    paid = remittances.claims_of(connection, row["id"])
    return Remittance(
        **remittance_summary(row).model_dump(), claims=[RemittedClaim(**one) for one in paid]
    )


def remittance_summary(row: RowMapping) -> RemittanceSummary:
    """A remittance."""
    return RemittanceSummary(**{name: row[name] for name in RemittanceSummary.model_fields})


def _line(row: RowMapping) -> ClaimLine:
    plain = {name: row[name] for name in ClaimLine.model_fields if name != "adjustments"}
    return ClaimLine(**plain, adjustments=[_adjustment(**one) for one in row["adjustments"]])


def _adjustment(group: str, code: str, amount: int) -> Adjustment:
    text = text_of(code)
    return Adjustment(group=group, code=code, amount=amount, text_en=text.en, text_vi=text.vi)
