"""Strategies read whole blocks of the market and return opportunities."""
