"""What a dispensing must know of its prescription, inside its transaction."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from deployments.access import Principal
from deployments.pharmacy import mapping
from deployments.pharmacy.dispensing_schemas import Dispensing, DispensingItem
from deployments.pharmacy.dosage import Dosage, days_at_most
from deployments.pharmacy.errors import Expired, PrescriptionNotFound
from deployments.pharmacy.events import DispensedItem
from deployments.pharmacy.refills import Authorised, Fill, remaining
from deployments.pharmacy.stock_desk import StockDesk
from deployments.pharmacy.stock_errors import (
    DispensingNotFound,
    NotDispensable,
    SamePerson,
    SubstitutionNotAllowed,
)
from deployments.pharmacy.stock_moves import is_controlled
from deployments.pharmacy.transitions import FulfilmentStatus, PrescriptionStatus
from storage.pharmacy import dispensing, prescriptions
from storage.pharmacy.prescriptions import Ordered

SAME: Final = ("form", "route", "dose_unit", "unit", "units_each")
"""What a substitute shares with the prescribed product, beside its ingredients."""
READY: Final = frozenset({FulfilmentStatus.VERIFIED, FulfilmentStatus.IN_PROGRESS})


@dataclass(frozen=True, slots=True)
class Facts:
    """A locked prescription, and what was handed over of each of its items."""

    ordered: Ordered
    fills: Mapping[UUID, Sequence[Fill]]

    @property
    def patient_id(self) -> UUID:
        """Whose prescription it is."""
        patient_id: UUID = self.ordered.prescription["patient_id"]
        return patient_id

    def item(self, item_id: UUID) -> RowMapping:
        """One item.

        Raises:
            PrescriptionNotFound: the prescription has no such item.
        """
        for item in self.ordered.items:
            if item["id"] == item_id:
                return item
        raise PrescriptionNotFound("the prescription has no such item")

    def is_all_dispensed(self) -> bool:
        """Whether nothing remains of any item."""
        return all(
            remaining(authorised(item), self.fills[item["id"]]) <= 0 for item in self.ordered.items
        )


def lock(connection: Connection, desk: StockDesk, prescription_id: UUID) -> Facts:
    """The prescription, locked until the transaction ends, with what was handed over.

    Raises:
        PrescriptionNotFound: no such prescription.
    """
    ordered = prescriptions.lock_for_dispensing(connection, prescription_id)
    if ordered is None:
        raise PrescriptionNotFound
    return Facts(ordered, read_fills(connection, desk, prescription_id))


def read_fills(
    connection: Connection, desk: StockDesk, prescription_id: UUID
) -> Mapping[UUID, Sequence[Fill]]:
    """What was handed over and kept, by item, oldest first."""
    fills: dict[UUID, list[Fill]] = defaultdict(list)
    for row in dispensing.list_fills(connection, prescription_id):
        day = desk.day_of(row["completed_at"])
        fills[row["prescription_item_id"]].append(Fill(day, row["kept"]))
    return fills


def authorised(item: RowMapping) -> Authorised:
    """What the prescriber allows of an item."""
    fastest = days_at_most(
        Dosage.model_validate(item["dosage"]),
        mapping.product(item, "medication_"),
        item["quantity"],
    )
    return Authorised(item["quantity"], item["repeats"], item["duration_days"], fastest)


def check_dispensable(facts: Facts, now: datetime) -> None:
    """Passes when the prescription is active, verified by a pharmacist, and still valid.

    Raises:
        NotDispensable: it is not active, or not verified.
        Expired: its validity has ended.
    """
    row = facts.ordered.prescription
    if row["status"] != PrescriptionStatus.ACTIVE:
        raise NotDispensable(f"the prescription is {row['status']}")
    if row["fulfilment"] not in READY:
        raise NotDispensable(f"the pharmacy's status of the prescription is {row['fulfilment']}")
    if row["valid_until"] is not None and row["valid_until"] < now:
        raise Expired


def check_not_own(principal: Principal, facts: Facts) -> None:
    """Passes unless the caller would hand medicines to themselves, or what they prescribed.

    Raises:
        SamePerson: the caller is its patient, or its prescriber.
    """
    row = facts.ordered.prescription
    if principal.user_id in {row["patient_id"], row["practitioner_id"]}:
        raise SamePerson("somebody else dispenses what is yours")


def check_substitute(item: RowMapping, product: RowMapping) -> None:
    """Passes when the product may be handed over instead of the one that was prescribed.

    Raises:
        SubstitutionNotAllowed: the prescriber forbids it, or ingredients, form, route or units
            differ: a prolonged-release tablet is no substitute, nor is a bottle of another size.
    """
    if not item["substitution_allowed"]:
        raise SubstitutionNotAllowed("the prescriber wants the product as written")
    same = _contents(item["medication_ingredients"]) == _contents(product["ingredients"])
    same = same and all(item[f"medication_{name}"] == product[name] for name in SAME)
    if not (same and product["active"]):
        raise SubstitutionNotAllowed("the product has other ingredients, form, route or units")


def _contents(ingredients: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    return sorted(
        tuple(str(one.get(part)) for part in ("rxnorm", "amount", "unit")) for one in ingredients
    )


def find_locked(connection: Connection, dispensing_id: UUID) -> RowMapping:
    """The dispensing, locked until the transaction ends.

    Raises:
        DispensingNotFound: no such dispensing.
    """
    row = dispensing.find(connection, dispensing_id, lock=True)
    if row is None:
        raise DispensingNotFound
    return row


def shown(connection: Connection, rows: Sequence[RowMapping]) -> list[Dispensing]:
    """Dispensings with their items, as callers see them."""
    items: dict[UUID, list[RowMapping]] = defaultdict(list)
    for item in dispensing.list_items(connection, [row["id"] for row in rows]):
        items[item["dispensing_id"]].append(item)
    return [_dispensing(row, items[row["id"]]) for row in rows]


def dispensed_items(moved: Sequence[tuple[RowMapping, Any]]) -> list[DispensedItem]:
    """Items and quantities as events tell them."""
    return [
        DispensedItem(
            item_id=item["prescription_item_id"],
            medication_id=item["medication_id"],
            quantity=quantity,
            unit=item["unit"],
            code=item["code"],
        )
        for item, quantity in moved
    ]


def _dispensing(row: RowMapping, items: Sequence[RowMapping]) -> Dispensing:
    values: dict[str, Any] = {name: row[name] for name in row if name != "return_witnessed"}
    values["controlled"] = any(is_controlled(item["schedule"]) for item in items)
    names = DispensingItem.model_fields
    values["items"] = [
        DispensingItem.model_validate({name: item[name] for name in names}) for item in items
    ]
    return Dispensing.model_validate(values)
