"""Tables and statements of the laboratory."""
