"""What is held alerts no requester: where it may be critical, the laboratory is told at once.

A value that waits on the list of what is held may be the one that kills. Whom it is of and what
it measures may be uncertain; then the narrowest critical limits that may apply do. Ours, for the
"at once" of ISO 15189:2022, 7.4.1.3.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from deployments.laboratory.catalogue_shapes import Parameter, Snapshot
from deployments.laboratory.events import CriticalValueHeld
from deployments.laboratory.flags import interpret, interpret_choice
from deployments.laboratory.import_book import by_loinc
from deployments.laboratory.limits import narrowest
from deployments.laboratory.measured import Measured
from deployments.laboratory.readings import THOUSANDS, Fault, Reading, Whose, read
from deployments.laboratory.versions import Source
from deployments.publishing import publish
from storage.columns import new_id
from storage.laboratory import results


class Held(NamedTuple):
    """A value that could not be placed.

    Attributes:
        fault: why.
        whose: of whom it is; None while nobody knows.
    """

    measured: Measured
    fault: Fault
    whose: Whose | None


def hold(connection: Connection, snapshot: Snapshot, held: Sequence[Held], source: Source) -> None:
    """Keeps what could not be placed, and tells the laboratory of what may be critical.

    What is sent again while the same is held already is kept, and not told again.
    """
    if not held:
        return
    found = [(new_id(), one, suspect(snapshot, one.measured, one.whose)) for one in held]
    suspects = [one.measured.accession for _, one, parameter in found if parameter]
    told = {_words(one) for one in _told(connection, suspects)}
    for held_id, one, parameter in found:
        if parameter and _words(one.measured) not in told:
            told.add(_words(one.measured))
            event = CriticalValueHeld(
                held_id=held_id, parameter=parameter.code, reason=one.fault.reason,
                occurred_at=source.at,
            )  # fmt: skip
            publish(connection, event)
    rows = [_row(held_id, one, parameter, source) for held_id, one, parameter in found]
    results.hold(connection, rows)


def suspect(snapshot: Snapshot, measured: Measured, whose: Whose | None) -> Parameter | None:
    """The parameter of which a value may be critical; None when it is not, or nobody can say.

    A number in a unit that we do not know is held against the limits as if it were in ours, and
    one whose comma may mean thousands is critical when either number is: somebody must look.

    Args:
        snapshot: the catalogue.
        measured: as it was sent.
        whose: of whom it is; None while nobody knows.
    """
    for parameter in _parameters(snapshot, measured.code):
        if any(_may_be_critical(one, whose) for one in _readings(parameter, measured)):
            return parameter
    return None


def _parameters(snapshot: Snapshot, code: str) -> list[Parameter]:
    known = snapshot.find_parameter(code) or snapshot.find_parameter(code.upper())
    return [known] if known else by_loinc(snapshot).get(code, [])


def _readings(parameter: Parameter, measured: Measured) -> Iterator[Reading]:
    """Everything that was perhaps meant."""
    if parameter.kind == "calculated":
        parameter = replace(parameter, kind="numeric")
    sent = measured.value
    unclear = parameter.kind == "numeric" and THOUSANDS.fullmatch(sent.strip())
    for value in (sent.replace(",", ""), sent.replace(",", ".")) if unclear else (sent,):
        reading = read(parameter, value, measured.unit)
        if isinstance(reading, Fault) and reading.reason == "wrong_unit":
            reading = read(parameter, value, parameter.unit)
        if isinstance(reading, Reading):
            yield reading


def _may_be_critical(reading: Reading, whose: Whose | None) -> bool:
    choice = reading.parameter.choice(reading.choice) if reading.choice else None
    if choice is not None:
        return interpret_choice(choice).critical
    if reading.value is None:
        return False
    sex, age_days = (whose.sex, whose.age_days) if whose else (None, None)
    limit = narrowest(reading.parameter.limits, sex, age_days)
    return interpret(reading.value, limit, reading.comparator).critical


def _row(held_id: UUID, one: Held, parameter: Parameter | None, source: Source) -> dict[str, Any]:
    return {
        "id": held_id,
        "source": source.kind,
        "source_id": source.id,
        "accession": one.measured.accession,
        "code": one.measured.code,
        "reason": one.fault.reason,
        "detail": one.fault.detail,
        "payload": one.measured.as_json(),
        "critical": parameter is not None,
        "held_at": source.at,
    }


def _told(connection: Connection, accessions: Collection[str]) -> Iterator[Measured]:
    """What is held of these specimens and was told, and nobody has dealt with."""
    for row in results.held_as_critical(connection, accessions):
        yield Measured.from_json(row.payload)


def _words(measured: Measured) -> tuple[str | None, ...]:
    return (measured.accession, measured.code, measured.value, measured.unit)
