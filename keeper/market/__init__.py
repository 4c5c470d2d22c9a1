"""Pools, exact venue arithmetic and the market state that strategies read."""
