# pragma version ~=0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Which Pools a Factory Has
@license MIT
"""

import views


struct Key:
    token0: address
    token1: address
    fee: uint24 # only Uniswap V3 factories read it


@external
@view
def pools(
    factory: address, source: bytes4, keys: DynArray[Key, views.MAX_POOLS], budget: views.Budget
) -> DynArray[uint256, views.MAX_WORDS]:
    """
    @notice Pools that a factory has for pairs of tokens.
    @dev Body: address of the pool, 0 where there is none.
    @param factory The factory.
    @param source Its view by token0, token1 and, if it reads it, fee:
           `getPair`, `getPool` or `poolByPair`; `isPoolFromFactory`
           answers 1 for a pool given as token0.
    @param keys The arguments.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    out: DynArray[uint256, views.MAX_WORDS] = []
    for key: Key in keys:
        if views.is_spent(budget, len(out) + 2):
            break
        failure: uint256 = 0
        found: DynArray[uint256, 8] = []
        failure, found = views.words_of(factory, concat(source, abi_encode(key)), 1, views.VIEW_GAS)
        failure = views.unless_address(failure, found, source)
        out.append(views.head(1, 0, 0) if failure == 0 else failure)
        if failure == 0:
            out.append(found[0])
    return out


@external
@view
def listed(
    factory: address, counted: bytes4, source: bytes4, first: uint256, budget: views.Budget
) -> DynArray[uint256, views.MAX_WORDS]:
    """
    @notice All pools that a factory lists from the `first` on.
    @dev Body of the first record: number of the factory's pools; of
         the others: address of a pool.
    @param factory The factory.
    @param counted Its view of that number: `allPairsLength`,
           `pool_count`.
    @param source Its view of a pool by index: `allPairs`,
           `pool_list`.
    @param first Index of the first pool wanted.
    @param budget The words and the gas that may be used.
    @return DynArray The records.
    """
    failure: uint256 = 0
    count: DynArray[uint256, 6] = []
    failure, count = views.values_of(factory, [counted], [64])
    if failure != 0:
        return [failure]
    out: DynArray[uint256, views.MAX_WORDS] = [views.head(1, 0, 0), count[0]]
    for step: uint256 in range(views.MAX_POOLS):
        i: uint256 = unsafe_add(first, step)
        if i >= count[0] or views.is_spent(budget, len(out) + 2):
            break
        found: DynArray[uint256, 8] = []
        failure, found = views.words_of(
            factory, concat(source, convert(i, bytes32)), 1, views.VIEW_GAS
        )
        failure = views.unless_address(failure, found, source)
        out.append(views.head(1, 0, 0) if failure == 0 else failure)
        if failure == 0:
            out.append(found[0])
    return out
