r"""Makes `deployments/importer/data/` again, from the output of a hospital simulator.

Run once by a developer, never by the hospital. In an environment of its own:

    python -m venv generator && generator/bin/pip install clinosim==0.6.5 fhir.resources==8.3.0
    generator/bin/clinosim simulate -o simulated -p 200 -s 42 --format fhir-r4 \
        --country US --start 2026-01-05 --end 2026-07-05
    generator/bin/python -m deployments.importer.generate simulated/fhir_r4

The same input gives the same bytes. Ages, sexes and charts are the simulator's (clinosim, MIT
licence); names, addresses, staff and visits are made here. Each resource is checked against R4B.
"""

import json
import sys
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random

from deployments.importer.demo_dates import REFERENCE_DAY
from deployments.importer.generate import diary, laboratory
from deployments.importer.generate.charts import Charts, rewritten
from deployments.importer.generate.files import write
from deployments.importer.generate.patients import blood_groups, patients
from deployments.importer.generate.resource import Json
from deployments.importer.generate.staff import Member, locations, staff

SEED = 20260706
CLINICAL = ("Encounter", "Condition", "AllergyIntolerance", "Immunization", "MedicationRequest",
            "Observation", "Procedure")  # fmt: skip
NEAR = timedelta(days=10)


def main(simulated: Path) -> None:
    """Writes every data file and says how many resources each holds."""
    random = Random(SEED)  # noqa: S311 - names, not secrets
    places = locations()
    horizon = (REFERENCE_DAY - timedelta(weeks=26), REFERENCE_DAY + timedelta(weeks=104))
    members = list(staff(random, places, (f"{horizon[0]}", f"{horizon[1]}")))
    blood = blood_groups(_read(simulated, "Observation"))
    ours = dict(patients(random, _read(simulated, "Patient"), blood, REFERENCE_DAY.year))
    charts, visits = _book(random, members, ours, list(_read(simulated, "Encounter")))
    write("Location", places.values())
    write("Practitioner", (member.practitioner for member in members))
    write("PractitionerRole", (member.role for member in members))
    write("Schedule", (member.schedule for member in members if member.schedule))
    write("Patient", ours.values())
    write("Appointment", diary.appointments(visits))
    for kind in CLINICAL:
        write(kind, rewritten(charts, _read(simulated, kind)))
    laboratory.main()


def _book(
    random: Random, members: list[Member], ours: dict[str, Json], encounters: list[Json]
) -> tuple[Charts, list[diary.Visit]]:
    """Gives ambulatory encounters a place in a doctor's week, then adds other visits."""
    doctors = [member for member in members if member.schedule]
    book = diary.Diary(random, doctors, REFERENCE_DAY)
    monday = datetime.combine(REFERENCE_DAY, time(), diary.LOCAL)
    seen_by: dict[str, Json] = {}
    moved: dict[str, timedelta] = {}
    for encounter in sorted(encounters, key=lambda one: str(one["period"]["start"])):
        patient = ours.get(encounter["subject"]["reference"].removeprefix("Patient/"))
        if patient is None:
            continue
        begun = datetime.fromisoformat(encounter["period"]["start"])
        seen_by[encounter["id"]] = doctors[len(seen_by) % 3].practitioner
        if encounter["class"]["code"] != "AMB":
            continue
        specialty = diary.specialty_for(patient, encounter, REFERENCE_DAY)
        window = (begun - NEAR, min(begun + NEAR, monday))
        visit = book.add(patient, specialty, begun, window,
                         reason=diary.reason_for(encounter), status="fulfilled")  # fmt: skip
        if visit:
            seen_by[encounter["id"]] = visit.doctor.practitioner
            moved[encounter["id"]] = visit.start - begun
    diary.fill(random, book, list(ours.values()), REFERENCE_DAY)
    return Charts(ours, seen_by, moved), book.visits


def _read(folder: Path, kind: str) -> Iterator[Json]:
    with (folder / f"{kind}.ndjson").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
