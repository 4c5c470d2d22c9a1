"""Limits that say yes, or no with a reason code."""
