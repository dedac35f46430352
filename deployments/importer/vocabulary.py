"""Names of the code systems and extensions that the demo hospital's FHIR files use.

FHIR gives no freely usable code system for specialties, reasons of a visit and the staff roles
that we know (SNOMED CT needs a licence), so these are the hospital's own. All else is HL7's.
"""

BASE = "https://medray.example/fhir"

MEDICAL_RECORD_NUMBER = f"{BASE}/identifier/medical-record-number"
HEALTH_INSURANCE = f"{BASE}/identifier/health-insurance"
STAFF_NUMBER = f"{BASE}/identifier/staff-number"
STAFF_ROLE_NUMBER = f"{BASE}/identifier/staff-role"
LICENCE = f"{BASE}/identifier/licence"
LOCATION_CODE = f"{BASE}/identifier/location"
SCHEDULE_NUMBER = f"{BASE}/identifier/schedule"
STOCK_RECEIPT = f"{BASE}/identifier/stock-receipt"
VISIT_NUMBER = f"{BASE}/identifier/visit"

LABORATORY_REQUISITION = f"{BASE}/identifier/laboratory-requisition"
LABORATORY_ORDER = f"{BASE}/identifier/laboratory-order"
LABORATORY_SPECIMEN = f"{BASE}/identifier/laboratory-specimen"
LABORATORY_VALUE = f"{BASE}/identifier/laboratory-value"
LABORATORY_REPORT = f"{BASE}/identifier/laboratory-report"

ROLE = f"{BASE}/CodeSystem/role"
SPECIALTY = f"{BASE}/CodeSystem/specialty"
ALLERGY = f"{BASE}/CodeSystem/allergy"
VISIT_REASON = f"{BASE}/CodeSystem/visit-reason"
LABORATORY_TEST = f"{BASE}/CodeSystem/laboratory-test"
"""Codes of tests, panels and what they measure, where LOINC has none that fits."""
SPECIMEN_TYPE = f"{BASE}/CodeSystem/specimen-type"
CONTAINER = f"{BASE}/CodeSystem/specimen-container"

BLOOD_GROUP = f"{BASE}/StructureDefinition/blood-group"
SLOT_MINUTES = f"{BASE}/StructureDefinition/slot-minutes"

HL7_ROLE = "http://terminology.hl7.org/CodeSystem/practitioner-role"
HL7_IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
HL7_LABORATORY_SECTION = "http://terminology.hl7.org/CodeSystem/v2-0074"
HL7_SPECIMEN_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0487"
HL7_FASTING = "http://terminology.hl7.org/CodeSystem/v2-0916"
HL7_SPECIMEN_CONDITION = "http://terminology.hl7.org/CodeSystem/v2-0493"
HL7_INTERPRETATION = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
HL7_CANCELLATION = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
LANGUAGE = "urn:ietf:bcp:47"

ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
LOINC = "http://loinc.org"
CVX = "http://hl7.org/fhir/sid/cvx"
UCUM = "http://unitsofmeasure.org"
