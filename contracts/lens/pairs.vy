# pragma version ~=0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Pairs of Reserves: Uniswap V2
@license MIT
"""

import views


FACTORY: constant(bytes4) = method_id("factory()", output_type=bytes4)
TOKEN0: constant(bytes4) = method_id("token0()", output_type=bytes4)
TOKEN1: constant(bytes4) = method_id("token1()", output_type=bytes4)
GET_RESERVES: constant(bytes4) = method_id("getReserves()", output_type=bytes4)


@external
@view
def uniswap_v2(
    pools: DynArray[address, views.MAX_POOLS], budget: views.Budget
) -> DynArray[uint256, views.MAX_WORDS]:
    """
    @notice Reserves of Uniswap V2 pairs and their forks.
    @dev Body: token0; token1; reserve0 (128 bits) and reserve1; hash
         of the code, which all pairs of a factory share.
    @param pools The pairs.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, views.MAX_WORDS] = []
    for pool: address in pools:
        if views.is_spent(budget, len(out) + 5):
            break
        failure: uint256 = 0
        values: DynArray[uint256, 6] = []
        failure, values = views.values_of(pool, [FACTORY, TOKEN0, TOKEN1], [160, 160, 160])
        reserves: DynArray[uint256, 8] = []
        if failure == 0:
            failure, reserves = views.words_of(pool, concat(GET_RESERVES, b""), 3, views.VIEW_GAS)
        if failure == 0 and (reserves[0] | reserves[1]) >> 112 != 0:
            failure = views.failed(views.MALFORMED, GET_RESERVES)
        if failure != 0:
            out.append(failure)
            continue
        out.append(views.head(4, 0, values[0]))
        out.append(values[1])
        out.append(values[2])
        out.append(reserves[0] << 128 | reserves[1])
        out.append(convert(pool.codehash, uint256))
    return out
