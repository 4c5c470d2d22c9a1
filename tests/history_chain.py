"""A chain of real Uniswap contracts inside pyrevm: random blocks, taken back to any depth.

Pairs and pools are the protocols' published bytecode; their own logs, read by the collector's own
interpreter, become the messages. `read` asks the contracts for everything anew. A vault of three
tokens, read whole at the end of each block that changed it, stands for the venues that are.
"""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from random import Random

import vyper
from eth_abi import decode, encode
from eth_utils import to_checksum_address
from venue_oracle import ACCOUNT, MAX_LIMIT, MIN_LIMIT, Oracle, selector

from keeper.chain import Address, BlockRef, Protocol
from keeper.collector.logs import Interpreter, boundary_of
from keeper.node import Log
from keeper.relay.messages import (
    NO_INDEX,
    Message,
    Origin,
    PoolReading,
    Reorganisation,
    TokenHolding,
)
from keeper.relay.pool_state import PoolState
from keeper.relay.publisher import Fact

HERE = Path(__file__).parent
V2_FACTORY = "@uniswap/v2-core/build/UniswapV2Factory.json"
V3_FACTORY = "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json"
SPACINGS = {500: 10, 3_000: 60}
START = 100
UNSTAMPED = Origin(0, 0, 0, 0, bytes(32), 0, 0, 0, 0)
VAULT = Address(b"\x77" * 20)
REACH = 12
"""Spacings from tick 0 within which positions begin and end."""


@cache
def _code(name: str) -> bytes:
    source = (HERE / name).read_text()
    compiled = vyper.compile_code(source, output_formats=["bytecode"])
    return bytes.fromhex(compiled["bytecode"].removeprefix("0x"))


@dataclass(frozen=True)
class Mined:
    """A block with the mark that leads back to its end."""

    block: BlockRef
    mark: object


