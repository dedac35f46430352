"""What the simulated companies remember."""
