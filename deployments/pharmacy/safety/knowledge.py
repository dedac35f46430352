"""Everything that the rules know, read once per process from files that ship with the program.

No network, no database. LICENCE-NOTES.md beside the data says where it comes from and what it
is not: a current clinical source.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from deployments.pharmacy.safety import tables
from deployments.pharmacy.safety.ingredients import DATA, Ingredients, fold
from deployments.pharmacy.safety.interactions import Interaction, InteractionBase
from deployments.pharmacy.safety.subjects import Allergy

COVERED_GROUPS: Final = frozenset({"fluid", "companion"})
"""Ingredients that count as covered though the thesaurus does not list them.

Water, salt and sugar; and companions such as clavulanic acid and carbidopa, which are only given
in one tablet with a drug that it lists.
"""


@dataclass(frozen=True)
class Knowledge:
    """The base and the tables, with the questions that the rules ask."""

    ingredients: Ingredients
    products: Mapping[str, tuple[str, ...]]
    base: InteractionBase
    own: Mapping[frozenset[str], tables.Ruling]
    cross_reactions: tuple[tables.CrossReaction, ...]
    allergens: Mapping[str, tables.Codes]
    dose_limits: Mapping[str, tuple[tables.DoseLimit, ...]]
    kidney_limits: tuple[tables.KidneyLimit, ...]
    pregnancy_risks: tuple[tables.PregnancyRisk, ...]
    duplicate_classes: tuple[tables.DuplicateClass, ...]

    @staticmethod
    @cache
    def load() -> "Knowledge":
        """The knowledge of this process; the first call takes about 0.1 s."""
        ingredients = Ingredients.load()
        limits = tables.dose_limits(ingredients)
        limited = {code for limit in limits for code in limit.ingredients}
        return Knowledge(
            ingredients=ingredients,
            products=tables.products(),
            base=InteractionBase.load(),
            own=tables.own_interactions(ingredients),
            cross_reactions=tables.cross_reactions(ingredients),
            allergens={fold(term): codes for term, codes in tables.allergens(ingredients).items()},
            dose_limits={
                code: tuple(limit for limit in limits if code in limit.ingredients)
                for code in limited
            },
            kidney_limits=tables.kidney_limits(ingredients),
            pregnancy_risks=tables.pregnancy_risks(ingredients),
            duplicate_classes=tables.duplicate_classes(ingredients),
        )

    @cached_property
    def version(self) -> str:
        """Editions of the sources, and a digest of the tables: any change shows."""
        digest = hashlib.sha256()
        for name in tables.TABLES:
            digest.update((DATA / name).read_bytes())
        return f"{self.base.edition}+own-{digest.hexdigest()[:8]}"

    def resolve(self, text: str, rxnorm: str | None = None) -> tuple[str, ...]:
        """Ingredient codes of a drug as someone recorded it; empty when it cannot be mapped.

        The words go before the code: a clinician reads and writes words, and systems are known
        to send wrong codes beside them (alendronate with the code of cyclophosphamide).

        Args:
            text: name in English, French or Vietnamese, a brand, or a combination of names.
            rxnorm: RxNorm code of an ingredient, or of a product of the formulary.
        """
        return self.ingredients.find(text) or self._coded(rxnorm)

    def name_of(self, code: str, locale: str = "en") -> str:
        """An ingredient's name for people: Vietnamese for "vi", else English."""
        item = self.ingredients.by_code.get(code)
        if item is None:
            return self.base.name_of(code) or code
        return item.name_vi if locale == "vi" else item.name_en

    def interaction(self, one: str, other: str) -> Interaction | None:
        """What is known of two ingredients; our own table holds before the base."""
        ruling = self.own.get(frozenset({one, other}))
        if ruling is None:
            return self.base.find(one, other)
        return Interaction(ruling.severity, ruling.mechanism, ruling.advice, ruling.source)

    def covers(self, code: str) -> bool:
        """Whether silence about this ingredient means something."""
        groups = self.ingredients.groups_of(code)
        return code in self.base.covered or not groups.isdisjoint(COVERED_GROUPS)

    def allergen(self, allergy: Allergy) -> tables.Codes | None:
        """Ingredients that an allergy is about: none for a food; None when nobody knows."""
        meant = self.allergens.get(fold(allergy.text))
        if meant is not None:
            return meant
        return frozenset(self.resolve(allergy.text, allergy.rxnorm)) or None

    def _coded(self, rxnorm: str | None) -> tuple[str, ...]:
        if rxnorm is None:
            return ()
        if rxnorm in self.products:
            return self.products[rxnorm]
        code = self.base.aliases.get(rxnorm, rxnorm)
        known = code in self.ingredients.by_code or code in self.base.place
        return (code,) if known else ()
