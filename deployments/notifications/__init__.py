"""Telling people: the inbox, live and kept, and e-mail."""
