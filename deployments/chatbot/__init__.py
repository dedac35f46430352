"""Conversations of patients with the assistant and with those who treat them."""
