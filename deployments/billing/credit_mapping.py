"""From rows of credit notes to what is shown."""

from collections.abc import Sequence

from sqlalchemy import RowMapping

from deployments.billing.credit_schemas import CreditNote, CreditNoteLine, CreditNoteSummary


def credit_note(row: RowMapping, lines: Sequence[RowMapping]) -> CreditNote:
    """A credit note with its lines."""
    shown = {name: row[name] for name in CreditNote.model_fields if name != "lines"}
    return CreditNote(**shown, lines=[credit_line(line) for line in lines])


def credit_line(row: RowMapping) -> CreditNoteLine:
    """A line of a credit note."""
    return CreditNoteLine(**{name: row[name] for name in CreditNoteLine.model_fields})


def summary(row: RowMapping) -> CreditNoteSummary:
    """A credit note in a list."""
    return CreditNoteSummary(**{name: row[name] for name in CreditNoteSummary.model_fields})
