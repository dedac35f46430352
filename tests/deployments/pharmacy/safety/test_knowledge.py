"""The data fits together, maps what the demo hospital writes, and loads quickly."""

import gzip
import json
import time
from pathlib import Path

import pytest

from deployments.pharmacy.safety.findings import Severity
from deployments.pharmacy.safety.ingredients import DATA, Ingredients, fold, read_table
from deployments.pharmacy.safety.interactions import InteractionBase
from deployments.pharmacy.safety.knowledge import Knowledge
from deployments.pharmacy.safety.tables import own_interactions

KNOWLEDGE = Knowledge.load()
DEMO = Path(__file__).parents[4] / "deployments/importer/data"
SCHEDULES = {"none", "narcotic", "psychotropic", "precursor"}


def demo(resource: str, field: str) -> set[tuple[str, str | None]]:
    with gzip.open(DEMO / f"{resource}.ndjson.gz", "rt", encoding="utf-8") as lines:
        concepts = [json.loads(line)[field] for line in lines]
    return {
        (concept["text"], (concept.get("coding") or [{}])[0].get("code")) for concept in concepts
    }


def test_every_drug_of_the_demo_hospital_is_mapped() -> None:
    drugs = demo("MedicationRequest", "medicationCodeableConcept")
    assert len(drugs) > 50
    assert not [text for text, code in drugs if not KNOWLEDGE.resolve(text, code)]


def test_every_allergy_of_the_demo_hospital_is_understood() -> None:
    known = KNOWLEDGE.allergens
    texts = {text for text, _ in demo("AllergyIntolerance", "code")}
    assert not [text for text in texts if fold(text) not in known and not KNOWLEDGE.resolve(text)]


@pytest.mark.parametrize(
    ("text", "code", "names"),
    [
        ("Alendronate", "3002", ["alendronic acid"]),  # 3002 is cyclophosphamide
        ("Imipenem/Cilastatin", "5880", ["imipenem", "cilastatin"]),  # 5880 is an interferon
        ("Amoxicilin 500 mg viên nang", None, []),
        ("Paracetamol 500 mg", None, ["paracetamol"]),
        ("Amoxicillin 250 mg/5 ml", None, ["amoxicillin"]),
        ("acide acétylsalicylique", None, ["aspirin"]),
        ("Kẽm", None, ["zinc"]),
        ("unknown words", "29046", ["lisinopril"]),
        ("unknown words", "1546022", ["lisinopril"]),  # the package's wrong code, as an alias
        ("unknown words", "617296", ["amoxicillin", "clavulanic acid"]),  # a product
        ("unknown words", "99999999", []),
        ("paracetamol/snake oil", None, []),
        ("", None, []),
    ],
)
def test_words_and_codes(text: str, code: str | None, names: list[str]) -> None:
    assert [KNOWLEDGE.name_of(found) for found in KNOWLEDGE.resolve(text, code)] == names


def test_names_for_people() -> None:
    assert KNOWLEDGE.name_of("1191") == "aspirin"
    assert KNOWLEDGE.name_of("1191", "vi") == "acid acetylsalicylic"
    assert KNOWLEDGE.name_of("99999999") == "99999999"


def test_no_name_means_two_ingredients() -> None:
    owners: dict[str, str] = {}
    for item in Ingredients.load().items:
        for name in item.names:
            assert owners.setdefault(fold(name), item.code) == item.code, name


def test_the_base_covers_what_the_thesaurus_lists() -> None:
    assert len(KNOWLEDGE.base.pairs) > 30_000
    assert KNOWLEDGE.covers("29046")
    assert not KNOWLEDGE.covers("2194")
    assert KNOWLEDGE.interaction("29046", "9997") == KNOWLEDGE.interaction("9997", "29046")
    assert KNOWLEDGE.interaction("29046", "29046") is None


def test_every_interaction_has_english_words_and_a_source() -> None:
    base = KNOWLEDGE.base
    width = len(base.place)
    codes = list(base.place)
    seen = set()
    for key, rule in base.pairs.items():
        if rule not in seen:
            seen.add(rule)
            found = base.find(codes[key // width], codes[key % width])
            assert found is not None
            assert found.mechanism.en
            assert found.advice.en
            assert found.source
            assert found.severity is not Severity.NOT_CHECKED


def test_every_ansm_name_is_one_of_the_thesaurus() -> None:
    named = {item.code for item in KNOWLEDGE.ingredients.items if item.ansm}
    assert named <= KNOWLEDGE.base.covered


@pytest.mark.parametrize("name", ["pregnancy.csv", "renal.csv", "dose_limits.csv"])
def test_tables_of_limits_have_sources(name: str) -> None:
    rows = list(read_table(name))
    assert len(rows) >= 30
    assert all(row["source"].strip() for row in rows)


def test_own_pairs_speak_both_languages() -> None:
    for ruling in own_interactions(KNOWLEDGE.ingredients).values():
        assert ruling.mechanism.vi
        assert ruling.advice.vi
        assert ruling.source


def test_formulary() -> None:
    rows = list(read_table("formulary.csv"))
    assert len({row["code"] for row in rows}) == len(rows) >= 150
    for row in rows:
        codes, strengths = row["ingredients"].split("|"), row["strengths"].split("|")
        assert all(code in KNOWLEDGE.ingredients.by_code for code in codes), row["code"]
        assert not row["strengths"] or len(codes) == len(strengths), row["code"]
        assert all(float(strength) > 0 for strength in strengths if strength), row["code"]
        assert row["schedule"] in SCHEDULES
        assert int(row["pack_size"]) > 0
        assert float(row["dosage_units_each"]) > 0


def test_every_table_is_part_of_the_version() -> None:
    assert KNOWLEDGE.version.startswith("ansm-2020-10-20+dim-0.1.0+own-")
    assert (DATA / "LICENCE-NOTES.md").exists()


def test_loads_quickly() -> None:
    spans = []
    for _ in range(5):
        start = time.thread_time()
        InteractionBase.load()
        Ingredients.load()
        spans.append(time.thread_time() - start)
    assert min(spans) < 0.15
