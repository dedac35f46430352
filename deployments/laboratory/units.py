"""Units of results: what an analyzer or a person may send, in the unit of the catalogue.

Only units that measure the same quantity of the same substance are converted; between mass and
amount of substance by the molar masses below. Everything else is refused: a number in the wrong
unit is the most dangerous of all results.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from deployments.laboratory.catalogue_shapes import Parameter
from deployments.laboratory.errors import WrongUnit

MOLAR_MASS: Final[Mapping[str, Decimal]] = {
    "GLU": Decimal("180.16"),
    "CREA": Decimal("113.12"),
    "UREA": Decimal("60.06"),
    "UA": Decimal("168.11"),
    "TC": Decimal("386.65"),
    "HDL": Decimal("386.65"),
    "LDL": Decimal("386.65"),
    "TG": Decimal("885.4"),
    "TBIL": Decimal("584.66"),
    "DBIL": Decimal("584.66"),
    "CA": Decimal("40.078"),
    "MG": Decimal("24.305"),
    "PHOS": Decimal("30.974"),
    "FE": Decimal("55.845"),
    "FT4": Decimal("776.87"),
    "FT3": Decimal("650.97"),
    "B12": Decimal("1355.37"),
    "VITD": Decimal("400.64"),
    "LAC": Decimal("90.08"),
}
"""Grams per mole, by code of the parameter: IUPAC atomic masses 2021; triolein for triglycerides,
phosphorus for phosphate, as laboratories use them."""

_MOLES: Final = {"mol/L": 0, "mmol/L": -3, "umol/L": -6, "nmol/L": -9, "pmol/L": -12}
_GRAMS: Final = {
    "g/L": 0, "g/dL": 1, "mg/L": -3, "mg/dL": -2, "ug/L": -6, "ug/dL": -5, "ug/mL": -3,
    "ng/mL": -6, "ng/dL": -8, "ng/L": -9, "pg/mL": -9,
}  # fmt: skip
_CELLS: Final = {"10*9/L": 9, "10*3/uL": 9, "10*12/L": 12, "10*6/uL": 12, "/uL": 6, "/L": 0}
_PARTS: Final = {"L/L": 0, "%": -2}
_ENZYMES: Final = {"U/L": 0, "[IU]/L": 0, "k[IU]/L": 3, "m[IU]/L": -3, "m[IU]/mL": 0}
_ACTIVITY: Final = {"u[IU]/mL": -3, "[IU]/mL": 3}
_FAMILIES: Final = (_MOLES, _GRAMS, _CELLS, _PARTS, {**_ENZYMES, **_ACTIVITY})
_CALLED: Final[Mapping[str, str]] = {
    "x10^9/L": "10*9/L", "10^9/L": "10*9/L", "10e9/L": "10*9/L", "G/L": "10*9/L",
    "x10^12/L": "10*12/L", "10^12/L": "10*12/L", "10e12/L": "10*12/L", "T/L": "10*12/L",
    "10^3/uL": "10*3/uL", "10^6/uL": "10*6/uL", "K/uL": "10*3/uL", "M/uL": "10*6/uL",
    "µmol/L": "umol/L", "μmol/L": "umol/L", "µg/L": "ug/L", "μg/L": "ug/L",
    "IU/L": "[IU]/L", "IU/mL": "[IU]/mL", "mIU/L": "m[IU]/L", "uIU/mL": "u[IU]/mL",
    "µIU/mL": "u[IU]/mL", "mIU/mL": "m[IU]/mL", "mEq/L": "meq/L", "sec": "s", "mmHg": "mm[Hg]",
    "mm/hr": "mm/h", "mL/min/1.73m2": "mL/min/{1.73_m2}", "INR": "{INR}", "ratio": "{INR}",
}  # fmt: skip
"""Common spellings of analyzers, by what UCUM calls them."""
_MONOVALENT: Final = frozenset({"NA", "K", "CL", "CO2", "HCO3"})
"""Ions of one charge: as many equivalents as moles."""


def to_catalogue(value: Decimal, sent: str | None, parameter: Parameter) -> Decimal:
    """The value in the unit of the catalogue, rounded to its decimals (half to even).

    Args:
        value: in the unit that was sent.
        sent: UCUM or a common spelling; None when the sender leaves it out, which is allowed
            only where the parameter has no unit.
        parameter: of the catalogue.

    Raises:
        WrongUnit: it measures something else, or is missing.
    """
    if parameter.unit is None:
        if sent:
            raise WrongUnit(f"{parameter.code} has no unit, {sent!r} was sent")
        return rounded(value, parameter.decimals)
    factor = _factor(_CALLED.get(sent or "", sent or ""), parameter)
    if factor is None:
        raise WrongUnit(f"{parameter.code} is in {parameter.unit}, {sent or 'nothing'!r} was sent")
    return rounded(value * factor, parameter.decimals)


def rounded(value: Decimal, decimals: int) -> Decimal:
    """With as many digits behind the point."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)


def _factor(sent: str, parameter: Parameter) -> Decimal | None:
    wanted = parameter.unit or ""
    if sent == wanted:
        return Decimal(1)
    if sent == "meq/L" and parameter.code in _MONOVALENT:
        return _factor("mmol/L", parameter)
    for family in _FAMILIES:
        if sent in family and wanted in family:
            return Decimal(1).scaleb(family[sent] - family[wanted])
    mass = MOLAR_MASS.get(parameter.code)
    if mass is None:
        return None
    if sent in _GRAMS and wanted in _MOLES:
        return Decimal(1).scaleb(_GRAMS[sent] - _MOLES[wanted]) / mass
    if sent in _MOLES and wanted in _GRAMS:
        return Decimal(1).scaleb(_MOLES[sent] - _GRAMS[wanted]) * mass
    return None
