"""Companies outside of the hospital, played over real HTTP: a stand-in for demo and tests."""
