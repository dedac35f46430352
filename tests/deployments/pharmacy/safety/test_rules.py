"""The safety check by the cases that a pharmacist would try."""

from decimal import Decimal

import pytest

from deployments.pharmacy.safety.findings import Finding, FindingKind, Severity
from deployments.pharmacy.safety.knowledge import Knowledge
from deployments.pharmacy.safety.rules import assess
from deployments.pharmacy.safety.subjects import Allergy, Amount, DailyDose, Drug, Patient

KNOWLEDGE = Knowledge.load()
MAN = Patient(
    age_days=20_000, weight_kg=Decimal(70), sex="male", egfr_ml_min=Decimal(90), allergies=()
)
CHILD = Patient(age_days=5 * 365, weight_kg=Decimal(18), sex="male", allergies=())


def drug(name: str, *, route: str | None = None, key: str | None = None) -> Drug:
    return Drug(key or name, name, KNOWLEDGE.resolve(name), route=route)


def dosed(name: str, single: int, daily: int | None, route: str = "oral") -> Drug:
    codes = KNOWLEDGE.resolve(name)
    day = None if daily is None else Decimal(daily)
    amounts = tuple(Amount(code, "mg", Decimal(single), day) for code in codes)
    return Drug(f"{name}-{single}", name, codes, DailyDose(amounts), route)


def check(
    new: str | Drug, *current: str | Drug, patient: Patient = MAN, kind: FindingKind | None = None
) -> list[Finding]:
    drugs = [drug(each) if isinstance(each, str) else each for each in (new, *current)]
    findings = assess(drugs[:1], drugs[1:], patient, KNOWLEDGE)
    return [finding for finding in findings if kind is None or finding.kind is kind]


def severities(findings: list[Finding]) -> list[Severity]:
    return [finding.severity for finding in findings]


def allergic(*texts: str) -> Patient:
    return Patient(age_days=20_000, sex="male", allergies=tuple(map(Allergy, texts)))


# the journey of the issue


def test_penicillin_allergy_refuses_amoxicillin() -> None:
    findings = check("amoxicillin", patient=allergic("Penicillins"), kind=FindingKind.ALLERGY)
    assert severities(findings) == [Severity.CONTRAINDICATED]


def test_aspirin_with_warfarin_stops() -> None:
    (finding,) = check("aspirin", "warfarin")
    assert finding.severity in {Severity.SERIOUS, Severity.CONTRAINDICATED}
    assert finding.items == ("aspirin", "warfarin")
    assert "bleeding" in finding.mechanism.en
    assert finding.mechanism.fr is not None
    assert finding.mechanism.vi is not None
    assert "ANSM" in finding.source
    assert finding.data_version == KNOWLEDGE.version


def test_paracetamol_passes_beside_warfarin_and_penicillin_allergy() -> None:
    findings = check("paracetamol", "warfarin", patient=allergic("Penicillins"))
    assert set(severities(findings)) <= {Severity.MINOR}


# interactions


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("clopidogrel", "omeprazole"),
        ("digoxin", "clarithromycin"),
        ("lisinopril", "spironolactone"),
    ],
)
def test_known_misses_of_the_packages_are_found_both_ways(one: str, other: str) -> None:
    assert severities(check(one, other)) == severities(check(other, one)) == [Severity.SERIOUS]


def test_new_drugs_are_checked_with_each_other_but_current_ones_are_not() -> None:
    pair = [drug("warfarin"), drug("fluconazole")]
    assert assess(pair, [], MAN, KNOWLEDGE)
    assert not assess([drug("paracetamol")], pair[1:], MAN, KNOWLEDGE)
    warned = assess([drug("salbutamol")], pair, MAN, KNOWLEDGE)
    assert not any(finding.items == ("fluconazole", "warfarin") for finding in warned)


def test_a_pair_is_told_once_with_all_its_items() -> None:
    (finding,) = check("aspirin", drug("warfarin", key="record"), drug("warfarin", key="pharmacy"))
    assert finding.items == ("aspirin", "pharmacy", "record")


def test_on_the_skin_an_interaction_is_told_but_on_the_eye_timolol_counts() -> None:
    gel = check(drug("diclofenac", route="cutaneous"), "warfarin")
    assert severities(gel) == [Severity.MINOR]
    drops = check(drug("timolol", route="ophthalmic"), "verapamil")
    assert severities(drops) == [Severity.SERIOUS]


