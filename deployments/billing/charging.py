"""Brings together what was done to patients and what stands on bills for it.

News of a source (a visit, an item of a dispensing, a test) are merged into what is known of it;
then its open charge, and the draft of a credit note for what is billed already, are made to fit.
Both happen in the transaction that hears of it, under the patient's lock, so that the order of
the news does not matter and nothing is charged twice.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Principal
from deployments.billing.accounts import Area
from deployments.billing.charge_rules import NONE, ChargeStatus, due
from deployments.billing.desk import Desk
from deployments.billing.drafts import draft_for
from storage.billing import charges, credit_notes

SYSTEM: Final = Principal.for_service("billing")


@dataclass(frozen=True)
class Source:
    """What something was that is charged for; see `ChargeSource`."""

    source_kind: str
    source_id: UUID
    part_id: UUID
    patient_id: UUID
    area: Area
    kind: str
    code: str
    performed_at: datetime
    performer_id: UUID | None = None
    encounter_id: UUID | None = None
    panel: str | None = None
    urgent: bool = False


@dataclass(frozen=True)
class State:
    """Where a source stands, as of a version of it; older versions are obsolete.

    Attributes:
        planned: it is to be done.
        done: how much of it was done.
    """

    version: int
    planned: bool
    done: Decimal


@dataclass(frozen=True)
class Movement:
    """How much more of a source was done, or undone; told once each."""

    done: Decimal = NONE
    undone: Decimal = NONE


def hear(connection: Connection, desk: Desk, source: Source, news: State | Movement) -> None:
    """Lets news of a source take effect on what is charged.

    Args:
        connection: in the transaction of the inbox row.
        desk: the tools of the replica.
        source: what was done.
        news: what is new about it.
    """
    at = desk.clock()
    charges.lock_patient(connection, source.patient_id)
    found = charges.find_source(connection, source.source_kind, source.source_id, source.part_id)
    values = merged(found, source, news)
    row = charges.keep_source(connection, found, {**values, "updated_at": at})
    reconcile(connection, desk, row, at)


def merged(found: RowMapping | None, source: Source, news: State | Movement) -> dict[str, Any]:
    """What is known of a source after the news."""
    known: dict[str, Any] = {**asdict(source), "area": source.area.value}
    if found is None:
        known |= {"planned": False, "done": NONE, "undone": NONE, "version": 0}
    else:
        known["urgent"] = found["urgent"] or source.urgent
        known["encounter_id"] = found["encounter_id"] or source.encounter_id
        for name in ("planned", "done", "undone", "version"):
            known[name] = found[name]
    if isinstance(news, Movement):
        if found is not None and not news.done:  # what is taken back was done when it was done
            known["performed_at"] = found["performed_at"]
        return known | {"done": known["done"] + news.done, "undone": known["undone"] + news.undone}
    if found is not None and news.version <= found["version"]:
        kept = {name: found[name] for name in ("code", "performed_at", "performer_id", "panel")}
        return known | kept
    if found is not None and found["done"] and news.done:
        known["performed_at"] = found["performed_at"]  # it was done when it was first done
    return known | asdict(news)


def reconcile(connection: Connection, desk: Desk, source: RowMapping, at: datetime) -> None:
    """Makes the open charge and the pending credit of a source fit what is known of it."""
    billed = charges.billed_quantity(connection, source["id"])
    wanted = due(
        planned=source["planned"], done=source["done"], undone=source["undone"], billed=billed
    )
    _open_charge(connection, desk, source, wanted.status, wanted.quantity, at)
    _pending_credit(connection, source, wanted.credit, at)


def _open_charge(
    connection: Connection,
    desk: Desk,
    source: RowMapping,
    status: ChargeStatus | None,
    quantity: Decimal,
    at: datetime,
) -> None:
    found = charges.find_open(connection, source["id"])
    if status is None:
        if found is not None:
            aborted = {"status": ChargeStatus.ABORTED.value, "invoice_id": None}
            charges.change(connection, found["id"], at, **aborted)
        return
    invoice_id = found["invoice_id"] if found is not None else None
    if status is ChargeStatus.PLANNED:
        invoice_id = None
    elif invoice_id is None:
        invoice_id = draft_for(
            connection,
            patient_id=source["patient_id"],
            encounter_id=source["encounter_id"],
            day=desk.day_of(source["performed_at"]),
            currency=desk.settings.currency,
            at=at,
        )
    values = {"status": status.value, "quantity": quantity, "invoice_id": invoice_id}
    if found is None:
        about = {"source_id": source["id"], "patient_id": source["patient_id"]}
        charges.add(connection, about | values, at)
    else:
        charges.change(connection, found["id"], at, **values)


def _pending_credit(
    connection: Connection, source: RowMapping, quantity: Decimal, at: datetime
) -> None:
    """Drafts of credit notes for so much of a source, from the newest of its lines on."""
    for line in credit_notes.lines_of_source(connection, source["id"]):
        take = min(quantity, line["quantity"] - line["credited_quantity"])
        quantity -= take
        draft = credit_notes.find_draft(connection, line["invoice_id"], "reversal")
        if take:
            note_id = draft["id"] if draft is not None else _add_draft(connection, line, source, at)
            credit_notes.set_line(connection, note_id, line["id"], quantity=take)
        elif draft is not None:
            credit_notes.drop_line(connection, draft["id"], line["id"])


def _add_draft(connection: Connection, line: RowMapping, source: RowMapping, at: datetime) -> UUID:
    invoice = {"invoice_id": line["invoice_id"], "patient_id": source["patient_id"]}
    values = {
        **invoice,
        "kind": "reversal",
        "currency": line["currency"],
        "reason": "undone",
        "requested_by": SYSTEM.user_id,
    }
    return UUID(str(credit_notes.add(connection, values, at)["id"]))
