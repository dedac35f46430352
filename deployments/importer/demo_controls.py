"""The demo laboratory's quality control: two analyzers, two levels each, months of daily runs.

Most runs are in control. One potassium run is beyond 3 SD: it was rejected, and a new vial was in
control. Once creatinine had shifted on both levels: it was calibrated, and both were repeated.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from deployments.laboratory.control_schemas import ImportedControls, ImportedLot, ImportedRun
from deployments.laboratory.westgard import Point, broken_by

SEED: Final = 20260708
DAYS: Final = 98
LAST_DAYS: Final = timedelta(days=400)
BEGIN: Final = time(6, 40)
LEVEL_APART: Final = timedelta(minutes=4)
AGAIN_AFTER: Final = timedelta(minutes=35)
CHEMISTRY, HAEMATOLOGY = "CHEM-1", "HAEM-1"
LOT: Final = {CHEMISTRY: ("Serum control", "SC2611"), HAEMATOLOGY: ("Blood control", "BC2608")}
SEEN: Final = "Warning only: looked at, the run stands."
SPIKE: Final = "Run rejected. New vial of control opened and measured again: in control."
SHIFT: Final = "Run rejected. Calibrated anew, both levels measured again: in control."
SPIKED_DAY, SHIFTED_DAY = 37, 20
"""So many days ago."""
DRIFT: Final = {SHIFTED_DAY + ago: 0.55 for ago in range(1, 5)}


@dataclass(frozen=True)
class Material:
    """What is expected of a parameter: mean and SD of level 1 and level 2, and its decimals."""

    parameter: str
    instrument: str
    levels: tuple[tuple[str, str], tuple[str, str]]
    decimals: int


MATERIALS: Final = (
    Material("K", CHEMISTRY, (("4.10", "0.06"), ("6.85", "0.09")), 2),
    Material("NA", CHEMISTRY, (("138.0", "1.1"), ("154.0", "1.3")), 1),
    Material("GLU", CHEMISTRY, (("5.10", "0.11"), ("15.20", "0.30")), 2),
    Material("CREA", CHEMISTRY, (("88.0", "2.4"), ("425", "8.5")), 1),
    Material("ALT", CHEMISTRY, (("38.0", "1.5"), ("124.0", "3.6")), 1),
    Material("CRP", CHEMISTRY, (("8.20", "0.30"), ("42.0", "1.4")), 2),
    Material("HGB", HAEMATOLOGY, (("62.0", "0.9"), ("138.0", "1.4")), 1),
    Material("WBC", HAEMATOLOGY, (("2.60", "0.09"), ("7.40", "0.19")), 2),
    Material("PLT", HAEMATOLOGY, (("64.0", "3.5"), ("242.0", "7.0")), 1),
)


def controls(as_of: datetime, zone: str, technician: UUID) -> Iterator[ImportedControls]:
    """Lots and runs of every parameter, up to the morning of `as_of`."""
    today = as_of.astimezone(ZoneInfo(zone)).date()
    for material in MATERIALS:
        runs = _Runs(material, today, ZoneInfo(zone)).all()
        name, lot = LOT[material.instrument]
        yield ImportedControls(
            parameter=material.parameter,
            instrument=material.instrument,
            entered_by=technician,
            lots=[
                ImportedLot(
                    name=name, lot=f"{lot}{level}", level=level, target=Decimal(target),
                    sd=Decimal(sd), expires_on=today + LAST_DAYS,
                )
                for level, (target, sd) in enumerate(material.levels, start=1)
            ],
            runs=[run for run in runs if run.measured_at <= as_of],
        )  # fmt: skip


class _Runs:
    """Runs of one parameter, each judged when it is made, so that what happens is meant.

    Args:
        material: what is measured.
        today: the last day.
        zone: whose mornings they are.
    """

    def __init__(self, material: Material, today: date, zone: ZoneInfo) -> None:
        self._material = material
        self._today = today
        self._zone = zone
        self._chance = Random(f"{SEED} {material.parameter}")  # noqa: S311 - no secrets
        self._points: list[Point] = []
        self._runs: list[ImportedRun] = []

    def all(self) -> Sequence[ImportedRun]:
        """Every run, oldest first."""
        for ago in range(DAYS, -1, -1):
            at = datetime.combine(self._today - timedelta(days=ago), BEGIN, self._zone)
            at += timedelta(minutes=self._chance.randrange(0, 18))
            if self._material.parameter == "K" and ago == SPIKED_DAY:
                self._spike(at)
            elif self._material.parameter == "CREA" and ago == SHIFTED_DAY:
                self._shift(at)
            else:
                self._usual(at, ago)
        return self._runs

    def _usual(self, at: datetime, ago: int) -> None:
        drift = DRIFT.get(ago, 0.0) if self._material.parameter == "CREA" else 0.0
        for level in (1, 2):
            self._add(level, self._quiet(level, at, drift), at)
            at += LEVEL_APART

    def _spike(self, at: datetime) -> None:
        """Level 2 is beyond 3 SD; a new vial is not."""
        self._add(1, self._quiet(1, at, 0), at)
        self._add(2, 3.62, at + LEVEL_APART, comment="Vial had been open too long", action=SPIKE)
        again = at + AGAIN_AFTER
        self._add(2, 0.34, again, comment="New vial")

    def _shift(self, at: datetime) -> None:
        """Both levels are beyond 2 SD on the same side; calibrated, they are not."""
        self._add(1, 2.21, at)
        self._add(2, 2.44, at + LEVEL_APART, action=SHIFT)
        again = at + AGAIN_AFTER
        self._add(1, -0.28, again, comment="After calibration")
        self._add(2, -0.41, again + LEVEL_APART, comment="After calibration")

    def _quiet(self, level: int, at: datetime, drift: float) -> float:
        """A measurement that breaks nothing but, now and then, the warning."""
        z = 0.0
        for _ in range(40):
            z = max(-2.7, min(2.7, self._chance.gauss(drift, 0.92)))
            broken = broken_by([*self._points[-40:], self._point(level, z, at)])
            if all(one.severity == "warning" for one in broken):
                return z
        return -z / 4

    def _point(self, level: int, z: float, at: datetime) -> Point:
        target, sd = map(Decimal, self._material.levels[level - 1])
        value = self._value(level, z)
        return Point(level, ((value - target) / sd).quantize(Decimal("0.0001")), at)

    def _value(self, level: int, z: float) -> Decimal:
        target, sd = map(Decimal, self._material.levels[level - 1])
        exact = target + sd * Decimal(str(z))
        return exact.quantize(Decimal(1).scaleb(-self._material.decimals))

    def _add(
        self, level: int, z: float, at: datetime,
        *, comment: str | None = None, action: str | None = None,
    ) -> None:  # fmt: skip
        self._points.append(self._point(level, z, at))
        broken = broken_by(self._points[-41:])
        action = action or (SEEN if broken else None)
        self._runs.append(
            ImportedRun(
                level=level, value=self._value(level, z), measured_at=at, comment=comment,
                action=action, answered_at=at + AGAIN_AFTER if action else None,
            )
        )  # fmt: skip
