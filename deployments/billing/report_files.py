"""Reports as CSV, safe to open in a spreadsheet. Pure.

A cell of text that a spreadsheet would take for a formula is given an apostrophe in front (OWASP,
CSV injection). Amounts are written as people write them, with the decimals of their currency.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from deployments.billing import money
from deployments.schemas import Schema

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(kind: type[Schema], rows: Iterable[Schema], amounts: Sequence[str]) -> str:
    """The rows with a line of names above them.

    Args:
        kind: whose fields are the columns.
        rows: of that kind, each with a `currency`.
        amounts: fields that are minor units.
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    names = list(kind.model_fields)
    writer.writerow(names)
    for row in rows:
        currency = getattr(row, "currency", "")
        values = {
            name: money.to_major(getattr(row, name), currency)
            if name in amounts
            else getattr(row, name)
            for name in names
        }
        writer.writerow([_cell(values[name]) for name in names])
    return target.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    is_text = isinstance(value, str)
    return f"'{text}" if is_text and text.startswith(FORMULA) else text
