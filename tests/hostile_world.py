"""A rich executor among hostile pools and tokens, and the promise that each of them is held to."""

from collections.abc import Callable
from dataclasses import dataclass

from directory import relist
from eth_utils.abi import function_signature_to_4byte_selector
from executor_world import (
    AAVE_POOL,
    KEEPER,
    OWNER,
    STRANGER,
    V2_CALLBACK,
    V3_CALLBACK,
    RevertedError,
    World,
    hexed,
)
from program_assembler import bound, command

from keeper.chain import Address
from keeper.execution.program_table import DIRECTORY_POOLS
from replica.abi import encode_call
from replica.contracts import compile_contract

ALGEBRA_CALLBACK = "algebraSwapCallback(int256,int256,bytes)"
FLASH_CALLBACK = "uniswapV3FlashCallback(uint256,uint256,bytes)"
POOLS = "tests/contracts/HostilePools.sol"
TOKENS = "tests/contracts/HostileTokens.sol"
Call = tuple[Address, bytes]


@dataclass(frozen=True)
class Visit:
    """How a program calls a pool that anyone may have written, and how that pool calls back."""

    name: str
    callback: str
    """Signature of the armed callback; empty where the pool calls nobody."""
    data_word: int
    """Which argument of the swap is its data."""
    command: Callable[[Address, bytes], bytes]
    """The commands that pay the pool by the nested stream, where it has one."""
    asks: bool = False
    """Whether the pool is paid what its callback asks for."""


PAID = 10**18
FIRST_PAIR, AMOUNTS = 1 + DIRECTORY_POOLS, 1 << 86
"""The first place of pairs in a directory; what is above all amounts of a cycle."""


def stream(amount: int = PAID, token: int = 0, to: str = "caller") -> bytes:
    """A payment to the pool that calls back."""
    return command("pay", to=to, token=token, amount=amount)


NESTED = stream()


def delivered(name: str, **values: int) -> Visit:
    """A visit to a pool that is paid before it is called."""
    fields = values | ({"token": 0} if name == "v2_arrived" else {})
    before = stream(to="next")
    return Visit(name, "", 0, lambda pool, _: before + command(name, pool=pool, **fields))


def opened(name: str, callback: str, data_word: int, **values: int) -> Visit:
    """A visit to a pool that calls back with the stream that pays it."""
    return Visit(
        name,
        callback,
        data_word,
        lambda pool, nested: command(name, pool=pool, nested=nested, **values),
    )


def pulled(name: str, callback: str) -> Visit:
    """A visit to a pool whose callback is paid what it asks for, without a stream."""
    values = {"token": 0, "amount_in": PAID}
    return Visit(name, callback, 4, lambda pool, _: command(name, pool=pool, **values), asks=True)


def pair_run(*pairs: Address) -> bytes:
    """A run over pairs, each of which gives one unit of its token1."""
    cells = b"".join((1 << 95 | 1).to_bytes(12, "big") + pair for pair in pairs)
    return command("v2_run", token=0, amount_in=PAID, nested=cells)


def cycle(*, by_pair: bool = False) -> bytes:
    """A cycle over the first listed pool, or over the first listed pair and it, for `PAID`."""
    cells = bytes([1 << 1 | 1])
    if by_pair:
        cells = bytes([FIRST_PAIR << 1 | 1]) + (PAID << 1).to_bytes(11) + cells
    return command("cycle_run", amount=-PAID % AMOUNTS, nested=cells)


VISITS = (
    delivered("v2", amount_out=1),
    delivered("v2_arrived", fee=30),
    delivered("curve_ng", indices=1, amount_in=PAID),
    opened("v2_flash", V2_CALLBACK, 3, amount_out=1),
    opened("v3", V3_CALLBACK, 4, amount_in=PAID),
    opened("v3_out", V3_CALLBACK, 4, amount_out=1),
    opened("algebra", ALGEBRA_CALLBACK, 4, amount_in=PAID),
    opened("algebra_out", ALGEBRA_CALLBACK, 4, amount_out=1),
    opened("v3_flash", FLASH_CALLBACK, 3, amount=1),
    pulled("v3_pay", V3_CALLBACK),
    pulled("algebra_pay", ALGEBRA_CALLBACK),
    Visit("v2_run", "", 0, lambda pool, _: pair_run(pool)),
    Visit("cycle_run", V3_CALLBACK, 4, lambda _pool, _nested: cycle(), asks=True),
    Visit("cycle_run by a pair", V3_CALLBACK, 4, lambda _pool, _nested: cycle(by_pair=True)),
)


@dataclass
class Protected:
    """What no hostile code may change: balances, allowances, and who rules the executor."""

    balances: dict[Address, int]
    control: tuple[object, ...]

    @classmethod
    def of(cls, world: World) -> "Protected":
        return cls(world.holdings(), control_state(world))


