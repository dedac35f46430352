"""Puts an importer together."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from deployments.importer.charting import Charting
from deployments.importer.identities import Identities
from deployments.importer.importer import Importer
from deployments.importer.ports import Calendar, Charts, Laboratory, People, Progress
from deployments.importer.reading import Json
from deployments.importer.report import Report
from deployments.importer.surroundings import Surroundings
from deployments.importer.taking import Taking
from deployments.importer.testing import Testing


def assemble(
    people: People,
    calendar: Calendar,
    charts: Charts,
    laboratory: Laboratory,
    *,
    time_zone: str,
    report: Report,
    progress: Progress,
    change: Callable[[Json], Json] = lambda resource: resource,
) -> Importer:
    """An importer into these services.

    Args:
        people: where patients and staff go.
        calendar: where hours and visits go.
        charts: where what stands in charts goes.
        laboratory: where its orders, specimens, values and reports go.
        time_zone: whose clock hours and days without a time are read off.
        report: what becomes of the resources.
        progress: who is told how far it is.
        change: applied to each resource before it is taken.
    """
    identities = Identities(people)
    surroundings = Surroundings(identities, ZoneInfo(time_zone))
    charting = Charting(charts, surroundings)
    return Importer(
        Taking(people, calendar, identities, time_zone),
        charting,
        Testing(laboratory, charting, people, surroundings),
        report,
        progress,
        change,
    )
