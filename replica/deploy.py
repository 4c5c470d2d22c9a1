"""Placing real contracts at their real addresses by running their constructors in place.

An account gets nonce 1 and, as its code, creation code plus arguments. A call learns the runtime
code that the constructor returns; a transaction makes its storage writes and CREATE children happen
at the address itself; then the runtime code replaces the creation code. Immutables that use
`address(this)` and all derived children come out as on chain.
"""

from typing import Any

from eth_utils.crypto import keccak

from keeper.chain import Address
from replica.abi import address, encode_call
from replica.manifest import Contract, Factory, Pool, Realness
from replica.rpc import Rpc, RpcError
from replica.venues import AlgebraPool, BalancerPool, CurvePool, MorphoMarket, V4Pool

TRANSACTION_GAS = 29_000_000

GOVERNANCE = address("0x00000000000000000000000000000000000a1fa0")
"""Owner, admin and minter of everything on the replica; no key to it exists."""
WHALE = address("0x00000000000000000000000000000000000a1fa1")
"""Provides all liquidity and makes the ageing swaps; no key to it exists."""


class BuildError(RuntimeError):
    """The replica did not come out as its recipe says; the message names the step."""


def own_place(name: str) -> Address:
    """A fixed address for contracts whose place on Polygon does not matter."""
    return Address(keccak(text=f"alphapulse replica {name}")[12:])


class Site:
    """A chain under construction: one transaction a block, every one of them must succeed."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self.contracts: list[Contract] = []
        self.pools: list[Pool] = []
        self.factories: list[Factory] = []
        self.v4_pools: list[V4Pool] = []
        self.balancer_pools: list[BalancerPool] = []
        self.algebra_pools: list[AlgebraPool] = []
        self.curve_pools: list[CurvePool] = []
        self.morpho_markets: list[MorphoMarket] = []

    def place(
        self,
        entry: Contract,
        creation: bytes,
        constructor: bytes = b"",
        sender: Address = GOVERNANCE,
    ) -> Address:
        """Run `creation` with its encoded arguments at `entry.address` and list it."""
        where = entry.address
        self.rpc("anvil_setNonce", [where, "0x1"])
        self.rpc("anvil_setCode", [where, creation + constructor])
        call = {"from": sender, "to": where, "gas": hex(TRANSACTION_GAS)}
        runtime = self.rpc("eth_call", [call, "latest"])
        if runtime == "0x":
            raise BuildError(f"{entry.name}: its constructor returned no code")
        self.transact(sender, where, b"")
        self.rpc("anvil_setCode", [where, runtime])
        self.enter(entry)
        return where

    def enter(self, entry: Contract) -> None:
        """Enter a contract into the manifest; names and addresses must be its own."""
        for other in self.contracts:
            if entry.name == other.name or entry.address == other.address:
                raise BuildError(f"{entry.name} is listed twice")
        self.contracts.append(entry)

    def place_own(
        self, name: str, protocol: str, package: str, creation: bytes, *args: bytes
    ) -> Address:
        """Place a part whose address on Polygon does not matter at one of our own."""
        note = "stands at an address of the replica's own"
        entry = Contract(name, own_place(name), protocol, package, Realness.PARTLY_REAL, note)
        return self.place(entry, creation, b"".join(args))

    def send(
        self, sender: Address, to: Address, signature: str, *args: object, value: int = 0
    ) -> None:
        """One successful transaction calling `signature`."""
        self.transact(sender, to, encode_call(signature, *args), value, what=signature)

    def transact(
        self, sender: Address, to: Address, data: bytes, value: int = 0, what: str = "constructor"
    ) -> None:
        """One successful transaction in a block of its own; raises `BuildError` otherwise."""
        order = {
            "from": sender,
            "to": to,
            "data": data,
            "value": hex(value),
            "gas": hex(TRANSACTION_GAS),
            "gasPrice": "0x0",
        }
        tx_hash = self.rpc("eth_sendTransaction", [order])
        self.rpc("evm_mine")
        receipt = self.rpc("eth_getTransactionReceipt", [tx_hash])
        if receipt is None or receipt["status"] != "0x1":
            reason = self._reason(order)
            raise BuildError(f"{what} at 0x{to.hex()} failed: {reason}")

    def _reason(self, order: dict[str, Any]) -> str:
        try:
            self.rpc("eth_call", [order, "latest"])
        except RpcError as error:
            return str(error)
        return "out of gas, or it fails only inside a block"

    def has_code(self, where: Address) -> bool:
        """Whether a contract stands there."""
        return bool(self.rpc("eth_getCode", [where, "latest"]) != "0x")

    def expect(self, what: str, found: Address, wanted: Address) -> None:
        """Assert a derived address: `found` must be the canonical `wanted` and hold code."""
        if found != wanted:
            raise BuildError(f"{what} came out at 0x{found.hex()}, wanted 0x{wanted.hex()}")
        if not self.has_code(found):
            raise BuildError(f"{what}: no code at 0x{found.hex()}")
