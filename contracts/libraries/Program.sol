// SPDX-License-Identifier: UNLICENSED
// Generated from contracts/program.toml; edit that and run `python -m toolchain.gen_program`.
pragma solidity 0.8.30;

/// @dev Keccak-256 of the table without its prose.
bytes32 constant PROGRAM_VERSION =
    0x22641526f27bfb65c0972ab34995c1048854b0fb3594c96c7e0ce197a6c9c406;

uint256 constant FORMAT_VERSION = 1; // first byte of a program
uint256 constant MAX_HOPS = 12; // longest chain the encoder emits
uint256 constant MAX_TOKENS = 8; // most tokens a header declares
uint256 constant HEADER_SIZE = 31; // bytes before the declared tokens
uint256 constant HEADER_AT = 4; // in calldata
uint256 constant TOKENS_AT = 35; // in calldata
uint256 constant TOKEN_SIZE = 20; // bytes of a declared token
uint256 constant HEADER_VERSION_SHIFT = 248; // from the header's word
uint256 constant HEADER_VERSION_MASK = 255; // u8
uint256 constant HEADER_DEADLINE_BLOCK_SHIFT = 208; // from the header's word
uint256 constant HEADER_DEADLINE_BLOCK_MASK = 0xffffffffff; // u40
uint256 constant HEADER_MAX_BASE_FEE_SHIFT = 144; // from the header's word
uint256 constant HEADER_MAX_BASE_FEE_MASK = 0xffffffffffffffff; // u64
uint256 constant HEADER_MIN_PROFIT_SHIFT = 16; // from the header's word
uint256 constant HEADER_MIN_PROFIT_MASK = 0xffffffffffffffffffffffffffffffff; // u128
uint256 constant HEADER_TOKEN_COUNT_SHIFT = 8; // from the header's word
uint256 constant HEADER_TOKEN_COUNT_MASK = 255; // u8
uint256 constant OPCODE_MASK = 31; // of a command's first byte
uint256 constant RECIPIENT_SHIFT = 5; // of a command's first byte
uint256 constant RECIPIENT_MASK = 3; // after the shift
uint256 constant ZERO_FOR_ONE_SHIFT = 7; // of a command's first byte
uint256 constant TO_SELF = 0; // recipient
uint256 constant TO_CALLER = 1; // recipient
uint256 constant TO_NEXT = 2; // recipient
uint256 constant TAKES_DELIVERY = 4; // bit set of the opcodes that `next` may name
uint256 constant OP_PAY = 1; // opcode
uint256 constant PAY_SIZE = 18; // bytes before any nested stream
uint256 constant PAY_TOKEN_AT = 1; // u8
uint256 constant PAY_TOKEN_SHIFT = 248; // right, of the word there
uint256 constant PAY_AMOUNT_AT = 2; // u128
uint256 constant PAY_AMOUNT_SHIFT = 128; // right, of the word there
uint256 constant OP_V2 = 2; // opcode
uint256 constant V2_SIZE = 35; // bytes before any nested stream
uint256 constant V2_POOL_AT = 1; // address
uint256 constant V2_POOL_SHIFT = 96; // right, of the word there
uint256 constant V2_AMOUNT_OUT_AT = 21; // u112
uint256 constant V2_AMOUNT_OUT_SHIFT = 144; // right, of the word there
uint256 constant OP_V2_FLASH = 3; // opcode
uint256 constant V2_FLASH_SIZE = 37; // bytes before any nested stream
uint256 constant V2_FLASH_POOL_AT = 1; // address
uint256 constant V2_FLASH_POOL_SHIFT = 96; // right, of the word there
uint256 constant V2_FLASH_AMOUNT_OUT_AT = 21; // u112
uint256 constant V2_FLASH_AMOUNT_OUT_SHIFT = 144; // right, of the word there
uint256 constant V2_FLASH_NESTED_LENGTH_AT = 35; // nested
uint256 constant V2_FLASH_NESTED_LENGTH_SHIFT = 240; // right, of the word there
uint256 constant OP_V3 = 4; // opcode
uint256 constant V3_SIZE = 39; // bytes before any nested stream
uint256 constant V3_POOL_AT = 1; // address
uint256 constant V3_POOL_SHIFT = 96; // right, of the word there
uint256 constant V3_AMOUNT_IN_AT = 21; // u128
uint256 constant V3_AMOUNT_IN_SHIFT = 128; // right, of the word there
uint256 constant V3_NESTED_LENGTH_AT = 37; // nested
uint256 constant V3_NESTED_LENGTH_SHIFT = 240; // right, of the word there
uint256 constant OP_AAVE = 5; // opcode
uint256 constant AAVE_SIZE = 36; // bytes before any nested stream
uint256 constant AAVE_NESTED_LENGTH_AT = 1; // nested
uint256 constant AAVE_NESTED_LENGTH_SHIFT = 240; // right, of the word there
uint256 constant AAVE_TOKEN_AT = 3; // u8
uint256 constant AAVE_TOKEN_SHIFT = 248; // right, of the word there
uint256 constant AAVE_AMOUNT_AT = 4; // u128
uint256 constant AAVE_AMOUNT_SHIFT = 128; // right, of the word there
uint256 constant AAVE_MAX_PREMIUM_AT = 20; // u128
uint256 constant AAVE_MAX_PREMIUM_SHIFT = 128; // right, of the word there
