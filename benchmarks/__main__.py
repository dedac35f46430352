"""All figures of the README: `make bench`."""

from benchmarks import (
    edge,
    footprint,
    growth,
    laboratory,
    live,
    notifications,
    records_growth,
    safety,
)

for benchmark in (safety, footprint, edge, growth, records_growth, laboratory, live, notifications):
    benchmark.main()
