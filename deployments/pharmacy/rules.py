"""Rules of prescribing, on plain values: each check passes or refuses."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from deployments.errors import FieldError
from deployments.pharmacy.codes import EXCHANGEABLE, Course, Route, Schedule
from deployments.pharmacy.dosage import MOST_UNITS, Product, days_at_most, quantity_for
from deployments.pharmacy.errors import (
    ChangedMeanwhile,
    DuplicateTherapy,
    MedicationNotFound,
    MedicationRetired,
    NotPrescribable,
    OwnPrescription,
)
from deployments.pharmacy.prescription_schemas import ItemRequest
from deployments.pharmacy.safety.subjects import Drug
from deployments.pharmacy.settings import PharmacySettings

YEAR_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Planned:
    """An item that may be ordered.

    Attributes:
        key: JSON pointer of the item; its name in the safety check.
        quantity: dispensing units of one fill.
    """

    key: str
    request: ItemRequest
    product: Product
    route: Route
    quantity: Decimal


def plan(
    items: Sequence[ItemRequest], products: Mapping[UUID, Product], settings: PharmacySettings
) -> list[Planned]:
    """The items with all that the server computes.

    Raises:
        MedicationNotFound: an item's medication does not exist.
        MedicationRetired: it is no longer prescribed.
        NotPrescribable: unit, route, quantity, repeats or duration of an item.
    """
    return [
        _planned(f"/items/{place}", item, products.get(item.medication_id), settings)
        for place, item in enumerate(items)
    ]


def _planned(
    key: str, item: ItemRequest, product: Product | None, settings: PharmacySettings
) -> Planned:
    pointer = f"{key}/medication_id"
    if product is None:
        raise MedicationNotFound("see errors", [FieldError(pointer, "unknown", "no such one")])
    if not product.active:
        raise MedicationRetired("see errors", [FieldError(pointer, "retired", product.name_en)])
    _check_limits(key, item, product, settings)
    route = item.dosage.route or product.route
    if route != product.route and not any({route, product.route} <= some for some in EXCHANGEABLE):
        pointer = f"{key}/dosage/route"
        raise _refused(pointer, "does_not_fit_product", f"{product.name_en}: {product.route}")
    return Planned(key, item, product, route, _quantity(key, item, product))


def _check_limits(
    key: str, item: ItemRequest, product: Product, settings: PharmacySettings
) -> None:
    """Repeats and duration; the limits and their sources stand in the settings."""
    controlled = product.schedule != Schedule.NONE
    if item.repeats > (0 if controlled else settings.most_repeats):
        raise _refused(f"{key}/repeats", "too_many", "fewer repeats, or none for controlled drugs")
    acute = item.course is Course.ACUTE
    longest = settings.longest_acute_days(product.schedule) if acute else settings.longest_days
    days = item.dosage.duration_days
    if days is not None and days > longest:
        raise _refused(f"{key}/dosage/duration_days", "too_long", f"at most {longest} days")
    if controlled and days is None:
        raise _refused(f"{key}/dosage/duration_days", "missing", "controlled drugs: how many days")


def _quantity(key: str, item: ItemRequest, product: Product) -> Decimal:
    """What one fill needs; as needed, less may be ordered."""
    pointer = f"{key}/quantity"
    if item.quantity is not None and item.quantity != item.quantity.to_integral_value():
        raise _refused(pointer, "not_whole", f"{product.unit} is never divided")
    computed = quantity_for(item.dosage, product, f"{key}/dosage")
    if computed is None:
        if item.quantity is None:
            raise _refused(pointer, "missing", "without a duration, say how much")
        return item.quantity
    if computed > MOST_UNITS:
        raise _refused(pointer, "too_much", f"more than {MOST_UNITS} {product.unit}")
    if item.quantity is None or item.quantity == computed:
        return computed
    if item.dosage.as_needed is not None and item.quantity < computed:
        return item.quantity
    message = f"the dosage makes {computed:f} {product.unit}, not {item.quantity:f}"
    raise _refused(pointer, "does_not_fit_dosage", message)


def check_parallel(items: Sequence[Planned], taken: Iterable[Drug]) -> None:
    """No ingredient is ordered twice for the same time, unless the item says why.

    Source: OpenMRS refuses a second active order of a drug in the same way (OrderServiceImpl).

    Raises:
        DuplicateTherapy: one is.
    """
    others = [(drug.key, drug.name, frozenset(drug.ingredients)) for drug in taken]
    found = []
    for item in items:
        own = frozenset(one.rxnorm for one in item.product.ingredients)
        twice = [name for _, name, codes in others if own & codes]
        if twice and item.request.parallel_reason is None:
            message = f"{item.product.name_en}: ordered already as {', '.join(twice)}"
            found.append(FieldError(item.key, "duplicate_ingredient", message))
        others.append((item.key, item.product.name_en, own))
    if found:
        raise DuplicateTherapy("say parallel_reason, or end the other order", found)


def valid_until(
    items: Sequence[Planned], signed_at: datetime, settings: PharmacySettings
) -> datetime:
    """Last moment at which the prescription can be handed out.

    Each repeat can be collected when the fill before it is used up.
    """
    controlled = any(item.product.schedule != Schedule.NONE for item in items)
    validity = settings.controlled_validity if controlled else settings.validity
    repeated = max((item.request.repeats * _lasts(item, settings) for item in items), default=0)
    return signed_at + validity + timedelta(days=repeated)


def _lasts(item: Planned, settings: PharmacySettings) -> int:
    """Days of one fill; of what is taken as needed, when it is taken as often as is allowed."""
    dosage = item.request.dosage
    at_most = days_at_most(dosage, item.product, item.quantity)
    return dosage.duration_days or min(at_most, settings.longest_days)


def taken_until(items: Sequence[Planned], since: datetime) -> datetime | None:
    """When the last fill of the longest item is used up; None when one has no duration."""
    days = [(item.request.dosage.duration_days or 0) * (1 + item.request.repeats) for item in items]
    return None if 0 in days else since + timedelta(days=max(days))


def check_version(version: int, expected: int | None) -> None:
    """The version is the one that the caller read.

    Raises:
        ChangedMeanwhile: it is not.
    """
    if expected is not None and version != expected:
        raise ChangedMeanwhile(f"it is in version {version}")


def check_independent(practitioner_id: UUID, patient_id: UUID, caller_id: UUID) -> None:
    """The caller neither wrote the prescription nor is its patient.

    Raises:
        OwnPrescription: they did, or are.
    """
    if caller_id in {practitioner_id, patient_id}:
        raise OwnPrescription


def check_not_patient(patient_id: UUID, caller_id: UUID) -> None:
    """The caller prescribes, or ends what was prescribed, to somebody else; ours.

    Raises:
        OwnPrescription: to themselves.
    """
    if patient_id == caller_id:
        raise OwnPrescription


def _refused(pointer: str, code: str, message: str) -> NotPrescribable:
    return NotPrescribable(message, [FieldError(pointer, code, message)])


def weight_now(
    weight_kg: Decimal | None, at: datetime | None, age_days: int | None, now: datetime
) -> Decimal | None:
    """The weight, unless it was measured too long ago to dose by.

    Source: house rule. Infants may double their weight in five months (WHO Child Growth
    Standards), so theirs holds 30 days, that of other children 180, of adults two years.
    """
    if weight_kg is None or at is None:
        return None
    age = age_days if age_days is not None else 0
    days = 30 if age < YEAR_DAYS else 180 if age < 18 * YEAR_DAYS else 2 * YEAR_DAYS
    return weight_kg if now - at <= timedelta(days=days) else None


def egfr_now(egfr: Decimal | None, at: datetime | None, now: datetime) -> Decimal | None:
    """The filtration rate, unless it is older than a year.

    Source: KDIGO 2024, 2.1.1: assess it at least once a year.
    """
    fresh = at is not None and now - at <= timedelta(days=YEAR_DAYS)
    return egfr if fresh else None
