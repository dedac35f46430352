"""All figures of the README: `make bench`."""

from benchmarks import edge, footprint, growth

for benchmark in (footprint, edge, growth):
    benchmark.main()
