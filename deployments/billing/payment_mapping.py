"""From rows to what is shown of payments, refunds and cashiers."""

from sqlalchemy import RowMapping

from deployments.billing.payment_schemas import CashierSession, Payment, Refund


def payment(row: RowMapping) -> Payment:
    """A payment, without the card."""
    made = {
        "refundable": row["captured"] - row["refunded"] - row["reserved"],
        "change": None if row["tendered"] is None else row["tendered"] - row["amount"],
    }
    return Payment(**_shown(row, Payment, made), **made)


def refund(row: RowMapping) -> Refund:
    """A refund."""
    return Refund(**_shown(row, Refund, {}))


def cashier_session(row: RowMapping) -> CashierSession:
    """A session with what should be in the drawer."""
    expected = row["opening_float"] + row["taken"] - row["paid_out"]
    difference = None if row["counted"] is None else row["counted"] - expected
    made = {"expected": expected, "difference": difference}
    return CashierSession(**_shown(row, CashierSession, made), **made)


def _shown(row: RowMapping, kind: type, made: dict[str, int | None]) -> dict[str, object]:
    fields: dict[str, object] = getattr(kind, "model_fields")  # noqa: B009
    return {name: row[name] for name in fields if name not in made}
