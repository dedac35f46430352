"""The formulary that ships with the program, as requests to add its medications."""

from collections.abc import Iterator, Mapping

from deployments.pharmacy.formulary_schemas import MedicationIngredient, MedicationRequest
from deployments.pharmacy.safety.ingredients import Ingredients, read_table


def read_formulary() -> Iterator[MedicationRequest]:
    """Every row of `data/formulary.csv`, in the order of the file.

    Raises:
        KeyError: an ingredient is not in the ingredient table.
    """
    ingredients = Ingredients.load()
    for row in read_table("formulary.csv"):
        yield _medication(row, ingredients)


def _medication(row: Mapping[str, str], ingredients: Ingredients) -> MedicationRequest:
    return MedicationRequest.model_validate(
        {
            **{name: row[name] for name in ("code", "name_en", "name_vi", "form", "route")},
            **{name: row[name] for name in ("schedule", "pack_size")},
            "dose_unit": row["dosage_unit"],
            "unit": row["dispensing_unit"],
            "units_each": row["dosage_units_each"],
            "brand_names": [name for name in row["brands"].split("|") if name],
            "rxnorm": row["rxnorm"] or None,
            "ingredients": list(_ingredients(row, ingredients)),
        }
    )


def _ingredients(
    row: Mapping[str, str], ingredients: Ingredients
) -> Iterator[MedicationIngredient]:
    """What one dose unit holds; strengths are empty where they have no meaning."""
    unit = {"unit": row["strength_unit"]} if row["strength_unit"] else {}
    amounts = row["strengths"].split("|")
    for code, amount in zip(row["ingredients"].split("|"), amounts, strict=True):
        name = ingredients.by_code[code].name_en
        yield MedicationIngredient.model_validate(
            {"rxnorm": code, "name": name, "amount": amount or None, **unit}
        )
