"""Sensitivity, specificity and speed on the pairs that pharmacists extend (`pairs.csv`).

Floors lie slightly below what was measured on 23 November 2026. Nothing that is missed may leave
the file; `python -m benchmarks.safety` names it.
"""

import time

import pytest

from benchmarks.safety import Outcome, outcomes, quality, speed, without_own_pairs
from deployments.pharmacy.safety.knowledge import Knowledge

KNOWLEDGE = Knowledge.load()


@pytest.fixture(scope="module")
def checked() -> list[Outcome]:
    return outcomes(KNOWLEDGE)


def test_there_are_enough_pairs_with_sources(checked: list[Outcome]) -> None:
    figures = quality(checked)
    assert figures["known"] >= 60
    assert figures["harmless"] >= 60
    assert all(each.row["source"] for each in checked)


def test_every_drug_of_the_pairs_is_known(checked: list[Outcome]) -> None:
    names = {each.row[column] for each in checked for column in ("drug_a", "drug_b")}
    assert not [name for name in names if not KNOWLEDGE.resolve(name)]


def test_quality_of_all_pairs(checked: list[Outcome]) -> None:
    figures = quality(checked)
    assert figures["sensitivity"] >= 0.96
    assert figures["sensitivity_grave_enough"] >= 0.94
    assert figures["specificity"] >= 0.96
    assert figures["specificity_not_stopped"] == 1


def test_quality_of_the_round_that_nothing_was_made_for(checked: list[Outcome]) -> None:
    figures = quality([each for each in checked if each.row["round"] == "3"])
    assert figures["sensitivity"] >= 0.9
    assert figures["sensitivity_grave_enough"] >= 0.83
    assert figures["specificity"] >= 0.96
    assert figures["specificity_not_stopped"] == 1


def test_quality_of_the_packages_alone() -> None:
    figures = quality(outcomes(without_own_pairs(KNOWLEDGE)))
    assert figures["sensitivity"] >= 0.92
    assert figures["sensitivity_grave_enough"] >= 0.83
    assert figures["specificity"] >= 0.96


def test_a_missed_pair_outside_the_base_says_not_checked(checked: list[Outcome]) -> None:
    """Silence is allowed only where both drugs are in the base."""
    silent = [each for each in checked if each.found is None and each.covered]
    for each in silent:
        for column in ("drug_a", "drug_b"):
            assert all(map(KNOWLEDGE.covers, KNOWLEDGE.resolve(each.row[column])))


def test_five_new_against_fifteen_current_drugs_take_less_than_5_ms() -> None:
    assert speed(400, time.thread_time)["p95_ms"] <= 5
