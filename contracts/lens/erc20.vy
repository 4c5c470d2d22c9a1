# pragma version ~=0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title What ERC-20 Tokens Say of Themselves
@license MIT
"""

import views


SYMBOL: constant(bytes4) = method_id("symbol()", output_type=bytes4)
DECIMALS: constant(bytes4) = method_id("decimals()", output_type=bytes4)


@external
@view
def tokens(
    asked: DynArray[address, views.MAX_POOLS], budget: views.Budget
) -> DynArray[uint256, views.MAX_WORDS]:
    """
    @notice Decimals of ERC-20 tokens.
    @dev Body: decimals.
    @param asked The tokens.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, views.MAX_WORDS] = []
    for token: address in asked:
        if views.is_spent(budget, len(out) + 2):
            break
        failure: uint256 = 0
        values: DynArray[uint256, 6] = []
        failure, values = views.values_of(token, [DECIMALS], [8])
        if failure != 0:
            out.append(failure)
            continue
        out.append(views.head(1, 0, 0))
        out.append(values[0])
    return out


@external
@view
def symbols(
    asked: DynArray[address, views.MAX_POOLS], budget: views.Budget
) -> DynArray[uint256, views.MAX_WORDS]:
    """
    @notice Symbols of ERC-20 tokens, as they answer them.
    @dev Body: length of the answer in bytes, at most 160; its words,
         the last one filled up.
    @param asked The tokens.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, views.MAX_WORDS] = []
    for token: address in asked:
        if views.is_spent(budget, len(out) + 7):
            break
        success: bool = False
        answer: Bytes[160] = b""
        success, answer = raw_call(
            token,
            concat(SYMBOL, b""),
            max_outsize=160,
            gas=views.VIEW_GAS,
            is_static_call=True,
            revert_on_failure=False,
        )
        if not success:
            out.append(views.failed(views.REVERTED, SYMBOL))
            continue
        filled: Bytes[192] = concat(answer, empty(bytes32))
        count: uint256 = (len(answer) + 31) // 32
        out.append(views.head(1 + count, 0, 0))
        out.append(len(answer))
        for i: uint256 in range(count, bound=5):
            out.append(extract32(filled, 32 * i, output_type=uint256))
    return out
