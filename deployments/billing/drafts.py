"""Which draft a charge goes onto: one for each patient and encounter, or day of the visit.

The caller holds the patient (`charges.lock_patient`); a unique index is the last guard.
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from storage.billing import invoices
from storage.columns import new_id


def draft_for(
    connection: Connection,
    *,
    patient_id: UUID,
    encounter_id: UUID | None,
    day: date,
    currency: str,
    at: datetime,
) -> UUID:
    """The draft that collects charges of an encounter, or of a day; made when there is none.

    A draft of the day takes on the encounter of the first charge that names one, so that visit,
    drugs and tests of a day meet, whether or not each of them knows of the encounter.
    """
    drafts = invoices.find_drafts(connection, patient_id, currency)
    found = choose(drafts, encounter_id, day)
    if found is not None:
        if found["encounter_id"] is None and encounter_id is not None:
            invoices.change(connection, found["id"], at, {"encounter_id": encounter_id})
        return UUID(str(found["id"]))
    context = f"encounter:{encounter_id}" if encounter_id else f"day:{day}"
    values = {
        "id": new_id(),
        "patient_id": patient_id,
        "context": context,
        "encounter_id": encounter_id,
        "day": day,
        "currency": currency,
        "created_at": at,
        "updated_at": at,
    }
    return UUID(str(invoices.add(connection, values)["id"]))


def choose(drafts: Sequence[RowMapping], encounter_id: UUID | None, day: date) -> RowMapping | None:
    """The draft of the encounter, else one of the day that is not of another encounter."""
    if encounter_id is not None:
        for draft in drafts:
            if draft["encounter_id"] == encounter_id:
                return draft
    for draft in drafts:
        if draft["day"] == day and None in {encounter_id, draft["encounter_id"]}:
            return draft
    return None
