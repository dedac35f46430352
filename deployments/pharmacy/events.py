"""What the pharmacy service tells others."""
