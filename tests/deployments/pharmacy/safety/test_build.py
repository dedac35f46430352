"""The build script on a small thesaurus: levels, conditions, spaces; and the English entries."""

import json
from pathlib import Path

import pytest

from deployments.pharmacy.safety.build import ansm, overlay
from deployments.pharmacy.safety.build.ansm import Level, Statement, Thesaurus
from deployments.pharmacy.safety.build.compose import Pair, severity_of
from deployments.pharmacy.safety.findings import Severity

INDEX = [
    {"substance": "nimodipine", "drug_classes": ["antagonistes des canaux calciques"]},
    {"substance": "amlodipine", "drug_classes": ["antagonistes des canaux calciques"]},
    {"substance": "rifampicine", "drug_classes": []},
    {"substance": "acide acétylsalicylique", "drug_classes": []},
    {"substance": "warfarine", "drug_classes": ["anticoagulants oraux"]},
    {"substance": "amiodarone", "drug_classes": ["antiarythmiques", "torsadogènes"]},
    {"substance": "sotalol", "drug_classes": ["antiarythmiques", "torsadogènes"]},
    {"substance": "lidocaïne", "drug_classes": ["antiarythmiques"]},
    {"substance": "érythromycine", "drug_classes": []},
]
BY_NAME = {
    "main_drug": "ANTAGONISTES DES CANAUX CALCIQUES",
    "plus_drug": "RIFAMPICINE",
    "severity_levels": [
        {"level": "Association DECONSEILLEE", "info": "avec la nimodipine"},
        {"level": "Précaution d'emploi", "info": ":\nSurveillance cliniqueet dosage."},
    ],
    "interaction_mechanism": "Diminution des\nconcentrations.",
    "description": "ASDEC - PE\navec la nimodipine\nSurveillance clinique\net dosage.",
}
BY_DOSE = {
    "main_drug": "ACIDE ACETYLSALICYLIQUE",
    "plus_drug": "ANTICOAGULANTS ORAUX",
    "severity_levels": [
        {"level": "CONTRE-INDICATION", "info": "avec des doses de 1 g"},
        {"level": "A prendre en compte", "info": "avec de faibles doses"},
    ],
    "interaction_mechanism": "Hémorragie.",
    "description": "avec des doses de 1 g avec de faibles doses",
}
ALIKE = {
    "main_drug": "ANTIARYTHMIQUES",
    "plus_drug": "ANTIARYTHMIQUES",
    "severity_levels": [
        {"level": "CONTRE-INDICATION", "info": "donnant des torsades (amiodarone, sotalol)"},
        {"level": "A prendre en compte", "info": "les autres"},
    ],
    "interaction_mechanism": "Délicate.",
    "description": "donnant des torsades (amiodarone, sotalol) les autres",
}
BY_ROUTE = {
    "main_drug": "TORSADOGÈNES",
    "plus_drug": "ERYTHROMYCINE",
    "severity_levels": [{"level": "CONTRE-INDICATION", "info": ""}],
    "interaction_mechanism": "Risque de torsades de pointes.",
    "description": "",
}
ENTRY = """
Interaction(
    drug_a=("statin", "simvastatin"), drug_b=("erythromycin",), severity=Severity.DANGER,
    description="Muscle damage.", mechanism="CYP3A4.", recommendation="Stop.", source="Label",
)
"""


@pytest.fixture
def thesaurus(tmp_path: Path) -> Thesaurus:
    folder = tmp_path / ansm.FOLDER
    folder.mkdir(parents=True)
    (folder / ansm.ENTRIES).write_text(json.dumps([BY_NAME, BY_DOSE, ALIKE, BY_ROUTE]), "utf-8")
    (folder / ansm.INDEX).write_text(json.dumps(INDEX), "utf-8")
    return Thesaurus(tmp_path)


def test_classes_spread_and_named_members_take_their_level(thesaurus: Thesaurus) -> None:
    said = {(one, other): statement for one, other, statement in thesaurus.statements()}
    assert said["nimodipine", "rifampicine"].level is Level.NOT_RECOMMENDED
    other = said["amlodipine", "rifampicine"]
    assert (other.level, other.conditional) == (Level.PRECAUTION, False)
    assert other.advice == "Surveillance clinique et dosage."
    assert other.mechanism == "Diminution des concentrations."


def test_a_contraindication_by_dose_is_not_refused_outright(thesaurus: Thesaurus) -> None:
    said = {(one, other): statement for one, other, statement in thesaurus.statements()}
    statement = said["acide acetylsalicylique", "warfarine"]
    assert (statement.level, statement.conditional) == (Level.CONTRAINDICATED, True)
    assert severity_of(Pair(statement)) is Severity.SERIOUS


def test_a_class_with_itself_needs_both_names(thesaurus: Thesaurus) -> None:
    said = {(one, other): statement for one, other, statement in thesaurus.statements()}
    assert not said["amiodarone", "sotalol"].conditional
    assert said["amiodarone", "lidocaine"].level is Level.TAKE_INTO_ACCOUNT


def test_a_contraindication_by_route_is_not_refused_outright(thesaurus: Thesaurus) -> None:
    said = {(one, other): statement for one, other, statement in thesaurus.statements()}
    assert said["amiodarone", "erythromycine"].conditional


@pytest.mark.parametrize(
    ("level", "severity"),
    [
        (Level.CONTRAINDICATED, Severity.CONTRAINDICATED),
        (Level.NOT_RECOMMENDED, Severity.SERIOUS),
        (Level.PRECAUTION, Severity.MINOR),
        (Level.TAKE_INTO_ACCOUNT, Severity.MINOR),
    ],
)
def test_tiers(level: Level, severity: Severity) -> None:
    statement = Statement(level, conditional=False, mechanism="", advice="")
    assert severity_of(Pair(statement)) is severity


def test_the_worse_source_holds(tmp_path: Path) -> None:
    (entry,) = _entries(tmp_path)
    statement = Statement(Level.PRECAUTION, conditional=False, mechanism="", advice="")
    assert severity_of(Pair(statement, entry)) is Severity.SERIOUS


def test_english_entries_are_read_not_run(tmp_path: Path) -> None:
    (entry,) = _entries(tmp_path)
    meaning = {"simvastatin": frozenset({"s"}), "erythromycin": frozenset({"e"})}
    groups = {"statin_cyp3a4": frozenset({"s", "a"})}
    assert sorted(overlay.pairs(entry, meaning, groups)) == [("a", "e"), ("s", "e")]
    assert entry.mechanism == "Muscle damage. CYP3A4."


def _entries(root: Path) -> list[overlay.Entry]:
    path = root / overlay.SOURCE
    path.parent.mkdir(parents=True)
    path.write_text(ENTRY, "utf-8")
    return list(overlay.entries(root))
