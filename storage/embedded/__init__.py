"""The PostgreSQL and Redis that `medray up` and the tests bring along, run from wheels."""
