"""Development-time generator of the demo hospital; `__main__` says how to run it."""
