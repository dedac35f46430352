"""From rows of insurers, plans and coverages to what is shown."""

from collections.abc import Mapping
from typing import Final, Literal

from sqlalchemy import RowMapping

from deployments.billing.insurance_schemas import (
    Coverage,
    EligibilityCheck,
    Plan,
    PolicyYear,
    Provider,
)
from deployments.billing.policies import used_of

FILING: Final[Mapping[Literal["public", "private"], str]] = {"public": "OF", "private": "15"}
"""Claim filing indicators of X12."""


def provider_schema(row: RowMapping) -> Provider:
    """An insurer."""
    return Provider(
        id=row["id"],
        code=row["code"],
        name_en=row["name_en"],
        name_vi=row["name_vi"],
        kind="public" if row["filing"] == FILING["public"] else "private",
        active=row["active"],
    )


def plan_schema(row: RowMapping) -> Plan:
    """A plan."""
    return Plan(**{name: row[name] for name in Plan.model_fields})


def coverage_schema(row: RowMapping) -> Coverage:
    """A coverage, with its plan."""
    return Coverage(**{name: row[name] for name in Coverage.model_fields})


def check_schema(row: RowMapping) -> EligibilityCheck:
    """An eligibility check."""
    return EligibilityCheck(**{name: row[name] for name in EligibilityCheck.model_fields})


def year_schema(coverage: RowMapping, year: int, row: RowMapping | None) -> PolicyYear:
    """What a policy has used up in a year."""
    used = used_of(row)
    ceiling = coverage["benefits"].get("year_ceiling")
    return PolicyYear(
        coverage_id=coverage["id"],
        year=year,
        currency=coverage["currency"],
        deductible=used.deductible,
        paid=used.paid,
        own=used.own,
        remaining=None if ceiling is None else max(ceiling - used.paid, 0),
    )
