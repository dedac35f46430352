"""What the medical records service tells others."""
