"""Values become results: placed on tests, put together, calculated, flagged, versioned.

One door for every sender. What cannot be placed is held with a reason, never dropped; what says
nothing new makes no new version, so that a message that comes twice is stored once.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row

from deployments.laboratory.catalogue_shapes import Parameter, Snapshot
from deployments.laboratory.measured import Measured
from deployments.laboratory.readings import Fault, Reading, Whose, read
from deployments.laboratory.sheet import Sheet, open_sheet
from deployments.laboratory.states import OPEN_TEST, OUT, USABLE
from deployments.laboratory.suspecting import Held, hold
from deployments.laboratory.versions import Source, whose_is, write_versions
from storage.laboratory import orders, specimens


class Outcome(NamedTuple):
    """What became of one value.

    Attributes:
        status: `stored`, `same` as what is there, or `held`.
        reason: why it is held.
        result_id: the version that it is in now.
        whose: of whom a held value is, where that is known.
    """

    status: Literal["stored", "same", "held"]
    reason: str | None = None
    detail: str | None = None
    result_id: UUID | None = None
    whose: Whose | None = None


def store(
    connection: Connection, snapshot: Snapshot, measured: Sequence[Measured], source: Source
) -> list[Outcome]:
    """Stores values in the caller's transaction.

    Args:
        connection: open.
        snapshot: the catalogue.
        measured: values, of any specimens.
        source: where they come from.

    Returns:
        What became of each, in order.
    """
    outcomes: dict[int, Outcome] = {}
    groups: dict[str, list[int]] = {}
    for index, one in enumerate(measured):
        groups.setdefault(one.accession, []).append(index)
    for accession, indexes in sorted(groups.items()):  # in one order, so that no two files lock up
        values = {index: measured[index] for index in indexes}
        outcomes |= _store_specimen(connection, snapshot, accession, values, source)
    held = [
        Held(measured[index], Fault(outcome.reason or "", outcome.detail or ""), outcome.whose)
        for index, outcome in sorted(outcomes.items())
        if outcome.status == "held"
    ]
    hold(connection, snapshot, held, source)
    return [outcomes[index] for index in range(len(measured))]


def _store_specimen(
    connection: Connection,
    snapshot: Snapshot,
    accession: str,
    values: Mapping[int, Measured],
    source: Source,
) -> dict[int, Outcome]:
    specimen = orders.find_by_accession(connection, accession)
    if specimen is None:
        fault = Fault("unknown_accession", f"no specimen has the number {accession}")
        return dict.fromkeys(values, Outcome("held", *fault))
    origin = specimens.origin_of(connection, specimen)
    sheet = open_sheet(connection, specimen.order_id, snapshot)
    whose = whose_is(sheet.order, (origin.collected_at or source.at).astimezone(source.zone))
    outcomes: dict[int, Outcome] = {}
    placed: dict[int, tuple[Row[Any], Reading]] = {}
    for index, one in values.items():
        fault_or_place = _place(sheet, specimen, origin, one, source)
        if isinstance(fault_or_place, Fault):
            certain = fault_or_place.reason != "wrong_patient"
            outcomes[index] = Outcome("held", *fault_or_place, whose=whose if certain else None)
        else:
            placed[index] = fault_or_place
    for index, (test, reading) in placed.items():
        sheet.put(test, reading, values[index])
    written = write_versions(connection, sheet, origin.collected_at, source)
    for index, (test, _) in placed.items():
        status: Literal["stored", "same"] = "stored" if test.id in written else "same"
        head = sheet.heads.get(test.id)
        result_id = written.get(test.id) or (head.id if head else None)
        outcomes[index] = Outcome(status, result_id=result_id)
    return outcomes


def _place(
    sheet: Sheet, specimen: Row[Any], origin: Row[Any], one: Measured, source: Source
) -> tuple[Row[Any], Reading] | Fault:
    """The test that a value belongs to, and its reading; or why it cannot be taken."""
    if one.is_of_another(specimen.patient_id):
        return Fault("wrong_patient", "the sender says that it is of another patient")
    if specimen.status not in USABLE:
        return Fault("specimen_not_usable", f"the specimen is {specimen.status}")
    measured_at = one.observed_at or source.at
    if specimen.stable_until is not None and measured_at > specimen.stable_until:
        return Fault("specimen_too_old", f"it was stable until {specimen.stable_until:%F %H:%MZ}")
    found = _find_test(sheet, origin, one.code)
    if isinstance(found, Fault):
        return found
    test, parameter = found
    if test.status not in OPEN_TEST | OUT:
        return Fault("test_ended", f"the test was {test.status}")
    reading = read(parameter, one.value, one.unit)
    if isinstance(reading, Fault) or test.status in OPEN_TEST or one.correction:
        return reading if isinstance(reading, Fault) else (test, reading)
    if reading.says_the_same(sheet.stored.get(test.id, {}).get(parameter.code)):
        return test, reading
    return Fault("already_released", "another value was released, and this is no correction")


def _find_test(sheet: Sheet, origin: Row[Any], code: str) -> tuple[Row[Any], Parameter] | Fault:
    """The newest test of the specimen that measures this."""
    for test in reversed(sheet.tests):
        if test.specimen_id == origin.id:
            for parameter in sheet.test_type(test).parameters:
                if code.upper() == parameter.code.upper() or code == parameter.loinc:
                    return test, parameter
    known = sheet.snapshot.find_parameter(code) or sheet.snapshot.find_parameter(code.upper())
    if known is None:
        return Fault("unknown_code", f"nothing in the catalogue has the code {code}")
    return Fault("not_ordered", f"{known.code} was not ordered on this specimen")
