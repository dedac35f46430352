"""Growth of a patient as data ready to plot: the points, and the reference's curves."""

from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from deployments.access import Principal
from deployments.medical_records import growth
from deployments.medical_records.desk import Desk
from deployments.medical_records.entries import Row
from deployments.medical_records.errors import RecordNotFound
from deployments.medical_records.growth import Measure, Sex
from deployments.medical_records.vital_rules import age_days
from deployments.medical_records.vital_schemas import Growth, GrowthCurve, GrowthPoint
from deployments.medical_records.vital_signs import SIGNS
from storage.medical_records import observations

MOST_POINTS: Final = 500
INFANCY_MONTHS: Final = 60
RESOURCE: Final = "Observation"


class GrowthCharts:
    """Operations about growth."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def get(self, principal: Principal, patient_id: UUID, measure: Measure) -> Growth:
        """A patient's growth in one measure; curves only where WHO has them for the patient.

        Raises:
            RecordNotFound: no chart that the caller may know of, or a patient whose birth date
                is not known.
        """
        try:
            patient = await self._desk.directory.get_patient(patient_id)
        except RecordNotFound:
            await self._desk.gate.deny(principal, patient_id, RESOURCE, "search")
        born, sex = patient.birth_date, growth.SEX_OF.get(patient.gender)

        def work(connection: Connection) -> Growth:
            if born is None:
                raise RecordNotFound
            codes = growth.CODES[measure]
            rows = observations.list_series(connection, patient_id, codes, MOST_POINTS + 1)
            newest = [
                row for row in rows[:MOST_POINTS] if age_days(born, row["effective_at"].date()) >= 0
            ]
            points = [_point(row, measure, born, sex) for row in reversed(newest)]
            today = age_days(born, self._desk.clock().date())
            months = _months(measure, sex, today)
            return Growth(
                patient_id=patient_id,
                measure=measure,
                unit=SIGNS[codes[0]].unit,
                birth_date=born,
                reference=growth.REFERENCE if months else None,
                points=points,
                truncated=len(rows) > MOST_POINTS,
                ages_months=list(months),
                curves=_curves(measure, sex, months),
            )

        return await self._desk.gate.read(principal, patient_id, RESOURCE, work, action="search")


def _point(row: Row, measure: Measure, born: date, sex: Sex | None) -> GrowthPoint:
    days = age_days(born, row["effective_at"].date())
    value = growth.comparable(row["code"], days, float(row["value"]))
    standing = growth.stand(measure, sex, days, value) if sex else None
    return GrowthPoint(
        id=row["id"],
        at=row["effective_at"],
        age_days=days,
        age_months=round(days / growth.DAYS_PER_MONTH, 2),
        value=value,
        z_score=standing.z_score if standing else None,
        percentile=standing.percentile if standing else None,
    )


def _months(measure: Measure, sex: Sex | None, days: int) -> range:
    """The ages that are plotted: to five years for an infant, to nineteen for who is older."""
    if sex is None or days / growth.DAYS_PER_MONTH > growth.LAST_MONTH[Measure.HEIGHT]:
        return range(0)
    end = INFANCY_MONTHS if days <= growth.LAST_DAY else growth.LAST_MONTH[measure]
    return range(end + 1)


def _curves(measure: Measure, sex: Sex | None, months: range) -> list[GrowthCurve]:
    if sex is None or not months:
        return []
    return [
        GrowthCurve(percentile=one, values=growth.curve(measure, sex, one, months))
        for one in growth.PERCENTILES
    ]
