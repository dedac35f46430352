"""medray import and the demo hospital: FHIR files through the services' own operations."""
