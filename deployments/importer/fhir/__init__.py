"""Pure mapping of FHIR R4 resources to what our services import; refuses with `NotTaken`."""
