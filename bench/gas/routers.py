"""The routers' calldata for a cycle, paid by the trader from standing approvals.

A router trades on its own factories only: where a route leaves them, it has no calldata (None).
"""

from collections.abc import Sequence
from itertools import groupby

from eth_abi.abi import encode

from bench.gas.market import TRADER, Route
from keeper.chain import Address, Protocol
from replica.abi import encode_call
from replica.manifest import Pool

V2_VENUE = "uniswap-v2"
DEADLINE_S = 1_900_000_000
MSG_SENDER, ADDRESS_THIS = (Address(number.to_bytes(20)) for number in (1, 2))
"""Names that SwapRouter02 and UniversalRouter have for their caller and themselves."""
FROM_OWN_BALANCE, ALREADY_DELIVERED = 0, 0
V3_SWAP_EXACT_IN, V2_SWAP_EXACT_IN = 0x00, 0x08


def v2_router(route: Route, minimum: int) -> bytes | None:
    """V2Router02: pairs of its factory only."""
    if any(pool.venue != V2_VENUE for pool in route.pools):
        return None
    signature = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"
    amount, path = route.legs[0].amount_in_raw, _tokens(route, 0, len(route.legs))
    return encode_call(signature, amount, minimum, path, TRADER, DEADLINE_S)


def swap_router(route: Route, minimum: int) -> bytes | None:
    """SwapRouter02: runs of pairs and of V3 pools, whatever comes between in its own hands."""
    if any(pool.venue not in (V2_VENUE, "uniswap-v3") for pool in route.pools):
        return None
    calls = []
    for protocol, start, end in _runs(route.pools):
        last = end == len(route.pools)
        amount = route.legs[0].amount_in_raw if start == 0 else FROM_OWN_BALANCE
        to, least = (MSG_SENDER, minimum) if last else (ADDRESS_THIS, 0)
        if protocol is Protocol.UNISWAP_V2:
            signature = "swapExactTokensForTokens(uint256,uint256,address[],address)"
            calls.append(encode_call(signature, amount, least, _tokens(route, start, end), to))
        else:
            order = (_v3_path(route, start, end), to, amount, least)
            calls.append(encode_call("exactInput((bytes,address,uint256,uint256))", order))
    return calls[0] if len(calls) == 1 else encode_call("multicall(bytes[])", calls)


def universal_router(route: Route, minimum: int) -> bytes | None:
    """UniversalRouter: paid through Permit2; V3 output goes straight to the pair behind it."""
    if any(pool.venue not in (V2_VENUE, "uniswap-v3") for pool in route.pools):
        return None
    commands, inputs = [], []
    for protocol, start, end in _runs(route.pools):
        last, first = end == len(route.pools), start == 0
        amount = route.legs[start].amount_in_raw
        least = minimum if last else 0
        if protocol is Protocol.UNISWAP_V2:
            to = MSG_SENDER if last else ADDRESS_THIS
            commands.append(V2_SWAP_EXACT_IN)
            path = _tokens(route, start, end)
            types = ["address", "uint256", "uint256", "address[]", "bool"]
            paid = amount if first else ALREADY_DELIVERED
            inputs.append(encode(types, [to, paid, least, path, first]))
        else:
            to = MSG_SENDER if last else route.pools[end].address
            commands.append(V3_SWAP_EXACT_IN)
            types = ["address", "uint256", "uint256", "bytes", "bool"]
            hops = _v3_path(route, start, end)
            inputs.append(encode(types, [to, amount, least, hops, first]))
    signature = "execute(bytes,bytes[],uint256)"
    return encode_call(signature, bytes(commands), inputs, DEADLINE_S)


def _runs(pools: Sequence[Pool]) -> list[tuple[Protocol, int, int]]:
    """Runs of one protocol as (protocol, first place, place behind the last)."""
    runs, start = [], 0
    for protocol, members in groupby(pools, key=lambda pool: pool.protocol):
        end = start + len(list(members))
        runs.append((protocol, start, end))
        start = end
    return runs


def _tokens(route: Route, start: int, end: int) -> list[Address]:
    legs = route.legs[start:end]
    return [legs[0].token_in, *(leg.token_out for leg in legs)]


def _v3_path(route: Route, start: int, end: int) -> bytes:
    path = bytes(route.legs[start].token_in)
    for leg, pool in zip(route.legs[start:end], route.pools[start:end], strict=True):
        path += pool.fee_pips.to_bytes(3) + leg.token_out
    return path
