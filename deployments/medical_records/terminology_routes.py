"""Routes below `/api/v1/medical-records/terminology`."""

from typing import Annotated

from fastapi import Depends, Header, Path, Query

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.medical_records import errors
from deployments.medical_records.service import RecordsService
from deployments.medical_records.terminology_schemas import CodeSystem, Concept, ConceptMatches
from deployments.schemas import Locale

router = gateway_router(tags=["terminology"])
Service = Annotated[RecordsService, Depends(service_of(RecordsService))]


async def _locale(
    locale: Annotated[Locale | None, Query(description="before Accept-Language")] = None,
    accept_language: Annotated[str | None, Header(max_length=200)] = None,
) -> Locale:
    """The language that is asked for; English unless Vietnamese is preferred."""
    first = (accept_language or "").split(",", 1)[0].strip().lower()
    return locale or ("vi" if first.split("-")[0].split(";")[0] == "vi" else "en")


Language = Annotated[Locale, Depends(_locale)]


@router.get("/terminology/{system}")
@policy(Permission.RECORDS_TERMINOLOGY)
async def search_concepts(
    system: CodeSystem,
    caller: Caller,
    service: Service,
    locale: Language,
    q: Annotated[str, Query(min_length=1, max_length=100, description="what is typed so far")],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> ConceptMatches:
    """Codes while somebody types: by code or by words of either language, best first."""
    return await service.terminology.search(caller, system, q, limit=limit, locale=locale)


@router.get("/terminology/{system}/{code:path}", responses=declared(errors.CodeNotFound))
@policy(Permission.RECORDS_TERMINOLOGY)
async def get_concept(
    system: CodeSystem,
    code: Annotated[str, Path(max_length=64)],
    caller: Caller,
    service: Service,
    locale: Language,
) -> Concept:
    """What a code means; units of UCUM may have slashes in them."""
    return await service.terminology.get(caller, system, code, locale=locale)
