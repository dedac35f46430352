"""Price lists as they cross the border. Prices are minor units of the list's currency."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from deployments.billing.money import exponent
from deployments.pagination import PageRequest
from deployments.schemas import Day, Schema, ShortText


def _with_minor_unit(value: str) -> str:
    exponent(value)
    return value


Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), AfterValidator(_with_minor_unit)]
"""ISO 4217 code of a currency that has a minor unit."""
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+/%-]{0,63}$")]


class PriceKind(StrEnum):
    """What a price is for; drugs go by formulary code, tests and panels by laboratory code."""

    SERVICE = "service"
    DRUG = "drug"
    TEST = "test"
    PANEL = "panel"
    WARD = "ward"


class PriceListRequest(Schema):
    """A new list: the public one of a currency, or a payer's own."""

    code: Code
    name_en: ShortText
    name_vi: ShortText
    currency: Currency = "VND"
    payer_id: UUID | None = None


class PriceListVersion(Schema):
    """Prices that hold from `valid_from` until the day before `valid_until`; a draft: never."""

    id: UUID
    number: int
    status: str
    valid_from: date | None
    valid_until: date | None
    created_at: datetime
    published_at: datetime | None


class PriceList(Schema):
    """What the hospital asks of the public, or of one payer; versions newest first."""

    id: UUID
    code: str
    name_en: str
    name_vi: str
    currency: str
    payer_id: UUID | None
    versions: list[PriceListVersion]


class PriceLists(Schema):
    """Every list."""

    items: list[PriceList]


class PriceQuery(PageRequest):
    """Which prices of a version."""


class Price(Schema):
    """What one thing costs, without tax."""

    kind: PriceKind
    code: str
    name_en: str
    name_vi: str
    unit_price: Annotated[int, Field(ge=0)]


class PriceFileReceipt(Schema):
    """What came of a file: a draft version with so many prices."""

    version_id: UUID
    number: int
    prices: int


class Publication(Schema):
    """From when a version holds."""

    valid_from: Day
