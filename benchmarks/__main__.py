"""All figures of the README: `make bench`."""

from benchmarks import (
    billing,
    edge,
    footprint,
    growth,
    laboratory,
    live,
    notifications,
    records_growth,
    safety,
)

EVERY = (
    safety, footprint, edge, growth, records_growth, laboratory, billing, live, notifications,
)  # fmt: skip

for benchmark in EVERY:
    benchmark.main()
