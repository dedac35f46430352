"""`medray up` and its siblings: the whole stack on one machine, and nothing left of it."""
