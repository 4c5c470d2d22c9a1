"""Execution: programs, gas, nonces, submission and receipts."""
