"""What the pharmacy service refuses."""
