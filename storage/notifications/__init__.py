"""Tables and queries of the notifications service."""
