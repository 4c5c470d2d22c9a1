"""Balancer V2's real vault and pools inside pyrevm, asked as the vault asks them.

Pools register with the vault when they are made; afterwards the vault's code is taken away so that
calls can be sent from its address, with any balances. Tokens and rate providers answer constants.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import pyrevm
from eth_utils import to_checksum_address
from venue_oracle import ACCOUNT, Oracle, selector, words
from venue_states_balancer import random_stable, random_weighted

from keeper.market.venues.balancer import ONE
from keeper.market.venues.balancer_stable import AMP_PRECISION, StableState
from keeper.market.venues.balancer_weighted import WeightedState

TASKS = "@balancer-labs/v2-deployments/dist/tasks"
VAULT = f"{TASKS}/20210418-vault/artifact/Vault.json"
PROVIDER = "20220725-protocol-fee-percentages-provider"
FEES = f"{TASKS}/{PROVIDER}/artifact/ProtocolFeePercentagesProvider.json"
WEIGHTED = f"{TASKS}/20230206-weighted-pool-v3/artifact/WeightedPool.json"
STABLE = f"{TASKS}/20230206-composable-stable-pool-v3/artifact/ComposableStablePool.json"
FIRST_WEIGHTED = f"{TASKS}/20210418-weighted-pool/bytecode/WeightedPool.json"
NOBODY = "0x" + "00" * 20
WINDOWS = (90 * 86400, 30 * 86400)
REQUEST = "(uint8,address,address,uint256,bytes32,uint256,address,address,bytes)"
PAIR_SWAP = f"onSwap({REQUEST},uint256,uint256)"
GENERAL_SWAP = f"onSwap({REQUEST},uint256[],uint256,uint256)"
WEIGHTED_PARAMS = "(string,string,address[],uint256[],address[],address[],uint256)"
STABLE_PARAMS = (
    "(address,address,string,string,address[],address[],uint256[],bool[],"
    "uint256,uint256,uint256,uint256,address,string)"
)


class RealPool(NamedTuple):
    """A deployed pool and the state of ours that stands for it, its balances still to be set."""

    address: str
    pool_id: bytes
    tokens: tuple[str, ...]
    state: WeightedState | StableState


class BalancerOracle(Oracle):
    def __init__(self) -> None:
        super().__init__()
        types = ("address", "address", "uint256", "uint256")
        self.vault = self.deploy(VAULT, types, (ACCOUNT, ACCOUNT, *WINDOWS))
        limits = ("address", "uint256", "uint256")
        self.fees = self.deploy(FEES, limits, (self.vault, ONE // 2, ONE // 2))
        self._made = 0

    def retire_vault(self) -> None:
        """From here on calls are sent in the vault's name; no more pools can be made."""
        self.evm.insert_account_info(self.vault, pyrevm.AccountInfo(code=b""))
        self.evm.set_balance(self.vault, 10**30)

    def constant(self, value: int) -> str:
        """A contract that answers `value` to every call."""
        self._made += 1
        where = to_checksum_address((0xAA << 152 | self._made).to_bytes(20))
        code = b"\x7f" + value.to_bytes(32) + bytes.fromhex("60005260206000f3")
        self.evm.insert_account_info(where, pyrevm.AccountInfo(code=code))
        return where

    def weighted(self, rng: Random, *, first: bool) -> RealPool:
        """A weighted pool of the third factory or of the first."""
        state = random_weighted(rng, shortcuts=not first)
        tokens = [self.constant(places_of(scale)) for scale in state.holding.scaling]
        make = self._first_weighted if first else self._third_weighted
        address = make(tokens, list(state.weights), state.holding.fee_e18)
        return self._registered(address, tokens, state)

    def _first_weighted(self, tokens: list[str], weights: list[int], fee: int) -> str:
        types = ("address", "string", "string", "address[]", "uint256[]", *("uint256",) * 3)
        values = (self.vault, "", "", tokens, weights, fee, *WINDOWS)
        return self.deploy(FIRST_WEIGHTED, (*types, "address"), (*values, ACCOUNT))

    def _third_weighted(self, tokens: list[str], weights: list[int], fee: int) -> str:
        nobody = [NOBODY] * len(tokens)
        params = ("", "", tokens, weights, nobody, nobody, fee)
        types = (WEIGHTED_PARAMS, "address", "address", "uint256", "uint256", "address", "string")
        values = (params, self.vault, self.fees, *WINDOWS, ACCOUNT, "")
        return self.deploy(WEIGHTED, types, values)

    def stable(self, rng: Random) -> RealPool:
        """A composable stable pool, some of its tokens with a rate."""
        state, decimals, rates = random_stable(rng)
        tokens = [self.constant(places) for places in decimals]
        providers = [NOBODY if rate == ONE else self.constant(rate) for rate in rates]
        nothing = ([0] * len(tokens), [False] * len(tokens))
        amp, fee = state.amp // AMP_PRECISION, state.holding.fee_e18
        params = (
            *(self.vault, self.fees, "", "", tokens, providers, *nothing),
            *(amp, fee, *WINDOWS, ACCOUNT, ""),
        )
        address = self.deploy(STABLE, (STABLE_PARAMS,), (params,))
        return self._registered(address, tokens, state)

    def _registered(
        self, address: str, tokens: Sequence[str], state: WeightedState | StableState
    ) -> RealPool:
        pool_id = self.call(address, selector("getPoolId()"))
        return RealPool(address, pool_id, tuple(tokens), state)

    def swap(
        self,
        pool: RealPool,
        balances: Sequence[int],
        trade: tuple[int, int, int],
        *,
        exact_in: bool,
    ) -> int | None:
        """The pool's answer to the vault, output or input; None if it reverts."""
        sold, bought, amount = trade
        tokens = (int(pool.tokens[sold], 16), int(pool.tokens[bought], 16))
        pool_id = int.from_bytes(pool.pool_id)
        account = int(ACCOUNT, 16)
        request = words(
            *(0 if exact_in else 1, *tokens, amount, pool_id, 0, account, account, 288, 0)
        )
        if isinstance(pool.state, WeightedState):
            data = selector(PAIR_SWAP) + words(96, balances[sold], balances[bought]) + request
        else:
            data = self._general(pool, request, balances, sold, bought)
        try:
            answer = self.evm.message_call(self.vault, pool.address, data)
        except RuntimeError as error:
            if not str(error).startswith("Revert"):
                raise
            return None
        return int.from_bytes(answer)

    def _general(
        self,
        pool: RealPool,
        request: bytes,
        balances: Sequence[int],
        sold: int,
        bought: int,
    ) -> bytes:
        """The vault holds the pool's own token among the others, in the order of addresses."""
        order = sorted((pool.address, *pool.tokens), key=str.lower)
        held = dict(zip(pool.tokens, balances, strict=True))
        listed = [held.get(token, 2**111) for token in order]
        places = (order.index(pool.tokens[sold]), order.index(pool.tokens[bought]))
        heads = words(128, 128 + len(request), *places)
        return selector(GENERAL_SWAP) + heads + request + words(len(listed), *listed)


def places_of(scaling: int) -> int:
    """Decimals of a plain token."""
    return 36 - (len(str(scaling)) - 1)
