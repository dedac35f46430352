"""Tables and statements of medical records."""
