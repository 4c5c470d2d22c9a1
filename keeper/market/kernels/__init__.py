"""Compiled arithmetic over flat arrays: exact integers in 64-bit limbs, and float search.

Numbers of several limbs lie in one scratch array of unsigned 64-bit words, least significant limb
first; a function takes the places of its operands in it. Nothing here allocates or raises.
"""
