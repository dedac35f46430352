"""What crosses the border of the pharmacy."""
