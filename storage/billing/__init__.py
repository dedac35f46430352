"""The billing database."""
