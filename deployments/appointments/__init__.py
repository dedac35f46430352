"""Appointments: when doctors see patients, who has which time, and what became of it."""