def test_worst_comes_first() -> None:
    found = severities(check("clarithromycin", "simvastatin", "warfarin", "digoxin"))
    assert found == sorted(found, key=list(Severity).index)
    assert found[0] is Severity.CONTRAINDICATED


def test_a_drug_outside_the_base_is_not_checked_once() -> None:
    findings = check("cefuroxime", "amlodipine", "bisoprolol", "metformin")
    assert severities(findings) == [Severity.NOT_CHECKED]
    assert findings[0].items == ("cefuroxime",)


def test_water_and_salt_are_no_gap() -> None:
    assert not check("sodium chloride", "amlodipine")


def test_an_unmapped_drug_is_never_passed_over() -> None:
    for findings in (check("snake oil", "amlodipine"), check("paracetamol", "snake oil")):
        assert [finding.kind for finding in findings] == [FindingKind.UNMAPPED]
        assert severities(findings) == [Severity.NOT_CHECKED]


# allergies


@pytest.mark.parametrize(
    ("allergy", "name", "severity"),
    [
        ("penicillin", "piperacillin/tazobactam", Severity.CONTRAINDICATED),
        ("penicillin", "cefalexin", Severity.SERIOUS),
        ("penicillin", "ceftriaxone", Severity.MINOR),
        ("penicillin", "meropenem", Severity.MINOR),
        ("penicilin", "amoxicillin", Severity.CONTRAINDICATED),
        ("Augmentin", "ampicillin", Severity.CONTRAINDICATED),
        ("ceftriaxone", "cefotaxime", Severity.CONTRAINDICATED),
        ("ceftazidime", "aztreonam", Severity.SERIOUS),
        ("Sulfonamide antibiotics", "sulfamethoxazole", Severity.CONTRAINDICATED),
        ("Sulfonamide antibiotics", "furosemide", Severity.MINOR),
        ("Aspirin", "ibuprofen", Severity.CONTRAINDICATED),
        ("ibuprofen", "aspirin", Severity.CONTRAINDICATED),
        ("lidocaine", "bupivacaine", Severity.CONTRAINDICATED),
        ("carbamazepine", "phenytoin", Severity.SERIOUS),
        ("enalapril", "losartan", Severity.MINOR),
    ],
)
def test_cross_reactions(allergy: str, name: str, severity: Severity) -> None:
    findings = check(name, patient=allergic(allergy), kind=FindingKind.ALLERGY)
    assert severities(findings)[:1] == [severity]


@pytest.mark.parametrize(
    ("allergy", "name"),
    [
        ("penicillin", "azithromycin"),
        ("procaine", "lidocaine"),
        ("Aspirin", "paracetamol"),
        ("Wheat", "amoxicillin"),
        ("Egg protein", "amoxicillin"),
    ],
)
def test_no_cross_reaction(allergy: str, name: str) -> None:
    assert not check(name, patient=allergic(allergy), kind=FindingKind.ALLERGY)


def test_an_allergy_in_unknown_words_is_not_checked() -> None:
    findings = check("amoxicillin", patient=allergic("the pink one"))
    assert severities(findings) == [Severity.NOT_CHECKED]
    assert findings[0].substances == ("the pink one",)


def test_a_coded_allergy_needs_no_known_words() -> None:
    coded = Patient(allergies=(Allergy("the pink one", rxnorm="723"),), sex="male")
    findings = check("amoxicillin", patient=coded, kind=FindingKind.ALLERGY)
    assert severities(findings) == [Severity.CONTRAINDICATED]


def test_never_asked_is_not_the_same_as_none() -> None:
    findings = check("amoxicillin", patient=Patient(sex="male"), kind=FindingKind.ALLERGY)
    assert severities(findings) == [Severity.NOT_CHECKED]
    assert not check("amoxicillin", patient=MAN, kind=FindingKind.ALLERGY)


# duplicates


def test_the_same_ingredient_in_a_combination() -> None:
    (finding,) = check("paracetamol/tramadol", "paracetamol", kind=FindingKind.DUPLICATE)
    assert finding.severity is Severity.SERIOUS
    assert finding.substances == ("161",)


def test_two_of_a_class_are_told_once() -> None:
    findings = check("ibuprofen", "diclofenac")
    assert len(findings) == 1
    assert findings[0].severity is Severity.SERIOUS


def test_the_same_ingredient_on_the_skin_is_told() -> None:
    found = check(
        drug("hydrocortisone", route="cutaneous"),
        drug("hydrocortisone", key="iv", route="intravenous"),
    )
    assert severities(found) == [Severity.MINOR]


