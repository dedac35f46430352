"""X12 5010, the language of insurers' electronic claims; grammar and checks are pyx12's."""
