"""Whom the simulated payers insure: read from the number on the card. Pure rules, all ours.

Social insurance: two letters, the benefit level (1-5), two digits of the province, ten digits.
`99` for the province stands for an insurance that has ended. Private: `AN-`, the day on which the
insurance began (YYYYMMDD), four digits; it ends after three years.

The last four digits are levers for demo and tests: 0000 is known to nobody; 7777 is answered
late; 8888 is taken in without an answer, 9999 is lost, both only the first time.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from deployments.billing.benefits import Benefits
from deployments.billing.plans import PRIVATE, PRIVATE_PAYER, SOCIAL, SOCIAL_CARD, SOCIAL_PAYER

PRIVATE_CARD: Final = re.compile(r"^AN-([0-9]{8})-[0-9]{4}$")
SINCE: Final = date(2020, 1, 1)
ENDED: Final = date(2025, 12, 31)
THREE_YEARS: Final = timedelta(days=3 * 365)
Behaviour = Literal["prompt", "late", "silent", "lost"]
LEVERS: Final[dict[str, Behaviour]] = {"7777": "late", "8888": "silent", "9999": "lost"}
NAMES: Final = {
    SOCIAL_PAYER: "Bao hiem xa hoi Viet Nam",
    PRIVATE_PAYER: "An Khang Insurance",
}
"""The payers that are played."""


@dataclass(frozen=True)
class Member:
    """An insured person."""

    plan: Benefits
    level: str
    starts_on: date
    ends_on: date | None


def find_member(payer: str, member_id: str) -> Member | None:
    """Whom a payer insures under a number."""
    if member_id.endswith("0000"):
        return None
    if payer == SOCIAL_PAYER and (card := SOCIAL_CARD.match(member_id)):
        return Member(SOCIAL, card[1], SINCE, ENDED if card[2] == "99" else None)
    if payer == PRIVATE_PAYER and (card := PRIVATE_CARD.match(member_id)):
        try:
            began = date.fromisoformat(card[1])
        except ValueError:
            return None
        return Member(PRIVATE, "", began, began + THREE_YEARS)
    return None


def behaviour_of(member_id: str) -> Behaviour:
    """How a payer answers about a number."""
    return LEVERS.get(member_id[-4:], "prompt")
