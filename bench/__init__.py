"""Benchmarks: one JSON line each, measured on production code paths."""
