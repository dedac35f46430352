"""Stateful Ray actors: patient sessions and conversations."""
