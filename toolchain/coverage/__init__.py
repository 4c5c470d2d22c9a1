"""Coverage of the contracts: probes in their sources note what the executor's tests reach.

A probe reads the balance of an address that stands for a place. That changes nothing, is allowed in
views, and outlives a revert: the EVM's database keeps every account that was ever looked at.
"""
