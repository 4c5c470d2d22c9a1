"""Real pools with gaps of our making, and an executor that lives off them, all through ape."""

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

import ape
from ape.api import AccountAPI, ProviderAPI, ReceiptAPI
from ape.contracts import ContractInstance
from eth_utils.address import to_canonical_address, to_checksum_address
from fork_addresses import (
    AAVE_POOL,
    QUICKSWAP_USDC_E_WETH,
    QUICKSWAP_WPOL_USDC_E,
    QUOTER_V2,
    USDC_E,
    V3_WPOL_USDC_E,
    V3_WPOL_WETH,
    WETH,
    WPOL,
)

from keeper.chain import Address, Protocol
from keeper.deployment import Arguments
from keeper.execution.directory import Directory
from keeper.execution.program import Funding, asking_legs, encode_program
from keeper.strategies.opportunity import Leg
from replica.abi import encode_call
from scripts import _executor as executors

POL = 10**18
TREASURY = Address(bytes.fromhex("a11ce0000000000000000000000000000000a1fa"))
FAR_BLOCK = 2**32 - 1
FUNDINGS = (Funding.OWN_CAPITAL, Funding.FLASH_SWAP, Funding.AAVE_V3)
ANY_BASE_FEE_WEI = 10**15
V3_FEE_PIPS = 500
QUOTE = "quoteExactInputSingle((address,address,uint256,uint24,uint160))"
QUOTE_OUTPUT = "quoteExactOutputSingle((address,address,uint256,uint24,uint160))"

Hop = tuple[Address, Protocol, Address, Address]
V2_BACK = (QUICKSWAP_WPOL_USDC_E, Protocol.UNISWAP_V2, USDC_E, WPOL)
V3_OUT = (V3_WPOL_USDC_E, Protocol.UNISWAP_V3, WPOL, USDC_E)
TWO_HOPS = (V3_OUT, V2_BACK)
"""Sells WPOL where it is dear and buys it back where a seller made it cheap."""
TWO_HOPS_BACK = (
    (QUICKSWAP_WPOL_USDC_E, Protocol.UNISWAP_V2, WPOL, USDC_E),
    (V3_WPOL_USDC_E, Protocol.UNISWAP_V3, USDC_E, WPOL),
)
"""The same the wrong way round: a certain loss where the other is a profit."""
THREE_HOPS = (
    (V3_WPOL_WETH, Protocol.UNISWAP_V3, WPOL, WETH),
    (QUICKSWAP_USDC_E_WETH, Protocol.UNISWAP_V2, WETH, USDC_E),
    V2_BACK,
)

POOLS, PAIRS = (V3_WPOL_USDC_E, V3_WPOL_WETH), (QUICKSWAP_WPOL_USDC_E, QUICKSWAP_USDC_E_WETH)
DIRECTORY = Directory.of(POOLS, PAIRS)

# a transaction that was taken back and is sent again unchanged has no receipt
_gas_limits = itertools.count(2_000_000)


def arguments_of(owner: AccountAPI, guardian: AccountAPI) -> Arguments:
    """What the executor is created with."""
    return Arguments(
        owner=_raw(owner),
        guardian=_raw(guardian),
        treasury=TREASURY,
        aave_pool=AAVE_POOL,
        pools=POOLS,
        pairs=PAIRS,
    )


