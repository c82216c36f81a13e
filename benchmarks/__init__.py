"""Benchmarks of runs-core against its peers: `python -m benchmarks --help`."""
