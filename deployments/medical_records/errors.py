"""What the medical records service refuses."""