def control_state(world: World) -> tuple[object, ...]:
    """Everything that administration decides."""
    views = {
        "owner()": "address",
        "pendingOwner()": "address",
        "treasury()": "address",
        "pendingTreasury()": "address",
        "paused()": "bool",
        "executors()": "address[]",
        "guardians()": "address[]",
    }
    return tuple(world.ask(world.executor, view, [kind]) for view, kind in views.items())


def run_held_to_the_promise(
    world: World, program: bytes, spenders: tuple[Address, ...] = ()
) -> RevertedError | None:
    """Run the program by the authorised key and state the promise; the revert, if it was one."""
    before = Protected.of(world)
    failure = None
    try:
        world.run(program)
    except RevertedError as error:
        failure = error
    after = Protected.of(world)
    assert all(after.balances[token] >= held for token, held in before.balances.items())
    assert after.control == before.control
    assert allowances(world, (AAVE_POOL, *spenders)) == {0}
    return failure


def allowances(world: World, spenders: tuple[Address, ...]) -> set[int]:
    """What each spender may take of each of the replica's tokens."""
    signature = "allowance(address,address)"
    return {
        world.ask(token.address, signature, ["uint256"], world.executor, spender)
        for token in world.manifest.tokens
        for spender in spenders
    }


def hostile_pool(world: World, kind: str) -> Address:
    """A new pool of that kind, which holds some of every token to give, and may run programs.

    The role is the worst case: an account with an executor's rights whose code is hostile. The
    executor lists it, as a pool and as a pair.
    """
    pool = world.deploy(compile_contract(f"{POOLS}:{kind}").creation_code)
    for token in world.manifest.tokens:
        world.fund(token.address, world.balance(token.address) // 2, pool)
    world.do(OWNER, world.executor, "setExecutor(address,bool)", pool, True)
    world.evm.set_balance(hexed(pool), 10**18)
    relist(world, world.executor, [pool], [pool])
    return pool


def brief(
    world: World, pool: Address, visit: Visit, gift: tuple[Address, int], calls: list[Call]
) -> None:
    """Tell the pool whom it meets, what it may try, and what it gives so that the run may pass."""
    armed = function_signature_to_4byte_selector(visit.callback) if visit.callback else bytes(4)
    signature = "brief(address,bytes4,uint256,(address,bytes)[],address,uint256)"
    world.do(STRANGER, pool, signature, world.executor, armed, visit.data_word, calls, *gift)


def counted(world: World, hostile: Address) -> tuple[int, int]:
    """What a hostile contract tried that should be refused, and how much of it was not."""
    return tuple(world.ask(hostile, view, ["uint256"]) for view in ("attempts()", "breaches()"))


def administration(world: World, pool: Address) -> list[Call]:
    """Every administrative act that would pay off for the pool."""
    wpol = world.manifest.token("WPOL").address
    acts = [
        encode_call("withdraw(address,uint256)", wpol, 1),
        encode_call("withdraw(address,uint256)", Address(bytes(20)), 1),
        encode_call("setExecutor(address,bool)", STRANGER, True),
        encode_call("setExecutor(address,bool)", KEEPER, False),
        encode_call("setGuardian(address,bool)", pool, True),
        encode_call("transferOwnership(address)", pool),
        encode_call("acceptOwnership()"),
        encode_call("renounceOwnership()"),
        encode_call("proposeTreasury(address)", pool),
        encode_call("acceptTreasury()"),
        encode_call("pause()"),
        encode_call("unpause()"),
    ]
    return [(world.executor, act) for act in acts]


def transfers_by_allowance(world: World, pool: Address) -> list[Call]:
    """Take a unit of each token in the executor's name."""
    signature = "transferFrom(address,address,uint256)"
    take = encode_call(signature, world.executor, pool, 1)
    return [(token.address, take) for token in world.manifest.tokens]


def swaps_and_loans_in_its_name(world: World) -> list[Call]:
    """Real protocols asked to call the executor back, with a stream that would pay."""
    wpol = world.manifest.token("WPOL").address
    data = bound([wpol], stream(to="caller"))
    pair = world.manifest.pool("quickswap-v2", "WPOL", "USDC.e")
    pool = world.manifest.pool("uniswap-v3", "WPOL", "USDC.e", 500)
    loan = "flashLoanSimple(address,address,uint256,bytes,uint16)"
    several = "flashLoan(address,address[],uint256[],bytes)"
    return [
        (
            pair.address,
            encode_call("swap(uint256,uint256,address,bytes)", 1, 0, world.executor, data),
        ),
        (
            pool.address,
            encode_call("flash(address,uint256,uint256,bytes)", world.executor, 1, 0, data),
        ),
        (AAVE_POOL, encode_call(loan, world.executor, wpol, 10**18, data, 0)),
        (
            world.manifest.contract("Balancer Vault"),
            encode_call(several, world.executor, [wpol], [10**18], data),
        ),
    ]
