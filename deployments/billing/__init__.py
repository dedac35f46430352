"""What patients and insurers owe, and why."""
