"""A real Safe of three keys, two of which act, as the owner of the executor in a `World`."""

from collections.abc import Sequence
from dataclasses import dataclass

from eth_account import Account
from executor_world import OWNER, STRANGER, World

from keeper.chain import Address
from replica.abi import address, encode_call

KEYS = tuple(bytes(31) + bytes([n]) for n in (0x0A, 0x0B, 0x0C))
THRESHOLD = 2
NOBODY = Address(bytes(20))
TERMS = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address"


def signer(key: bytes) -> Address:
    """The account of a key."""
    return address(Account.from_key(key).address)


@dataclass(frozen=True)
class Safe:
    """A Safe 1.4.1 proxy; whoever sends its transactions, only its signatures count."""

    world: World
    address: Address

    def transaction(
        self, to: Address, data: bytes, keys: Sequence[bytes] = KEYS[:THRESHOLD], value: int = 0
    ) -> bytes:
        """Calldata of an execTransaction signed by `keys`, in their accounts' order."""
        terms = (to, value, data, 0, 0, 0, 0, NOBODY, NOBODY)
        nonce = self.world.ask(self.address, "nonce()", ["uint256"])
        digest = self.world.ask(
            self.address, f"getTransactionHash({TERMS},uint256)", ["bytes32"], *terms, nonce
        )
        signatures = b"".join(
            bytes(Account.unsafe_sign_hash(digest, key).signature)
            for key in sorted(keys, key=signer)
        )
        return encode_call(f"execTransaction({TERMS},bytes)", *terms, signatures)

    def act(self, signature: str, *args: object, keys: Sequence[bytes] = KEYS[:THRESHOLD]) -> None:
        """Call the executor from the Safe; raises `RevertedError` if Safe or executor refuse."""
        order = encode_call(signature, *args)
        self.world.call(STRANGER, self.address, self.transaction(self.world.executor, order, keys))


def new_safe(world: World, number: int = 137) -> Safe:
    """A Safe of `KEYS`' accounts from the canonical factory, one for each number."""
    named = world.manifest.contract
    owners = sorted(map(signer, KEYS))
    setup = encode_call(
        "setup(address[],uint256,address,bytes,address,address,uint256,address)",
        *(owners, THRESHOLD, NOBODY, b"", named("CompatibilityFallbackHandler")),
        *(NOBODY, 0, NOBODY),
    )
    create = encode_call(
        "createProxyWithNonce(address,bytes,uint256)", named("SafeL2"), setup, number
    )
    return Safe(world, address(world.call(STRANGER, named("SafeProxyFactory"), create)[-20:].hex()))


def owned_by_safe(world: World) -> Safe:
    """Hand the executor over to a new Safe, in the two steps that there are."""
    safe = new_safe(world)
    world.do(OWNER, world.executor, "transferOwnership(address)", safe.address)
    safe.act("acceptOwnership()")
    return safe
