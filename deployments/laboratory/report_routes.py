"""Routes below `/api/v1/laboratory` about what is printed: reports and labels."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from deployments.access import Permission
from deployments.gateway.dependencies import Caller, service_of
from deployments.gateway.policy import policy
from deployments.gateway.problems import declared
from deployments.gateway.route import gateway_router
from deployments.laboratory import errors, label
from deployments.laboratory.order_reading import READERS
from deployments.laboratory.report_schemas import LabReport, ReportQuery
from deployments.laboratory.service import LaboratoryService
from deployments.pagination import InvalidCursor, Page
from deployments.schemas import Locale

router = gateway_router(tags=["laboratory reports"])
Service = Annotated[LaboratoryService, Depends(service_of(LaboratoryService))]
NOT_READ = (errors.ReportNotFound, errors.CannotCheck)
NO_SPECIMEN = (errors.SpecimenNotFound, errors.CannotCheck)
PDF = "application/pdf"


@router.get(
    "/patients/{patient_id}/reports",
    responses=declared(errors.PatientNotFound, errors.CannotCheck, InvalidCursor),
)
@policy(*READERS)
async def list_reports(
    patient_id: UUID, caller: Caller, service: Service, query: Annotated[ReportQuery, Query()]
) -> Page[LabReport]:
    """Reports of a patient, every version, newest first."""
    return await service.reports.list_page(caller, patient_id, query)


@router.get("/reports/{report_id}", responses=declared(*NOT_READ))
@policy(*READERS)
async def get_report(report_id: UUID, caller: Caller, service: Service) -> LabReport:
    """One version of a report."""
    return await service.reports.get(caller, report_id)


@router.get("/reports/{report_id}/document", responses=declared(*NOT_READ), response_class=Response)
@policy(*READERS)
async def get_report_document(
    report_id: UUID, caller: Caller, service: Service, locale: Annotated[Locale, Query()] = "en"
) -> Response:
    """A report on paper (PDF), in English or Vietnamese."""
    return Response(await service.reports.document(caller, report_id, locale), media_type=PDF)


@router.get(
    "/specimens/{specimen_id}/label.pdf",
    responses=declared(*NO_SPECIMEN),
    response_class=Response,
)
@policy(Permission.LABORATORY_COLLECT)
async def get_label(specimen_id: UUID, caller: Caller, service: Service) -> Response:
    """The label for the tube, to be printed."""
    found = await service.specimen_reading.label(caller, specimen_id)
    return Response(label.as_pdf(found), media_type=PDF)


@router.get(
    "/specimens/{specimen_id}/label.png",
    responses=declared(*NO_SPECIMEN),
    response_class=Response,
)
@policy(Permission.LABORATORY_COLLECT)
async def get_label_picture(specimen_id: UUID, caller: Caller, service: Service) -> Response:
    """The label for the tube, as a picture."""
    found = await service.specimen_reading.label(caller, specimen_id)
    return Response(label.as_png(found), media_type="image/png")
