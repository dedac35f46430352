"""From rows of coverages to policies that `shares` calculates with, and what they use up."""

from datetime import date
from typing import Any, Final

from sqlalchemy import Connection, RowMapping

from deployments.billing.benefits import Benefits, insured_long
from deployments.billing.shares import Policy, Used
from storage.billing import policy_years

NOTHING: Final = Used()


def policy_of(coverage: RowMapping, day: date, used: Used) -> Policy:
    """A coverage, with its plan, on the day of a visit."""
    return Policy(
        benefits=Benefits.model_validate(coverage["benefits"]),
        level=coverage["level"],
        insured_days=(day - coverage["starts_on"]).days,
        long_insured=insured_long(coverage["starts_on"], day),
        used=used,
    )


def lock_used(connection: Connection, coverage: RowMapping, year: int) -> Used:
    """What a policy has used up in a year, locked until the end of the transaction."""
    return used_of(policy_years.lock(connection, coverage["id"], year))


def used_of(row: RowMapping | None) -> Used:
    """What a row of an accumulator, or of a payer's share, says is used up."""
    return Used(row["deductible"], row["paid"], row["own"]) if row is not None else NOTHING


def columns_of(used: Used) -> dict[str, Any]:
    """The columns of what is used up."""
    return {"deductible": used.deductible, "paid": used.paid, "own": used.own}
