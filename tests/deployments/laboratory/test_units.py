"""Units: published conversions hold, and what measures something else is refused."""

from decimal import Decimal

import pytest

from deployments.laboratory.catalogue import Catalogue
from deployments.laboratory.errors import WrongUnit
from deployments.laboratory.units import to_catalogue


@pytest.fixture
async def parameter(laboratory_database):
    snapshot = await Catalogue(laboratory_database).current()
    return snapshot.find_parameter


@pytest.mark.parametrize(
    ("code", "value", "unit", "expected"),
    [
        # AMA Manual of Style, 11th ed. (2020), table of SI conversion factors: factor x value.
        ("GLU", "100", "mg/dL", "5.6"),  # 0.0555
        ("CREA", "1.0", "mg/dL", "88"),  # 88.4
        ("TC", "200", "mg/dL", "5.17"),  # 0.0259
        ("TG", "150", "mg/dL", "1.69"),  # 0.0113
        ("CA", "10", "mg/dL", "2.50"),  # 0.25
        ("TBIL", "1", "mg/dL", "17.1"),  # 17.104
        ("UA", "6", "mg/dL", "357"),  # 59.485
        ("FT4", "1.2", "ng/dL", "15.4"),  # 12.871
        ("FE", "100", "ug/dL", "17.9"),  # 0.179
        # Powers of ten, spellings of analyzers, and ions of one charge.
        ("HGB", "15.1", "g/dL", "151"),
        ("HCT", "45", "%", "0.450"),
        ("WBC", "7.5", "10^3/uL", "7.50"),
        ("PLT", "250000", "/uL", "250"),
        ("CRP", "1.2", "mg/dL", "12.0"),
        ("K", "4.1", "mEq/L", "4.1"),
        ("TSH", "2.5", "uIU/mL", "2.50"),
        ("CREA", "80", "µmol/L", "80"),
    ],
)
def test_conversions(parameter, code, value, unit, expected) -> None:
    found = to_catalogue(Decimal(value), unit, parameter(code))
    assert str(found) == expected


@pytest.mark.parametrize(
    ("code", "unit"),
    [("K", "mg/dL"), ("GLU", None), ("GLU", ""), ("GLU", "mmol/mol"), ("CA", "meq/L"),
     ("WBC", "g/L"), ("HBA1C", "mmol/mol"), ("GLU", "MMOL/L")],
)  # fmt: skip
def test_what_measures_something_else_is_refused(parameter, code, unit) -> None:
    with pytest.raises(WrongUnit):
        to_catalogue(Decimal(5), unit, parameter(code))
