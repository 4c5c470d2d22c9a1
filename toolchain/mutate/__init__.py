"""Mutation of the contracts, in Solidity and inside assembly: would the tests notice a fault?"""
