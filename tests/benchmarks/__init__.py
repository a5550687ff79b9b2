"""Timings beside what a user would pick instead, on the same work in the same run.

`make bench` runs every `<name>.py` here that has a `run()`; `make bench only=NAME` runs one. Each gives
a `Timing`; the table is printed and one JSON a benchmark is written under the home's `bench/`.
"""
