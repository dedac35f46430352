"""The demo hospital's laboratory beside its history: controls, how far the rules go, the bench.

What lies on the bench was ordered and handled by the laboratory's own operations, as people do.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from deployments.access import Principal, Role
from deployments.importer import vocabulary
from deployments.importer.demo_controls import controls
from deployments.importer.demo_people import acting, id_of
from deployments.importer.ports import DemoLaboratory, DemoPeople
from deployments.laboratory.order_schemas import LabOrder, LabOrderRequest, Priority
from deployments.laboratory.result_schemas import Entries, Entry
from deployments.laboratory.service import LaboratoryService
from deployments.laboratory.specimen_schemas import Collection, Receipt, Rejection, StoragePlace
from deployments.laboratory.verification_schemas import Mode, ModeRequest

MANAGER, TECHNICIAN = "NV-0029", "NV-0024"
MODES: Final[Mapping[str, Mode]] = {
    "CBC": "live", "NA": "live", "K": "live", "CL": "live", "GLU": "live", "CREA": "live",
    "UREA": "live", "HIV": "off", "HBSAG": "off", "HCVAB": "off", "BCULT": "off",
}  # fmt: skip
"""How far the rules may go; all others are in shadow."""


ROADS: Final[Mapping[str, Sequence[str]]] = {
    "request": (),
    "collect": ("collect",),
    "transport": ("collect", "transport"),
    "receive": ("collect", "transport", "receive"),
    "accept": ("collect", "receive", "accept"),
    "store": ("collect", "receive", "accept", "store"),
    "reject": ("collect", "receive", "reject"),
}
"""The moves of a specimen, by how far it has come."""


@dataclass(frozen=True)
class _Staff:
    """Who works on the demo's orders."""

    manager: Principal
    technician: Principal


@dataclass(frozen=True)
class _Bench:
    """An order that lies somewhere between its doctor and its result.

    Attributes:
        reached: the last move of its specimens.
        values: what was typed of its first test.
    """

    doctor: str
    patient: str
    tests: Sequence[str]
    reached: str
    priority: Priority = "routine"
    values: Sequence[tuple[str, str, str]] = ()


BENCH: Final = (
    _Bench("NV-0001", "BA-100052", ["CBC", "LIPID"], "request"),
    _Bench("NV-0001", "BA-100043", ["RENAL"], "collect", "urgent"),
    _Bench("NV-0004", "BA-100059", ["TSH", "FT4"], "transport"),
    _Bench("NV-0004", "BA-100059", ["TROP"], "receive", "stat"),
    _Bench("NV-0001", "BA-100052", ["LIVER"], "accept"),
    _Bench("NV-0001", "BA-100043", ["FERR"], "store"),
    _Bench("NV-0004", "BA-100059", ["K"], "reject"),
    _Bench("NV-0001", "BA-100052", ["CRP"], "accept", "urgent", (("CRP", "12.4", "mg/L"),)),
)


async def fill_laboratory(laboratory: DemoLaboratory, people: DemoPeople, as_of: datetime) -> None:
    """Loads the control runs; what lies on the bench only together with them, so once.

    Args:
        laboratory: where it goes.
        people: who knows the staff and the patients.
        as_of: the morning of the last run.

    Raises:
        DomainError: something of it was refused.
    """
    service = laboratory.service
    staff = _Staff(
        await acting(people, vocabulary.STAFF_NUMBER, MANAGER, Role.ADMINISTRATOR),
        await acting(people, vocabulary.STAFF_NUMBER, TECHNICIAN, Role.LAB_TECHNICIAN),
    )
    zone = service.desk.settings.time_zone
    loaded = [
        await laboratory.import_controls(one)
        for one in controls(as_of, zone, staff.technician.user_id)
    ]
    if not any(loaded):
        return
    for code, mode in MODES.items():
        await service.verification.set_mode(staff.manager, code, ModeRequest(mode=mode))
    for one in BENCH:
        await _lay(service, people, staff, one)


async def _lay(service: LaboratoryService, people: DemoPeople, staff: _Staff, one: _Bench) -> None:
    doctor = await acting(people, vocabulary.STAFF_NUMBER, one.doctor, Role.DOCTOR)
    request = LabOrderRequest(
        patient_id=await id_of(people, vocabulary.MEDICAL_RECORD_NUMBER, one.patient),
        tests=list(one.tests),
        priority=one.priority,
    )
    order = await service.ordering.place(doctor, request)
    for specimen in order.specimens:
        await _bring(service, staff, doctor, specimen.id, one.reached)
    if one.values:
        await _enter(service, staff, order, one)


async def _bring(
    service: LaboratoryService, staff: _Staff, doctor: Principal, tube: UUID, reached: str
) -> None:
    """Moves a specimen as far as it has come; doctors collect from their own patients."""
    tubes, technician = service.specimens, staff.technician
    moves: Mapping[str, Callable[[], Awaitable[object]]] = {
        "collect": lambda: tubes.collect(doctor, tube, Collection()),
        "transport": lambda: tubes.transport(doctor, tube),
        "receive": lambda: tubes.receive(technician, tube, Receipt()),
        "accept": lambda: tubes.accept(technician, tube),
        "store": lambda: tubes.store(technician, tube, StoragePlace(position="R2-A-05")),
        "reject": lambda: tubes.reject(technician, tube, Rejection(reason="haemolysed")),
    }
    for name in ROADS[reached]:
        await moves[name]()


async def _enter(service: LaboratoryService, staff: _Staff, order: LabOrder, one: _Bench) -> None:
    """The first of two people has typed the result."""
    typed = [Entry(parameter=code, value=value, unit=unit) for code, value, unit in one.values]
    await service.entering.enter(staff.technician, order.tests[0].id, Entries(values=typed))
