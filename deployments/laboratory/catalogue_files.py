"""The catalogue that ships with the program, loaded with the migrations.

What a person has changed or added since stays as it is, whichever test has the code. Parameters
and tests are never removed, because results point at them; one that leaves the files stays, to be
retired by a person.
"""

import csv
import hashlib
from collections.abc import Collection, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Connection, create_engine
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.pool import NullPool

from deployments.access import SERVICE_NAMESPACE
from deployments.clock import utc_now
from storage.database import psycopg2_url
from storage.laboratory import catalogue

DATA: Final = Path(__file__).parent / "data" / "catalogue"
NAMES: Final = ("tests", "panels", "parameters", "limits")
PRIORITIES: Final = ("routine", "urgent", "asap", "stat")
DAYS: Final = {"d": 1, "y": 365.25}
LOADER: Final = uuid5(SERVICE_NAMESPACE, "catalogue")
PANEL: Final = {
    "department": "panel",
    "specimen": "serum",
    "container": "none",
    "minimum_ul": "0",
    "stability_minutes": "1440",
    "turnaround_minutes": "360/120/90/60",
    "release_delay_hours": "0",
}
"""A panel has no specimen of its own: its tests have."""


def load_at(url: str) -> bool:
    """Loads the files into the database at the URL; True when they were not there yet."""
    engine = create_engine(psycopg2_url(url), poolclass=NullPool, hide_parameters=True)
    with engine.begin() as connection:
        return load(connection)


def load(connection: Connection) -> bool:
    """Loads the files, unless these very files were loaded last; True when it did."""
    catalogue.lock(connection)
    if catalogue.loaded_digest(connection) == digest():
        return False
    kept = catalogue.hand_made(connection, LOADER)
    tests = [row for row in _tests() if row["code"] not in kept]
    for row in tests:
        catalogue.put_test(connection, row)
    ids = {row["id"] for row in tests}
    known = catalogue.parameter_ids(connection)
    parameters = [
        row
        for row in _parameters()
        if row["test_type_id"] in ids and known.get(row["code"], row["id"]) == row["id"]
    ]
    catalogue.put_parameters(connection, parameters)
    own = {row["id"] for row in parameters}
    limits = [row for row in _limits() if row["parameter_id"] in own]
    catalogue.replace_limits(connection, own, limits)
    _load_panels(connection, kept)
    catalogue.bump(connection, digest())
    return True


def _load_panels(connection: Connection, kept: Collection[str]) -> None:
    ids = catalogue.test_ids(connection)
    for row in read("panels"):
        if row["code"] not in kept:
            members = [ids[code] for code in row["members"].split()]
            catalogue.replace_members(connection, ids[row["code"]], members)


def id_of(kind: str, code: str) -> UUID:
    """The id of a test or parameter of the files: the same in every hospital."""
    return uuid5(SERVICE_NAMESPACE, f"laboratory:{kind}:{code}")


def read(name: str) -> list[dict[str, str]]:
    """The lines of one of the files."""
    with (DATA / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@cache
def digest() -> str:
    """Tells these files from others."""
    content = b"".join((DATA / f"{name}.tsv").read_bytes() for name in NAMES)
    return hashlib.sha256(content).hexdigest()


def _tests() -> Iterator[dict[str, Any]]:
    for kind, name, more in (("test", "tests", {}), ("panel", "panels", PANEL)):
        for line in read(name):
            row = {**line, **more}
            minutes = [int(part) for part in row["turnaround_minutes"].split("/")]
            delay = int(row["release_delay_hours"])
            yield {
                "id": id_of("test", row["code"]),
                "kind": kind,
                "code": row["code"],
                "loinc": row["loinc"] or None,
                "name_en": row["name_en"],
                "name_vi": row["name_vi"],
                "department": row["department"],
                "specimen": row["specimen"],
                "container": row["container"],
                "minimum_ul": int(row["minimum_ul"]),
                "stability_minutes": int(row["stability_minutes"]),
                "turnaround_minutes": dict(zip(PRIORITIES, minutes, strict=True)),
                "sensitive": delay > 0,
                "release_delay_hours": delay,
                "active": True,
                "updated_by": LOADER,
                "updated_at": utc_now(),
            }


def _parameters() -> Iterator[dict[str, Any]]:
    places: dict[str, int] = {}
    for row in read("parameters"):
        place = places[row["test"]] = places.get(row["test"], -1) + 1
        plausible, reporting = _ends(row["plausible"]), _ends(row["reporting"])
        absolute, percent, hours = row["delta"].split(";") if row["delta"] else ("", "", "")
        yield {
            "id": id_of("parameter", row["code"]),
            "test_type_id": id_of("test", row["test"]),
            "position": place,
            "code": row["code"],
            "loinc": row["loinc"] or None,
            "name_en": row["name_en"],
            "name_vi": row["name_vi"],
            "kind": row["kind"],
            "unit": row["unit"] or None,
            "decimals": int(row["decimals"]),
            "choices": _choices(row["choices"]),
            "plausible_low": plausible[0],
            "plausible_high": plausible[1],
            "reporting_low": reporting[0],
            "reporting_high": reporting[1],
            "delta_absolute": _number(absolute),
            "delta_percent": _number(percent),
            "delta_hours": int(hours) if hours else None,
            "formula": row["formula"] or None,
        }


def _choices(words: str) -> list[dict[str, Any]]:
    names = ("code", "en", "vi", "abnormal", "critical")
    found = [dict(zip(names, one.split(":"), strict=True)) for one in words.split("|") if one]
    return [
        {**one, "abnormal": one["abnormal"] == "1", "critical": one["critical"] == "1"}
        for one in found
    ]


def _limits() -> Iterator[dict[str, Any]]:
    for number, row in enumerate(read("limits")):
        normal, critical = _ends(row["normal"]), _ends(row["critical"])
        yield {
            "id": id_of("limit", f"{row['parameter']}:{number}"),
            "parameter_id": id_of("parameter", row["parameter"]),
            "sex": row["sex"],
            "age_days": Range(_days(row["from"]), _days(row["to"]) if row["to"] else None),
            "normal_low": normal[0],
            "normal_high": normal[1],
            "critical_low": critical[0],
            "critical_high": critical[1],
            "source": row["source"],
        }


def _days(age: str) -> int:
    """Days of life of an age like `28d` or `6y`; whole years by the mean length of a year."""
    return timedelta(days=int(age[:-1]) * DAYS[age[-1]]).days


def _ends(words: str) -> tuple[Decimal | None, Decimal | None]:
    low, _, high = words.partition("..")
    return _number(low), _number(high)


def _number(word: str) -> Decimal | None:
    return Decimal(word) if word else None
