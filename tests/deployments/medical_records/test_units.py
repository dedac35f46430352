"""Conversion of units; by the library, once for each pair."""

from decimal import Decimal

import pytest

from deployments.medical_records.units import ACCEPTED, convert
from deployments.medical_records.vital_signs import SIGNS


@pytest.mark.parametrize(
    ("value", "unit", "to", "decimals", "expected"),
    [
        ("102.6", "[degF]", "Cel", 1, "39.2"),
        ("98.6", "[degF]", "Cel", 1, "37.0"),
        ("310.15", "K", "Cel", 1, "37.0"),
        ("180", "[lb_av]", "kg", 3, "81.647"),
        ("3500", "g", "kg", 3, "3.500"),
        ("72", "[in_i]", "cm", 1, "182.9"),
        ("6", "[ft_i]", "cm", 1, "182.9"),
        ("16", "kPa", "mm[Hg]", 0, "120"),
        ("1.5", "/s", "/min", 0, "90"),
        ("72", "{beats}/min", "/min", 0, "72"),
        ("2500", "mL/min", "L/min", 1, "2.5"),
        ("36.85", "Cel", "Cel", 1, "36.85"),
    ],
)
def test_a_value_means_the_same_in_our_unit(value, unit, to, decimals, expected):
    assert str(convert(Decimal(value), unit, to, decimals)) == expected


def test_the_library_understands_every_accepted_unit():
    for to, units in ACCEPTED.items():
        for unit in units:
            assert convert(Decimal(1), unit, to, 6) > -300


def test_every_sign_is_kept_in_a_unit_that_it_accepts():
    assert all(sign.unit in sign.units for sign in SIGNS.values() if sign.shape == "quantity")
