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
            **{name: row[name] for name in ("schedule", "unit", "pack_size")},
            "brand_names": [name for name in row["brand_names"].split("|") if name],
            "rxnorm": row["rxnorm"] or None,
            "ingredients": [
                _ingredient(cell, ingredients) for cell in row["ingredients"].split("|")
            ],
        }
    )


def _ingredient(cell: str, ingredients: Ingredients) -> MedicationIngredient:
    """`code:amount:unit`, the amount in one dispensing unit; a code may have a colon itself."""
    code, amount, unit = cell.rsplit(":", 2)
    return MedicationIngredient.model_validate(
        {
            "rxnorm": code,
            "name": ingredients.by_code[code].name_en,
            "amount": amount,
            "unit": unit,
        }
    )