# doses


def test_dose_of_an_adult() -> None:
    assert not check(dosed("paracetamol", 1000, 4000))
    (finding,) = check(dosed("paracetamol", 1000, 5000))
    assert finding.severity is Severity.SERIOUS
    assert "5000 mg a day" in finding.mechanism.en
    assert "4000 mg" in (finding.mechanism.vi or "")


def test_doses_of_one_ingredient_add_up() -> None:
    findings = check(
        dosed("paracetamol", 500, 2000), dosed("paracetamol", 1000, 3000), kind=FindingKind.DOSE
    )
    assert severities(findings) == [Severity.SERIOUS]


def test_a_slip_of_the_decimal_point_is_refused() -> None:
    findings = check(dosed("paracetamol", 5000, 20_000), kind=FindingKind.DOSE)
    assert set(severities(findings)) == {Severity.CONTRAINDICATED}


def test_dose_of_a_child_goes_by_weight() -> None:
    assert not check(dosed("paracetamol", 250, 1000), patient=CHILD)
    over = check(dosed("paracetamol", 500, 2000), patient=CHILD)
    assert set(severities(over)) == {Severity.SERIOUS}
    unweighed = Patient(age_days=CHILD.age_days, sex="male", allergies=())
    findings = check(dosed("paracetamol", 250, 1000), patient=unweighed)
    assert severities(findings) == [Severity.NOT_CHECKED]


def test_what_children_must_not_have() -> None:
    assert severities(check("codeine", patient=CHILD)) == [Severity.CONTRAINDICATED]
    assert severities(check("aspirin", patient=CHILD)) == [Severity.SERIOUS]
    oral = check(drug("doxycycline", route="oral"), patient=CHILD)
    assert severities(oral) == [Severity.CONTRAINDICATED]


def test_unknown_age_is_not_checked_where_age_matters() -> None:
    findings = check(
        dosed("paracetamol", 500, 2000),
        patient=Patient(sex="male", allergies=()),
    )
    assert severities(findings) == [Severity.NOT_CHECKED]


def test_weekly_methotrexate_has_no_daily_dose() -> None:
    assert not check(dosed("methotrexate", 15, None), kind=FindingKind.DOSE)


# pregnancy and kidney


def woman(*, pregnant: bool | None = None, conditions: tuple[str, ...] = ()) -> Patient:
    return Patient(
        age_days=30 * 365,
        sex="female",
        pregnant=pregnant,
        egfr_ml_min=Decimal(90),
        allergies=(),
        conditions=conditions,
    )


def test_pregnancy() -> None:
    assert severities(check("enalapril", patient=woman(pregnant=True))) == [
        Severity.CONTRAINDICATED
    ]
    assert severities(check("enalapril", patient=woman(conditions=("Z34.0",)))) == [
        Severity.CONTRAINDICATED
    ]
    assert not check("enalapril", patient=woman(pregnant=False))
    assert severities(check("enalapril", patient=woman())) == [Severity.NOT_CHECKED]
    assert not check("enalapril", patient=MAN)


def test_a_row_for_the_drug_goes_before_one_for_its_class() -> None:
    findings = check("aspirin", patient=woman(pregnant=True), kind=FindingKind.PREGNANCY)
    assert severities(findings) == [Severity.MINOR]


@pytest.mark.parametrize(
    ("egfr", "expected"),
    [(25, [Severity.CONTRAINDICATED]), (40, [Severity.SERIOUS]), (80, [])],
)
def test_metformin_by_kidney_function(egfr: int, expected: list[Severity]) -> None:
    patient = Patient(age_days=20_000, sex="male", egfr_ml_min=Decimal(egfr), allergies=())
    assert severities(check("metformin", patient=patient)) == expected


def test_kidney_function_unknown_or_by_stage() -> None:
    unknown = Patient(age_days=20_000, sex="male", allergies=())
    assert severities(check("metformin", patient=unknown)) == [Severity.NOT_CHECKED]
    stage = Patient(age_days=20_000, sex="male", allergies=(), conditions=("N18.4",))
    assert severities(check("metformin", patient=stage)) == [Severity.CONTRAINDICATED]


def test_nothing_new_means_nothing_to_say() -> None:
    assert not assess([], [drug("warfarin"), drug("aspirin")], Patient(), KNOWLEDGE)
