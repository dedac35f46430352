"""Values that are calculated from others; SI units throughout."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

Values = Mapping[str, Decimal]
UMOL_PER_MG_DL_CREATININE: Final = Decimal("88.4")
ADULT_YEARS: Final = 18
FRIEDEWALD_TG_MMOL_L: Final = Decimal("4.52")
"""400 mg/dL: above it the formula of Friedewald does not hold."""


@dataclass(frozen=True)
class Person:
    """What a formula must know of the patient.

    Attributes:
        sex: FHIR administrative-gender.
        age_years: whole years at the time of collection.
    """

    sex: str
    age_years: int | None


@dataclass(frozen=True)
class Formula:
    """A calculation.

    Attributes:
        needs: codes of the parameters that go in, each in the unit of the catalogue.
        compute: the value; None where the formula does not hold.
    """

    needs: Sequence[str]
    compute: Callable[[Values, Person], Decimal | None]


def egfr_ckd_epi_2021(values: Values, person: Person) -> Decimal | None:
    """Estimated glomerular filtration rate, mL/min/1.73 m2, from creatinine in umol/L.

    CKD-EPI creatinine equation 2021, without race: Inker LA et al., N Engl J Med 2021;385:1737.
    142 x min(Scr/k, 1)^a x max(Scr/k, 1)^-1.200 x 0.9938^age (x 1.012 for women), Scr in mg/dL,
    k 0.7 and a -0.241 for women, k 0.9 and a -0.302 for men. For adults only.
    """
    if person.age_years is None or person.age_years < ADULT_YEARS:
        return None
    if person.sex not in {"male", "female"}:
        return None
    woman = person.sex == "female"
    kappa, alpha = (0.7, -0.241) if woman else (0.9, -0.302)
    ratio = float(values["CREA"] / UMOL_PER_MG_DL_CREATININE) / kappa
    if ratio <= 0:
        return None
    rate = 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.2 * 0.9938**person.age_years
    return Decimal(str(rate * 1.012 if woman else rate))


def ldl_friedewald(values: Values, _person: Person) -> Decimal | None:
    """LDL cholesterol, mmol/L: total - HDL - triglycerides / 2.2.

    Friedewald WT et al., Clin Chem 1972;18:499. Not above triglycerides of 400 mg/dL.
    """
    if values["TG"] > FRIEDEWALD_TG_MMOL_L:
        return None
    ldl = values["TC"] - values["HDL"] - values["TG"] / Decimal("2.2")
    return ldl if ldl >= 0 else None


def non_hdl(values: Values, _person: Person) -> Decimal | None:
    """Non-HDL cholesterol, mmol/L: total - HDL (ESC/EAS guideline on dyslipidaemias, 2019)."""
    return values["TC"] - values["HDL"]


def anion_gap(values: Values, _person: Person) -> Decimal | None:
    """Anion gap without potassium, mmol/L: sodium - chloride - bicarbonate.

    Kraut JA, Madias NE, Clin J Am Soc Nephrol 2007;2:162.
    """
    return values["NA"] - values["CL"] - values["CO2"]


def corrected_calcium(values: Values, _person: Person) -> Decimal | None:
    """Calcium at an albumin of 40 g/L, mmol/L: Ca + 0.02 x (40 - albumin in g/L).

    Payne RB et al., BMJ 1973;4:643, as used in SI units.
    """
    return values["CA"] + Decimal("0.02") * (40 - values["ALB"])


def indirect_bilirubin(values: Values, _person: Person) -> Decimal | None:
    """Total - direct bilirubin, umol/L, by definition; not below zero."""
    rest = values["TBIL"] - values["DBIL"]
    return rest if rest >= 0 else None


def globulin(values: Values, _person: Person) -> Decimal | None:
    """Total protein - albumin, g/L, by definition; not below zero."""
    rest = values["TP"] - values["ALB"]
    return rest if rest >= 0 else None


def transferrin_saturation(values: Values, _person: Person) -> Decimal | None:
    """Iron / iron binding capacity, per cent (both umol/L), by definition."""
    return _ratio(values["FE"] * 100, values["TIBC"])


def free_psa_share(values: Values, _person: Person) -> Decimal | None:
    """Free / total PSA, per cent (both ug/L): Catalona WJ et al., JAMA 1998;279:1542."""
    return _ratio(values["FPSA"] * 100, values["PSA"])


def mean_cell_volume(values: Values, _person: Person) -> Decimal | None:
    """MCV, fL: haematocrit (L/L) x 1000 / red cells (10*12/L); Wintrobe MM, 1929."""
    return _ratio(values["HCT"] * 1000, values["RBC"])


def mean_cell_haemoglobin(values: Values, _person: Person) -> Decimal | None:
    """MCH, pg: haemoglobin (g/L) / red cells (10*12/L); Wintrobe MM, 1929."""
    return _ratio(values["HGB"], values["RBC"])


def mean_cell_haemoglobin_concentration(values: Values, _person: Person) -> Decimal | None:
    """MCHC, g/L: haemoglobin (g/L) / haematocrit (L/L); Wintrobe MM, 1929."""
    return _ratio(values["HGB"], values["HCT"])


def _ratio(part: Decimal, whole: Decimal) -> Decimal | None:
    return part / whole if whole > 0 else None


FORMULAS: Final[Mapping[str, Formula]] = {
    "egfr-ckd-epi-2021": Formula(("CREA",), egfr_ckd_epi_2021),
    "ldl-friedewald": Formula(("TC", "HDL", "TG"), ldl_friedewald),
    "non-hdl": Formula(("TC", "HDL"), non_hdl),
    "anion-gap": Formula(("NA", "CL", "CO2"), anion_gap),
    "corrected-calcium": Formula(("CA", "ALB"), corrected_calcium),
    "indirect-bilirubin": Formula(("TBIL", "DBIL"), indirect_bilirubin),
    "globulin": Formula(("TP", "ALB"), globulin),
    "transferrin-saturation": Formula(("FE", "TIBC"), transferrin_saturation),
    "free-psa-share": Formula(("FPSA", "PSA"), free_psa_share),
}
WHEN_NOT_MEASURED: Final[Mapping[str, Formula]] = {
    "MCV": Formula(("HCT", "RBC"), mean_cell_volume),
    "MCH": Formula(("HGB", "RBC"), mean_cell_haemoglobin),
    "MCHC": Formula(("HGB", "HCT"), mean_cell_haemoglobin_concentration),
}
"""By code of the parameter: what is measured as a rule, and calculated where it was not sent."""
