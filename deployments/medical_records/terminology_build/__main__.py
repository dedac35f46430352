"""Builds the terminology files: `python -m deployments.medical_records.terminology_build`.

Needs, unpacked below one folder that is given as argument:
    simple_icd_10_cm/   wheel simple-icd-10-cm 1.5.0 (MIT): ICD-10-CM of April 2026
    package/            npm hl7.fhir.r4.examples 4.0.1 (CC0): LOINC, CVX of 2019
    clinosim/           wheel clinosim 0.6.5 (MIT): newer CVX, laboratory LOINC, RxNorm
Our own additions stand in `additions.tsv` and in `../data/*.tsv`, edited by hand. SNOMED CT
content of the packages is left where it is.
"""

import argparse
import gzip
import sys
from collections.abc import Iterable
from pathlib import Path

from deployments.medical_records.terminology_build import clinosim, fhir_examples, icd10cm
from deployments.medical_records.terminology_build.line import Line

DATA = Path(__file__).parent.parent / "data"
ADDITIONS = Path(__file__).parent / "additions.tsv"
INGREDIENTS = DATA.parent.parent / "pharmacy" / "data" / "ingredients.csv"


def main() -> None:
    """Reads the packages and writes one file for each terminology."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", type=Path, help="folder with the unpacked packages")
    packages: Path = parser.parse_args().packages
    write("icd-10-cm", icd10cm.lines(packages))
    examples, codes = packages / "package", packages / "clinosim" / "codes" / "data"
    loinc = clinosim.lines(codes / "loinc.yaml") | fhir_examples.loinc(examples)
    write("loinc", (loinc | additions("loinc")).values())
    cvx = fhir_examples.cvx(examples) | clinosim.lines(codes / "cvx.yaml")
    write("cvx", (cvx | additions("cvx")).values())
    rxnorm = clinosim.lines(codes / "rxnorm.yaml") | clinosim.ingredients(INGREDIENTS)
    write("rxnorm", rxnorm.values())


def additions(system: str) -> dict[str, Line]:
    """What the packages lack of a terminology, from `additions.tsv`."""
    rows = [line.split("\t") for line in ADDITIONS.read_text().splitlines() if line[0] != "#"]
    return {code: Line(code, display) for name, code, display in rows if name == system}


def write(system: str, lines: Iterable[Line]) -> None:
    """Writes the lines, by code, so that the same input gives the same bytes."""
    text = "".join(line.text() for line in sorted(lines, key=lambda line: line.code))
    target = DATA / f"{system}.tsv.gz"
    target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    sys.stdout.write(f"{target.name}: {text.count(chr(10))} codes\n")


if __name__ == "__main__":
    main()
