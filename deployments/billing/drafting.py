"""What a draft would cost if it were issued now: prices, exemptions and discounts of its charges.

A draft keeps no amounts; they are worked out whenever it is read, from the prices of the days on
which things were done. Its issue writes them down.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping

from deployments.billing import exemptions, money, pricing
from deployments.billing.accounts import Area
from deployments.billing.desk import Desk
from deployments.billing.exemptions import Category, Facts
from deployments.billing.pricing import Line, Rebate
from storage.billing import charges, prices
from storage.billing.prices import Wanted

LOOK_BACK: Final = timedelta(days=30)
"""How far visits are looked at to find out which of them were free follow-ups."""


@dataclass(frozen=True)
class Priced:
    """A charge on a draft with what it costs.

    Attributes:
        charge: the charge with what it is for.
        name_en: of what was done; the code when it has no price.
        line: None when nothing says what it costs.
        waiver: the rule that exempts it, if one does.
    """

    charge: RowMapping
    name_en: str
    name_vi: str
    line: Line | None
    waiver: str


def price_draft(
    connection: Connection, desk: Desk, invoice: RowMapping, payer_id: UUID | None
) -> list[Priced]:
    """Every charge on a draft with its price components, in the order in which it was done."""
    rows = charges.on_draft(connection, invoice["id"])
    names, units = _unit_prices(connection, desk, invoice, rows, payer_id)
    waivers = _waivers(connection, desk, invoice["patient_id"], rows)
    zone = ZoneInfo(desk.settings.time_zone)
    lines = [
        None
        if row["id"] not in units
        else pricing.price(
            row["quantity"],
            units[row["id"]],
            Area(row["area"]),
            surcharge=pricing.surcharge_percent(
                Area(row["area"]), row["performed_at"], zone, urgent=row["urgent"]
            ),
            exemption=waiver.percent,
        )
        for row, waiver in zip(rows, waivers, strict=True)
    ]
    final = _with_discounts(connection, invoice["id"], rows, lines)
    priced = []
    for row, line, waiver in zip(rows, final, waivers, strict=True):
        name_en, name_vi = names.get(row["id"], (row["code"], row["code"]))
        priced.append(Priced(row, name_en, name_vi, line, waiver.rule))
    return priced


def _unit_prices(
    connection: Connection,
    desk: Desk,
    invoice: RowMapping,
    rows: Sequence[RowMapping],
    payer_id: UUID | None,
) -> tuple[dict[UUID, tuple[str, str]], dict[UUID, int]]:
    """By source, its name in both languages and the price of one."""
    panels = _panels(connection, rows)
    wanted = {row["id"]: Wanted(row["kind"], row["code"], _day(desk, row)) for row in rows}
    asked = set(wanted.values())
    for row in rows:
        for code in panels.get((row["source_id"], row["panel"]), ()):
            asked |= {Wanted("test", code, _day(desk, row))}
            asked |= {Wanted("panel", row["panel"], _day(desk, row))}
    found = prices.look_up(connection, sorted(asked, key=_order), invoice["currency"], payer_id)
    names, units = {}, {}
    for row in rows:
        one = found.get(wanted[row["id"]])
        if one is not None:
            names[row["id"]] = (one["name_en"], one["name_vi"])
            units[row["id"]] = one["unit_price"]
        share = _share_of_panel(row, panels, found, _day(desk, row))
        if share is not None:
            units[row["id"]] = share
    return names, units


def _panels(
    connection: Connection, rows: Sequence[RowMapping]
) -> Mapping[tuple[UUID, str | None], list[str]]:
    """By order and panel, the codes of the tests that were ordered through it."""
    orders = {row["source_id"] for row in rows if row["panel"] is not None}
    found: dict[tuple[UUID, str | None], list[str]] = defaultdict(list)
    for one in charges.panel_codes(connection, sorted(orders)) if orders else ():
        found[one["source_id"], one["panel"]].append(one["code"])
    return found


def _share_of_panel(
    row: RowMapping,
    panels: Mapping[tuple[UUID, str | None], list[str]],
    found: Mapping[Wanted, RowMapping],
    day: date,
) -> int | None:
    """What a test costs as part of its panel: the panel's price, split by what tests cost alone."""
    panel = found.get(Wanted("panel", row["panel"] or "", day))
    if panel is None:
        return None
    codes = panels[row["source_id"], row["panel"]]
    alone = [found.get(Wanted("test", code, day)) for code in codes]
    weights = [one["unit_price"] if one is not None else 0 for one in alone]
    return money.split(panel["unit_price"], weights)[codes.index(row["code"])]


def _waivers(
    connection: Connection, desk: Desk, patient_id: UUID, rows: Sequence[RowMapping]
) -> list[exemptions.Waiver]:
    if not rows:
        return []
    held = charges.exemptions_of(connection, patient_id)
    visits = _visits(connection, patient_id, rows)
    return [
        exemptions.waive(
            Facts(
                area=Area(row["area"]),
                code=row["code"],
                performed_at=row["performed_at"],
                categories=[
                    Category(one["category"])
                    for one in held
                    if one["valid_from"] <= _day(desk, row) <= one["valid_until"]
                ],
                previous_visit=exemptions.last_charged(
                    visits.get(row["performer_id"], ()), row["performed_at"]
                ),
            )
        )
        for row in rows
    ]


def _visits(
    connection: Connection, patient_id: UUID, rows: Sequence[RowMapping]
) -> Mapping[UUID, list[datetime]]:
    """By doctor, when the patient was there."""
    times = [row["performed_at"] for row in rows if row["area"] == Area.CONSULTATION]
    if not times:
        return {}
    by_doctor: dict[UUID, list[datetime]] = defaultdict(list)
    since = min(times) - LOOK_BACK
    for visit in charges.visits_before(connection, patient_id, since, max(times)):
        by_doctor[visit["performer_id"]].append(visit["performed_at"])
    return by_doctor


def _with_discounts(
    connection: Connection,
    invoice_id: UUID,
    rows: Sequence[RowMapping],
    lines: Sequence[Line | None],
) -> list[Line | None]:
    approved = [
        one for one in charges.discounts_of(connection, invoice_id) if one["status"] == "approved"
    ]
    if not approved:
        return list(lines)
    priced = [index for index, line in enumerate(lines) if line is not None]
    rebates = {one["charge_item_id"]: Rebate(one["percent"], one["amount"]) for one in approved}
    own = {
        place: rebates[rows[index]["charge_item_id"]]
        for place, index in enumerate(priced)
        if rows[index]["charge_item_id"] in rebates
    }
    known = [line for line in lines if line is not None]
    less = iter(pricing.discounted(known, own, rebates.get(None)))
    return [None if line is None else next(less) for line in lines]


def _day(desk: Desk, row: RowMapping) -> date:
    return desk.day_of(row["performed_at"])


def _order(wanted: Wanted) -> tuple[str, str, date]:
    return wanted.kind, wanted.code, wanted.day