@dataclass(frozen=True)
class Market:
    """Accounts by role, and the executor that they share."""

    provider: ProviderAPI
    owner: AccountAPI
    guardian: AccountAPI
    keeper: AccountAPI
    trader: AccountAPI
    stranger: AccountAPI
    executor: ContractInstance

    @classmethod
    def open(cls, provider: ProviderAPI) -> Self:
        """Deploy the executor, and give the trader WPOL."""
        people = [ape.accounts.test_accounts[index] for index in range(5)]
        for person in people:
            # on Polygon these accounts' keys are public, and strangers have delegated them
            provider.make_request("anvil_setCode", [str(person.address), "0x"])
            provider.make_request("anvil_setBalance", [str(person.address), hex(10**9 * POL)])
        ape.chain.mine()
        owner, guardian = people[:2]
        contract = executors.compile_executor()
        arguments = arguments_of(owner, guardian)
        executor = owner.deploy(contract, *executors.constructor_arguments(arguments))
        executors.verify(provider, executor, contract, arguments)
        market = cls(provider, *people, executor)
        executor.setExecutor(market.keeper, True, sender=owner)
        market.send(market.trader, WPOL, encode_call("deposit()"), 10**8 * POL)
        return market

    @property
    def address(self) -> Address:
        """The executor's."""
        return Address(to_canonical_address(str(self.executor.address)))

    def send(self, who: AccountAPI, to: Address, data: bytes, value: int = 0) -> ReceiptAPI:
        """One transaction that must succeed."""
        where, gas = to_checksum_address(to), next(_gas_limits)
        return who.transfer(where, value, data=data, gas_limit=gas)

    def ask(self, to: Address, signature: str, *arguments: object) -> list[int]:
        """The words that a view function returns."""
        data = "0x" + encode_call(signature, *arguments).hex()
        call = {"to": to_checksum_address(to), "data": data}
        answer = str(self.provider.make_request("eth_call", [call, "latest"]))
        raw = bytes.fromhex(answer.removeprefix("0x"))
        return [int.from_bytes(raw[at : at + 32], "big") for at in range(0, len(raw), 32)]

    def ask_address(self, to: Address, signature: str, *arguments: object) -> Address:
        """The address that a view function returns."""
        return Address(self.ask(to, signature, *arguments)[0].to_bytes(20, "big"))

    def balance(self, token: Address, holder: Address) -> int:
        """Raw units of a token."""
        return self.ask(token, "balanceOf(address)", holder)[0]

    def reserves(self, pair: Address, token_in: Address, token_out: Address) -> tuple[int, int]:
        """Reserves of a pair as (in, out)."""
        reserve0, reserve1, _ = self.ask(pair, "getReserves()")
        return (reserve0, reserve1) if token_in < token_out else (reserve1, reserve0)

    def quote(self, hop: Hop, amount_in: int) -> int:
        """Exact output of one hop: the V2 formula, or Uniswap's own quoter."""
        pool, protocol, token_in, token_out = hop
        if protocol is Protocol.UNISWAP_V2:
            into, out = self.reserves(pool, token_in, token_out)
            with_fee = amount_in * 997
            return with_fee * out // (into * 1000 + with_fee)
        order = (token_in, token_out, amount_in, V3_FEE_PIPS, 0)
        return self.ask(QUOTER_V2, QUOTE, order)[0]

    def legs(self, route: Sequence[Hop], amount_in: int) -> tuple[Leg, ...]:
        """The route in exact amounts."""
        legs: list[Leg] = []
        for hop in route:
            pool, protocol, token_in, token_out = hop
            amount_out = self.quote(hop, amount_in)
            zero_for_one = token_in < token_out
            legs.append(
                Leg(pool, protocol, zero_for_one, token_in, token_out, amount_in, amount_out)
            )
            amount_in = amount_out
        return tuple(legs)

    def size(self, per_mille: int) -> int:
        """So many thousandths of the WPOL in the pair that the routes buy it from."""
        into, _ = self.reserves(QUICKSWAP_WPOL_USDC_E, WPOL, USDC_E)
        return into * per_mille // 1000

    def make_gap(self, per_mille: int) -> None:
        """Sell so many thousandths of the pair's WPOL into it."""
        amount = self.size(per_mille)
        amount_out = self.quote(TWO_HOPS_BACK[0], amount)
        self.send(
            self.trader,
            WPOL,
            encode_call("transfer(address,uint256)", QUICKSWAP_WPOL_USDC_E, amount),
        )
        swap = encode_call(
            "swap(uint256,uint256,address,bytes)", 0, amount_out, _raw(self.trader), b""
        )
        self.send(self.trader, QUICKSWAP_WPOL_USDC_E, swap)

    def fund_executor(self, amount: int) -> None:
        """Give the executor own capital in WPOL."""
        data = encode_call("transfer(address,uint256)", self.address, amount)
        self.send(self.trader, WPOL, data)

    def program(self, legs: Sequence[Leg], funding: Funding, **changes: int) -> bytes:
        """Calldata whose limits bind only where changed."""
        limits = {
            "min_profit_raw": 0,
            "deadline_block": FAR_BLOCK,
            "max_base_fee_wei": ANY_BASE_FEE_WEI,
            "max_premium_raw": self.aave_premium(legs[0].amount_in_raw),
        }
        terms = {"funding": funding, "profit_token": WPOL, "directory": DIRECTORY}
        return encode_program(legs, **(terms | limits | changes))

    def payment(self, legs: Sequence[Leg], funding: Funding) -> int:
        """What the first pool is paid: what it asks for, where it does."""
        asking = asking_legs(legs, funding, None, DIRECTORY)
        paid = legs[0].amount_in_raw if not asking else asking[-1].amount_out_raw
        for leg in reversed(asking):
            order = (leg.token_in, leg.token_out, paid, V3_FEE_PIPS, 0)
            paid = self.ask(QUOTER_V2, QUOTE_OUTPUT, order)[0]
        return paid

    def aave_premium(self, amount: int) -> int:
        """What Aave asks for a loan now, rounded half up as its percentage arithmetic does."""
        (basis_points,) = self.ask(AAVE_POOL, "FLASHLOAN_PREMIUM_TOTAL()")
        return (amount * basis_points + 5_000) // 10_000

    def run(self, program: bytes, who: AccountAPI | None = None) -> ReceiptAPI:
        """Send a program, as the keeper unless told otherwise."""
        return self.send(who or self.keeper, self.address, program)

    def attempt(self, program: bytes) -> bool:
        """Send a program as the keeper; whether it succeeded. Spares ape's trace of a revert."""
        order = {
            "from": str(self.keeper.address),
            "to": str(self.executor.address),
            "data": "0x" + program.hex(),
            "gas": hex(next(_gas_limits)),
        }
        tx_hash = self.provider.make_request("eth_sendTransaction", [order])
        receipt = self.provider.web3.eth.wait_for_transaction_receipt(tx_hash, 20, 0.01)
        return bool(receipt["status"])


@contextmanager
def isolated() -> Iterator[None]:
    """Take the chain back afterwards. Ape's own `chain.isolate` swallows what a test asserts."""
    mark = ape.chain.snapshot()
    try:
        yield
    finally:
        ape.chain.restore(mark)


def _raw(account: AccountAPI) -> Address:
    return Address(to_canonical_address(str(account.address)))
