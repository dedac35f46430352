"""The data files of the demo hospital: read, checked and written."""

import csv
import gzip
import importlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from deployments.importer.generate.resource import Json

CATALOGUE: Final = Path(__file__).parents[2] / "laboratory" / "data" / "catalogue"
DATA: Final = Path(__file__).parent.parent / "data"


def packed(kind: str) -> Iterator[Json]:
    """Resources of one type as they were written."""
    with gzip.open(DATA / f"{kind}.ndjson.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


@cache
def catalogue(name: str) -> list[dict[str, str]]:
    """Lines of a file of the laboratory's catalogue."""
    with (CATALOGUE / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def write(kind: str, resources: Iterable[Json], *, suffix: str = "") -> None:
    """One gzip file without a time stamp, so that the same resources give the same bytes."""
    model = importlib.import_module("fhir.resources.R4B").get_fhir_model_class(kind)
    lines = []
    for resource in resources:
        model.model_validate(resource)
        lines.append(json.dumps(resource, ensure_ascii=False, separators=(",", ":")))
    body = "".join(f"{line}\n" for line in lines).encode()
    compressed = gzip.compress(body, compresslevel=9, mtime=0)
    (DATA / f"{kind}{suffix}.ndjson.gz").write_bytes(compressed)
    statuses = Counter(json.loads(line).get("status", "-") for line in lines)
    print(f"{kind:20} {len(lines):6} {len(compressed):8} bytes {dict(statuses)}")  # noqa: T201
