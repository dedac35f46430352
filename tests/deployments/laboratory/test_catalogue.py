"""The catalogue that ships: complete, without gaps, and loaded once."""

from decimal import Decimal

import pytest

from deployments.laboratory import catalogue_files, limits
from deployments.laboratory.calculations import FORMULAS
from deployments.laboratory.catalogue import Catalogue


@pytest.fixture
async def snapshot(laboratory_database):
    return await Catalogue(laboratory_database).current()


async def test_everything_of_the_files_is_there(snapshot) -> None:
    tests = [row["code"] for name in ("tests", "panels") for row in catalogue_files.read(name)]
    assert {test.code for test in snapshot.tests.values()} >= set(tests)
    assert len(tests) == len(set(tests))


async def test_limits_of_every_parameter_leave_no_gap_and_do_not_overlap(snapshot) -> None:
    faults = {
        parameter.code: found
        for test in snapshot.tests.values()
        for parameter in test.parameters
        if (found := limits.check_cover(parameter.limits))
    }
    assert faults == {}


async def test_what_a_formula_needs_can_be_measured(snapshot) -> None:
    for test in snapshot.tests.values():
        for parameter in test.parameters:
            if parameter.formula:
                for need in FORMULAS[parameter.formula].needs:
                    assert snapshot.find_parameter(need) is not None, parameter.code


async def test_critical_is_outside_of_normal_and_inside_of_plausible(snapshot) -> None:
    for test in snapshot.tests.values():
        for parameter in test.parameters:
            for limit in parameter.limits:
                ends = (
                    (parameter.plausible.low, limit.critical.low, limit.normal.low),
                    (limit.normal.high, limit.critical.high, parameter.plausible.high),
                )
                for side in ends:
                    known = [end for end in side if end is not None]
                    assert known == sorted(known), (parameter.code, limit)


async def test_panels_hold_tests(snapshot) -> None:
    panels = [test for test in snapshot.tests.values() if test.kind == "panel"]
    assert len(panels) >= 12
    for panel in panels:
        assert panel.members
        assert all(snapshot.tests[member].kind == "test" for member in panel.members)


async def test_loaded_again_changes_nothing(laboratory_database) -> None:
    loaded = await laboratory_database.transact(catalogue_files.load, keyed=False)
    assert loaded is False


def test_adult_potassium(snapshot) -> None:
    parameter = snapshot.find_parameter("K")
    limit = limits.pick(parameter.limits, "female", 365 * 40)
    assert (limit.normal.high, limit.critical.high) == (Decimal("5.1"), Decimal("6.2"))
