"""The database of appointments."""
