"""What is computed from measurements of one round, and follows when they change."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.medical_records import vital_rules
from deployments.medical_records.entries import Row, line
from deployments.medical_records.vital_shapes import OBSERVATIONS, vital_sign_columns
from deployments.medical_records.vital_signs import BODY_MASS_INDEX, SIGNS
from storage.medical_records import entries, observations
from storage.medical_records.observation_tables import VitalSign

LIKE_ITS_SOURCE: Final = "follows from an entry that was made in error"


def index_columns(source: Mapping[str, Any], index: Decimal) -> dict[str, Any]:
    """The columns of a body mass index computed in the round of `source`."""
    kept = ("encounter_id", "status", "effective_at", "round_id")
    return {
        **{name: source[name] for name in kept},
        **vital_sign_columns(BODY_MASS_INDEX),
        "value": index,
        "unit": SIGNS[BODY_MASS_INDEX].unit,
        "components": [],
        "derived": True,
    }


def values_of(rows: Sequence[Mapping[Any, Any]]) -> dict[str, Decimal]:
    """The numbers among some observations, by code."""
    return {row["code"]: row["value"] for row in rows if row["value"] is not None}


def voided(principal: Principal, reason: str, now: datetime) -> dict[str, Any]:
    """The columns of an observation that was made in error."""
    who = {"voided_at": now, "voided_by": principal.user_id, "void_reason": reason}
    return {**OBSERVATIONS.voided, **who}


def follow(connection: Connection, principal: Principal, changed: Row, now: datetime) -> None:
    """Computes anew what follows from a changed row of a round, or voids it."""
    if changed["round_id"] is None or changed["derived"]:
        return
    others = observations.lock_round(connection, changed["patient_id"], changed["round_id"])
    derived = [row for row in others if row["derived"]]
    sources: list[Row] = [
        row for row in others if not row["derived"] and row["id"] != changed["id"]
    ]
    if changed["voided_at"] is None:
        sources.append(changed)
    index = vital_rules.derived_index(values_of(sources))
    for row in derived:
        if index is None:
            values, move = voided(principal, LIKE_ITS_SOURCE, now), "void"
        elif index == row["value"]:
            continue
        else:
            values, move = {"value": index, "status": "amended"}, "amend"
        entries.change(connection, VitalSign, row["id"], values, line(principal, move, now))
