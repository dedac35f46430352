"""Formulas against published examples; each names its source."""

from decimal import Decimal

import pytest

from deployments.laboratory.calculations import FORMULAS, WHEN_NOT_MEASURED, Person

SOMEBODY = Person("female", 50)


def computed(name: str, person: Person = SOMEBODY, **values: str) -> Decimal | None:
    formula = FORMULAS.get(name) or WHEN_NOT_MEASURED[name]
    assert set(formula.needs) == set(values)
    return formula.compute({code: Decimal(value) for code, value in values.items()}, person)


@pytest.mark.parametrize(
    ("sex", "age", "mg_dl", "expected"),
    [
        # Inker LA et al., N Engl J Med 2021;385:1737: at Scr = kappa both powers are 1,
        # and 142 x 0.9938^age (x 1.012) is left.
        ("male", 50, "0.9", 104),
        ("female", 50, "0.7", 105),
        # By the equation as printed there.
        ("male", 60, "1.2", 69),
        ("female", 60, "1.2", 52),
        ("male", 30, "0.6", 133),
        ("female", 80, "3.0", 15),
    ],
)
def test_egfr_ckd_epi_2021(sex, age, mg_dl, expected) -> None:
    umol = str(Decimal(mg_dl) * Decimal("88.4"))
    found = computed("egfr-ckd-epi-2021", Person(sex, age), CREA=umol)
    assert round(found) == expected


@pytest.mark.parametrize("person", [Person("male", 17), Person("male", None), Person("other", 40)])
def test_egfr_is_for_adults_of_known_sex(person) -> None:
    assert computed("egfr-ckd-epi-2021", person, CREA="80") is None


def test_ldl_friedewald() -> None:
    # Friedewald WT et al., Clin Chem 1972;18:499: 200 - 50 - 150/5 = 120 mg/dL, in mmol/L.
    ldl = computed("ldl-friedewald", TC="5.17", HDL="1.29", TG="1.69")
    assert abs(ldl - Decimal("3.10")) < Decimal("0.02")


@pytest.mark.parametrize(("triglycerides", "holds"), [("4.52", True), ("4.53", False)])
def test_ldl_is_not_calculated_above_400_mg_dl(triglycerides, holds) -> None:
    found = computed("ldl-friedewald", TC="6.0", HDL="1.0", TG=triglycerides)
    assert (found is not None) is holds


def test_anion_gap() -> None:
    # Kraut JA, Madias NE, Clin J Am Soc Nephrol 2007;2:162: Na 140, Cl 104, HCO3 24.
    assert computed("anion-gap", NA="140", CL="104", CO2="24") == 12


def test_non_hdl() -> None:
    assert computed("non-hdl", TC="5.2", HDL="1.3") == Decimal("3.9")


def test_corrected_calcium() -> None:
    # Payne RB et al., BMJ 1973;4:643: nothing at 40 g/L, 0.02 mmol/L for each g/L below.
    assert computed("corrected-calcium", CA="2.00", ALB="40") == Decimal("2.00")
    assert computed("corrected-calcium", CA="2.00", ALB="25") == Decimal("2.30")


def test_red_cell_indices() -> None:
    # Wintrobe MM: 5 million cells, 15 g/dL, 45 %: 90 fL, 30 pg, 333 g/L.
    assert computed("MCV", HCT="0.45", RBC="5.0") == 90
    assert computed("MCH", HGB="150", RBC="5.0") == 30
    assert round(computed("MCHC", HGB="150", HCT="0.45")) == 333


def test_shares_of_nothing_do_not_exist() -> None:
    assert computed("transferrin-saturation", FE="10", TIBC="50") == 20
    assert computed("transferrin-saturation", FE="10", TIBC="0") is None
    assert computed("free-psa-share", FPSA="1", PSA="5") == 20


def test_differences_are_not_below_zero() -> None:
    assert computed("indirect-bilirubin", TBIL="10", DBIL="12") is None
    assert computed("globulin", TP="70", ALB="42") == 28
