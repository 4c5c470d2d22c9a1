"""The program format's numbers; generated from contracts/program.toml, do not edit."""

PROGRAM_VERSION = bytes.fromhex("22641526f27bfb65c0972ab34995c1048854b0fb3594c96c7e0ce197a6c9c406")
"""Keccak-256 of the table without its prose; the executor's `programVersion()`."""

FORMAT_VERSION = 1
MAX_HOPS = 12
MAX_TOKENS = 8
HEADER_SIZE = 31
OPCODE_MASK = 31
RECIPIENT_SHIFT = 5
ZERO_FOR_ONE_SHIFT = 7
TO_SELF = 0
TO_CALLER = 1
TO_NEXT = 2
TAKES_DELIVERY = 4
OP_PAY = 1
OP_V2 = 2
OP_V2_FLASH = 3
OP_V3 = 4
OP_AAVE = 5

# Field widths in bytes, in the order in which they are written.
HEADER = (1, 5, 8, 16, 1)
PAY = (1, 16)
V2 = (20, 14)
V2_FLASH = (20, 14, 2)
V3 = (20, 16, 2)
AAVE = (2, 1, 16, 16)
