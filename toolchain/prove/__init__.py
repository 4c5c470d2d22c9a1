"""Symbolic proofs that whoever holds no role can do nothing, for every selector that there is."""
