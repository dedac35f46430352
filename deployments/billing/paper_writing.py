"""Amounts, quantities and days as readers of one language write them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from deployments.billing import money
from deployments.billing.paper_words import WORDS, Words
from deployments.schemas import Locale


class Writer:
    """Writes amounts and days as readers of one language do."""

    def __init__(self, locale: Locale, currency: str, zone: str) -> None:
        self.locale = locale
        self.words: Words = WORDS[locale]
        self._currency = currency
        self._zone = ZoneInfo(zone)

    def amount(self, minor: int) -> str:
        """1,234.50, or 1.234,50 in Vietnamese; the currency stands above."""
        places = money.exponent(self._currency)
        pattern = "#,##0" + ("." + "0" * places if places else "")
        shown = format_decimal(
            money.to_major(minor, self._currency), format=pattern, locale=self.locale
        )
        return str(shown)

    def with_currency(self, minor: int) -> str:
        """The amount with its currency."""
        return f"{self.amount(minor)} {self._currency}"

    def quantity(self, value: Decimal) -> str:
        """A quantity without needless zeros."""
        return str(format_decimal(value.normalize(), locale=self.locale))

    def day(self, at: datetime) -> str:
        """The date in the hospital."""
        return f"{at.astimezone(self._zone):%d/%m/%Y}"

    def name(self, line: Any) -> str:
        """What was done."""
        return str(getattr(line, f"name_{self.locale}"))
