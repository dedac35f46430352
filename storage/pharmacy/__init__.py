"""Tables and statements of pharmacy."""