class HistoryChain(Oracle):
    """Two pairs and two pools; every block is told as the messages of a collector."""

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self.rng = rng
        self._vault_touched = False
        self._held: dict[str, list[tuple[int, int, int]]] = {}
        self._sequence, self._branch = 0, 0
        tokens = sorted(str(self.evm.deploy(ACCOUNT, _code("history_token.vy"))) for _ in range(3))
        self.tokens = tokens
        self.trader = str(self.evm.deploy(ACCOUNT, _code("history_trader.vy")))
        self.pairs = self._make_pairs()
        self.pools = self._make_pools()
        for token in tokens:
            self._pay(token, to_checksum_address(VAULT), 10**22)
        self.interpreter = Interpreter((), ())
        for state in self.read():
            self.interpreter.follow(state)
        genesis = BlockRef(START, self._hash(START), bytes(32), START, 1)
        self.blocks = [Mined(genesis, self.evm.snapshot())]

    def begin(self) -> list[Message]:
        """What a consumer joins with: all states as of the head, and its boundary."""
        head = self.blocks[-1].block
        self._sequence += 1
        origin = self._origin(head)
        snapshots = [part for state in self.read() for part in state.snapshot(origin)]
        return [*snapshots, self.read_vault(origin), boundary_of(head).make(origin)]

    def mine(self, transactions: int) -> list[Message]:
        """One more block, as its logs and its boundary say it."""
        parent = self.blocks[-1].block
        number = parent.number + 1
        block = BlockRef(number, self._hash(number), parent.hash, number, 1)
        logs = [log for place in range(transactions) for log in self._act(block, place)]
        readings = [Fact(self.read_vault)] if self._vault_touched else []
        self._vault_touched = False
        facts = [*self.interpreter.read(logs).facts, *readings, boundary_of(block)]
        self.blocks.append(Mined(block, self.evm.snapshot()))
        return [self._stamped(block, fact) for fact in facts]

    def abandon_and_reorganise(self, depth: int) -> Reorganisation:
        """Take the last block back, whose boundary was not sent, and `depth` blocks before it."""
        replaced = self.blocks[-2].block
        del self.blocks[len(self.blocks) - depth - 1 :]
        self._branch += 1
        self.evm.revert(self.blocks[-1].mark)  # type: ignore[arg-type]
        head = self.blocks[-1].block
        self.blocks[-1] = Mined(head, self.evm.snapshot())
        self._sequence += 1
        return Reorganisation(self._origin(head), replaced.hash)

    def read(self) -> list[PoolState]:
        """The chain's own word on every pool."""
        pairs = [self._read_pair(pair) for pair in self.pairs]
        return [*pairs, *(self._read_pool(pool, fee) for pool, fee in self.pools.items())]

    def read_vault(self, origin: Origin) -> PoolReading:
        """The vault as a Curve pool of three tokens."""
        account = encode(("address",), (VAULT,))
        balances = [
            int.from_bytes(self.call(token, selector("balanceOf(address)") + account))
            for token in self.tokens
        ]
        return PoolReading(
            origin=origin,
            pool=VAULT,
            protocol=Protocol.CURVE_STABLESWAP,
            factory=VAULT,
            pool_id=bytes(32),
            fee=4_000_000,
            admin_fee_e10=0,
            offpeg_e10=0,
            amplification=20_000,
            precision=100,
            rounding=0,
            push=0,
            tokens=tuple(
                TokenHolding(Address(bytes.fromhex(token[2:])), 18, balance, 10**18, 0)
                for token, balance in zip(self.tokens, balances, strict=True)
            ),
        )

    def _act(self, block: BlockRef, place: int) -> list[Log]:
        kinds = (self._trade_pair, self._trade_pool, self._trade_pool, self._provide, self._fill)
        kind = self.rng.choice(kinds)
        try:
            kind()
        except RuntimeError:  # the contract refused: a transaction that reverts has no logs
            return []
        return [
            Log(
                address=Address(bytes.fromhex(log.address[2:])),
                topics=tuple(bytes.fromhex(topic[2:]) for topic in log.topics),
                data=bytes(log.data[1]),
                block_number=block.number,
                block_hash=block.hash,
                transaction_index=place,
                log_index=100 * place + index,
                transaction_hash=bytes(32),
                removed=False,
            )
            for index, log in enumerate(self.evm.result.logs)  # type: ignore[union-attr]
        ]

    def _fill(self) -> None:
        token = self.rng.choice(self.tokens)
        self._pay(token, to_checksum_address(VAULT), self.rng.randrange(1, 10**21))
        self._vault_touched = True

    def _trade_pair(self) -> None:
        """A swap, or liquidity added or taken: all of them end in a `Sync`."""
        pair, tokens = self.rng.choice(list(self.pairs.items()))
        kind = self.rng.randrange(4)
        if kind == 0:
            for token in tokens:
                self._pay(token, pair, self.rng.randrange(10**15, 10**18))
            self.call(pair, selector("mint(address)") + encode(("address",), (ACCOUNT,)))
        elif kind == 1:
            self._pay(pair, pair, self.rng.randrange(1, 10**17))
            self.call(pair, selector("burn(address)") + encode(("address",), (ACCOUNT,)))
        else:
            self._swap_pair(pair, tokens, kind - 2)

    def _swap_pair(self, pair: str, tokens: tuple[str, str], sold: int) -> None:
        amount = self.rng.randrange(10**12, 10**18)
        reserves = decode(("uint112", "uint112", "uint32"), self._ask(pair, "getReserves()"))
        held, offered = reserves[sold], reserves[1 - sold]
        got = amount * 997 * offered // (held * 1000 + amount * 997)
        self._pay(tokens[sold], pair, amount)
        outs = (0, got) if sold == 0 else (got, 0)
        types = ("uint256", "uint256", "address", "bytes")
        data = encode(types, (*outs, ACCOUNT, b""))
        self.call(pair, selector("swap(uint256,uint256,address,bytes)") + data)

    def _trade_pool(self) -> None:
        sells0 = self.rng.random() < 0.5
        amount = self.rng.choice((10**9, 10**15, 10**17, 3 * 10**18))
        limit = MIN_LIMIT if sells0 else MAX_LIMIT
        types = ("address", "bool", "int256", "uint160")
        values = (self._pool(), sells0, self.rng.randrange(1, amount), limit)
        self.call(self.trader, selector(f"swap({','.join(types)})") + encode(types, values))

    def _provide(self) -> None:
        """A new position, or part of an old one taken out, or all of it."""
        pool = self._pool()
        spacing = SPACINGS[self.pools[pool]]
        if self._held[pool] and self.rng.random() < 0.5:
            place = self.rng.randrange(len(self._held[pool]))
            lower, upper, amount = self._held[pool][place]
            taken = self.rng.choice((amount, self.rng.randint(1, amount)))
            data = encode(("int24", "int24", "uint128"), (lower, upper, taken))
            inside = selector("burn(int24,int24,uint128)") + data
            call = encode(("address", "bytes"), (pool, inside))
            self.call(self.trader, selector("call(address,bytes)") + call)
            return
        lower = self.rng.randint(-REACH, REACH - 1) * spacing
        upper = lower + self.rng.randint(1, REACH) * spacing
        self._mint(pool, lower, upper, self.rng.randrange(1, 10**20))

    def _mint(self, pool: str, lower: int, upper: int, amount: int) -> None:
        types = ("address", "int24", "int24", "uint128")
        data = encode(types, (pool, lower, upper, amount))
        self.call(self.trader, selector(f"mint({','.join(types)})") + data)
        self._held[pool].append((lower, upper, amount))

    def _make_pairs(self) -> dict[str, tuple[str, str]]:
        factory = self.deploy(V2_FACTORY, ("address",), (ACCOUNT,))
        found = {}
        for tokens in ((self.tokens[0], self.tokens[1]), (self.tokens[1], self.tokens[2])):
            data = encode(("address", "address"), tokens)
            answer = self.call(factory, selector("createPair(address,address)") + data)
            pair = to_checksum_address(decode(("address",), answer)[0])
            for token in tokens:
                self._pay(token, pair, 10**20)
            self.call(pair, selector("mint(address)") + encode(("address",), (ACCOUNT,)))
            found[pair] = tokens
        return found

    def _make_pools(self) -> dict[str, int]:
        factory, tokens = self.deploy(V3_FACTORY), (self.tokens[0], self.tokens[2])
        found = {}
        for fee, spacing in SPACINGS.items():
            data = encode(("address", "address", "uint24"), (*tokens, fee))
            answer = self.call(factory, selector("createPool(address,address,uint24)") + data)
            pool = to_checksum_address(decode(("address",), answer)[0])
            self.call(pool, selector("initialize(uint160)") + encode(("uint160",), (2**96,)))
            found[pool], self._held[pool] = fee, []
            self._mint(pool, -REACH * spacing, REACH * spacing, 10**20)
        return found

    def _read_pair(self, pair: str) -> PoolState:
        reserves = decode(("uint112", "uint112", "uint32"), self._ask(pair, "getReserves()"))
        return self._state(
            pair,
            Protocol.UNISWAP_V2,
            fee_pips=3_000,
            reserve0=reserves[0],
            reserve1=reserves[1],
        )

    def _read_pool(self, pool: str, fee: int) -> PoolState:
        price, tick = decode(("uint160", "int24"), self._ask(pool, "slot0()")[:64])
        (liquidity,) = decode(("uint128",), self._ask(pool, "liquidity()"))
        ticks = self._read_ticks(pool, SPACINGS[fee])
        return self._state(
            pool,
            Protocol.UNISWAP_V3,
            fee_pips=fee,
            tick_spacing=SPACINGS[fee],
            sqrt_price_x96=price,
            liquidity=liquidity,
            tick=tick,
            ticks={tick: net for tick, (_, net) in ticks.items()},
            gross={tick: gross for tick, (gross, _) in ticks.items()},
            tick_index=sorted(ticks),
        )

    def _read_ticks(self, pool: str, spacing: int) -> dict[int, tuple[int, int]]:
        """Gross and net of every initialised tick, found through the contract's own bitmap."""
        found = {}
        for word in (-1, 0):
            data = encode(("int16",), (word,))
            bitmap = int.from_bytes(self.call(pool, selector("tickBitmap(int16)") + data))
            for bit in range(256):
                if bitmap >> bit & 1:
                    tick = (256 * word + bit) * spacing
                    asked = selector("ticks(int24)") + encode(("int24",), (tick,))
                    found[tick] = decode(("uint128", "int128"), self.call(pool, asked)[:64])
        return found

    def _state(self, pool: str, protocol: Protocol, **values: object) -> PoolState:
        empty = dict.fromkeys(("tick_spacing", "reserve0", "reserve1"), 0)
        empty |= dict.fromkeys(("sqrt_price_x96", "liquidity", "tick"), 0)
        tokens = [self._ask(pool, f"token{side}()")[12:] for side in (0, 1)]
        return PoolState(
            pool=Address(bytes.fromhex(pool[2:])),
            protocol=protocol,
            factory=Address(self._ask(pool, "factory()")[12:]),
            token0=Address(tokens[0]),
            token1=Address(tokens[1]),
            decimals0=18,
            decimals1=18,
            epoch=0,
            sequence=0,
            block_number=0,
            **(empty | values),  # type: ignore[arg-type]
        )

    def _pool(self) -> str:
        return self.rng.choice(list(self.pools))

    def _pay(self, token: str, to: str, amount: int) -> None:
        data = encode(("address", "uint256"), (to, amount))
        self.call(token, selector("transfer(address,uint256)") + data)

    def _ask(self, to: str, view: str) -> bytes:
        return self.call(to, selector(view))

    def _hash(self, number: int) -> bytes:
        return sha256(f"{self._branch}:{number}".encode()).digest()

    def _stamped(self, block: BlockRef, fact: Fact) -> Message:
        self._sequence += 1
        return fact.make(self._origin(block, fact.transaction_index, fact.log_index))

    def _origin(self, block: BlockRef, transaction: int = NO_INDEX, log: int = NO_INDEX) -> Origin:
        return Origin(1, self._sequence, 137, block.number, block.hash, transaction, log, 1, 2)
