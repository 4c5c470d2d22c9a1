"""Programs of one who knows the format, holds the key, owns pools and means harm, from one seed."""

import random

from ambush import Ambush
from executor_world import AAVE_POOL, KEEPER, STRANGER
from heist import ASKED_SHIFT, LEADING, Heist, Terms
from program_assembler import ALL_BUT, COMMANDS, STREAMS, command, header, width

from keeper.chain import Address
from keeper.execution.program_table import DIRECTORY_POOLS
from replica.abi import encode_call
from replica.protocols.balancer_v2 import VAULT
from replica.protocols.uniswap_v4 import MANAGER

SIZES = (0, 1, 1, 10**6, 10**6, 10**9, 10**17, 10**20)
FRIENDLY = (
    *("v2", "v2", "v2_flash", "v3", "v3", "v3_pay", "v3_out", "algebra", "algebra_pay"),
    *("v3_flash", "curve", "curve_ng", "morpho", "balancer_flash", "v4"),
    *("v2_run", "cycle_run", "cycle_run", "cycle_run"),
)
OWED = ("pay_owed", "v3_owed", "algebra_owed")
"""Commands that a robber can answer, or that need no market at all."""
USUAL = {"fee": (30,), "indices": (0x01, 0x10)}
"""Of some fields, what may work."""
DEEPEST = 3
PAIRS, AMOUNTS = 1 + DIRECTORY_POOLS, 1 << 86
"""The first place of pairs; what is above all amounts of a cycle."""
LEAVES = [name for name, entry in COMMANDS.items() if not entry.get("arms")]
V2_SWAP = "swap(uint256,uint256,address,bytes)"
LOAN = "flashLoanSimple(address,address,uint256,bytes,uint16)"
VAULT_LOAN = "flashLoan(address,address[],uint256[],bytes)"


class Mastermind:
    """Briefs the robbers and writes what the stolen key sends."""

    def __init__(self, heist: Heist, seed: int) -> None:
        self.rng = random.Random(seed)
        self.heist = heist
        self.ambush = Ambush(heist, self.rng)
        self.tokens = heist.tokens
        self.declared: list[Address] = []
        pools = [pool.address for pool in heist.world.manifest.pools]
        self.elsewhere = [*pools, AAVE_POOL, VAULT, MANAGER, heist.world.executor, STRANGER]

    def strike(self) -> None:
        """One attempt: brief, write, send. At times by a stranger, to a callback, or an ambush."""
        if self.rng.random() < 0.1:
            self.ambush.strike()
            return
        self.declared = self.rng.sample(self.tokens, self.rng.randint(1, 3))
        if self.rng.random() < 0.6:
            self.declared = [self.rng.choice(list(self.heist.markets)), *self.declared]
        for robber in (*self.heist.robbers, self.heist.listed):
            if self.rng.random() < 0.4:
                self.brief(robber)
        if self.rng.random() < 0.05:
            self.heist.attempt(self.uninvited(), Terms(), STRANGER)
            return
        if self.rng.random() < 0.01:
            self.heist.attempt(self.beyond(), Terms(refused=True))
            return
        least = self.rng.choice((0, 0, 0, 0, 1, 10**6))
        if self.rng.random() < 0.1:
            program = header([], lead=self.rng.choice(list(LEADING)), min_profit=least)
            program += self.only_a_run()
        else:
            program = header(self.declared, min_profit=least) + self.stream(0)
        self.heist.attempt(program, Terms(least), self.sender())

    def sender(self) -> Address:
        """The stolen key, or now and then nobody's."""
        return STRANGER if self.rng.random() < 0.03 else KEEPER

    # --------------------------------------------------------------------------------- robbers

    def brief(self, robber: Address) -> None:
        """A plan: mostly the callback that is due, often a gift, and all manner of attempts."""
        plan = 1 if self.rng.random() < 0.8 else 0
        for part in range(1, 9):
            plan |= (self.rng.random() < 0.12) << part
        plan |= self.size() << ASKED_SHIFT
        gift = self.rng.choice(self.declared), self.rng.choice((1, 10**6, 10**9, 10**18, 10**20))
        program, bound = header(self.declared) + self.stream(2), self.bound()
        elsewhere = self.elsewhere_in_our_name()
        self.heist.plan(robber, plan, gift, program=program, bound=bound, elsewhere=elsewhere)

    def elsewhere_in_our_name(self) -> tuple[Address, bytes]:
        """A protocol that is asked to call the executor back with a stream of the thief's."""
        us, data, token = self.heist.world.executor, self.bound(), self.rng.choice(self.tokens)
        pool = self.rng.choice(self.heist.world.manifest.pools).address
        return self.rng.choice(
            (
                (pool, encode_call(V2_SWAP, 1, 0, us, data)),
                (pool, encode_call("flash(address,uint256,uint256,bytes)", us, 1, 0, data)),
                (AAVE_POOL, encode_call(LOAN, us, token, self.size(), data, 0)),
                (VAULT, encode_call(VAULT_LOAN, us, [token], [self.size()], data)),
            )
        )

    def beyond(self) -> bytes:
        """A payment whose index lies beyond the declared tokens, where the stream has an address.

        The calls before it go to nobody; the address behind the fourth lies seven places on.
        """
        token = self.rng.choice([each for each in self.tokens if each not in self.declared])
        idle = {"pool": STRANGER, "amount_out": 0}
        stream = 3 * command("v2", **idle) + command("v2", to=token, **idle)
        robber = self.rng.choice(self.heist.robbers)
        stream += command("pay", to=robber, token=len(self.declared) + 7, amount=1)
        return header(self.declared) + stream

    def bound(self) -> bytes:
        """Data as the executor binds it: tokens, then a stream; or none, as a cycle's."""
        if self.rng.random() < 0.2:
            return b""
        tokens = self.rng.sample(self.tokens, self.rng.randint(1, 2))
        return bytes([len(tokens)]) + b"".join(tokens) + self.pay() + self.stream(DEEPEST)

    def uninvited(self) -> bytes:
        """A callback that nothing has armed."""
        us, data, token = self.heist.world.executor, self.bound(), self.rng.choice(self.tokens)
        terms = bytes([1]) + token + b"\0" + (1).to_bytes(16, "big") + bytes(16) + self.pay()
        return self.rng.choice(
            (
                encode_call("uniswapV2Call(address,uint256,uint256,bytes)", us, 1, 1, data),
                encode_call("uniswapV3SwapCallback(int256,int256,bytes)", 1, 0, data),
                encode_call("uniswapV3SwapCallback(int256,int256,bytes)", 1, 0, b""),
                encode_call("algebraSwapCallback(int256,int256,bytes)", 1, 0, data),
                encode_call("uniswapV3FlashCallback(uint256,uint256,bytes)", 1, 0, data),
                encode_call("unlockCallback(bytes)", data),
                encode_call("onMorphoFlashLoan(uint256,bytes)", 1, terms),
                encode_call(
                    "executeOperation(address,uint256,uint256,address,bytes)",
                    token,
                    1,
                    0,
                    us,
                    terms,
                ),
            )
        )

    # -------------------------------------------------------------------------------- programs

    def stream(self, depth: int, around: str = "") -> bytes:
        """One to three commands, inside the command `around`."""
        count = self.rng.choice((1, 1, 1, 2, 3))
        return b"".join(self.command(depth, around) for _ in range(count))

    def command(self, depth: int, around: str) -> bytes:
        """Any command, more often one that pays or meets a robber."""
        if self.rng.random() < 0.25:
            return self.pay()
        names = FRIENDLY if self.rng.random() < 0.93 else tuple(COMMANDS)
        if around.startswith(("v3", "algebra")) and around != "v3_flash":
            names += OWED
        name = self.rng.choice(names)
        if depth >= DEEPEST and name not in LEAVES:
            return self.pay()
        values = {each["name"]: self.value(each) for each in COMMANDS[name]["field"]}
        values = {key: value for key, value in values.items() if value is not None}
        if name == "curve" and self.rng.random() < 0.8:
            values["pool"] = self.heist.listed
        nested = (
            self.stream(depth + 1, name) if COMMANDS[name].get("arms") and depth < DEEPEST else b""
        )
        if "nested_length" not in [each["name"] for each in COMMANDS[name]["field"]]:
            nested = self.cells(name)
        to: str | Address = self.rng.choice(
            ("self", "self", "self", "caller" if around else "self")
        )
        if self.rng.random() < 0.1:
            to = "next"
        elif self.rng.random() < 0.3:
            to = self.rng.choice(self.heist.robbers)
        if not COMMANDS[name]["recipients"]:
            to = "self"
        way = self.rng.random() < 0.5
        return command(name, to=to, zero_for_one=way, nested=nested, **values)

    def only_a_run(self) -> bytes:
        """A run that is all of its program: with a well-known token, this is done in one go."""
        name, amount = self.rng.choice(("v2_run", "cycle_run")), self.size()
        values = {"token": 0, "amount_in": amount}
        if name == "cycle_run":
            values = {"amount": -amount % AMOUNTS}
        return command(name, nested=self.cells(name), rest=True, **values)

    def cells(self, name: str) -> bytes:
        """A run's, robbers mostly; nothing for other commands."""
        if name == "cycle_run":
            return self.route()
        places = [
            self.rng.choice(self.heist.robbers if self.rng.random() < 0.93 else self.elsewhere)
            for _ in range(self.rng.choice((1, 1, 2, 3)))
        ]
        if name == "v2_run":
            outs = (self.rng.randrange(2) << 95 | self.rng.choice((1, 10**6)) for _ in places)
            cells = (out.to_bytes(12, "big") + at for out, at in zip(outs, places, strict=True))
            return b"".join(cells)
        return b""

    def route(self) -> bytes:
        """The cells of a cycle, over pools and pairs of the robbers' mostly, or over anything."""
        kinds = self.rng.choice(("3", "3", "33", "23", "32", "323", "223", "322", "2323"))
        cells = b""
        for kind, behind in zip(kinds, kinds[1:] + "3", strict=True):
            place = self.rng.randrange(3 if self.rng.random() < 0.93 else 20)
            if kind == "2":
                cells += self.pair(PAIRS + place, more=behind == "2")
            else:
                cells += bytes([(1 + place) << 1 | self.rng.randrange(2)])
        if self.rng.random() < 0.05:
            cells = cells[: self.rng.randrange(len(cells))] + self.rng.randbytes(3)
        return cells

    def pair(self, place: int, *, more: bool) -> bytes:
        """A pair's cell, whose amount may be one of a pool's output."""
        amount = self.rng.choice((1, 10**6, self.size(), -1, -(10**6))) % AMOUNTS
        return bytes([place << 1 | self.rng.randrange(2)]) + (more << 87 | amount << 1).to_bytes(11)

    def pay(self) -> bytes:
        """To a robber, most of the time."""
        to: str | Address = self.rng.choice(self.heist.robbers)
        if self.rng.random() < 0.1:
            to = self.rng.choice(("caller", "next", "self"))
        return command("pay", to=to, token=self.index(), amount=self.amount())

    def value(self, field: dict[str, str]) -> int | bytes | None:  # noqa: PLR0911 - one a kind
        """Something for a field, by its name and type."""
        name, kind = field["name"], field["type"]
        if kind in STREAMS:
            return None
        if name == "pool":
            hostile = self.rng.random() < 0.93
            return self.rng.choice(self.heist.robbers if hostile else self.elsewhere)
        if kind == "address":
            return self.rng.choice(self.tokens)
        if name == "token":
            return self.index()
        if kind == "amount":
            return self.amount()
        if name == "amount" and kind == "u96" and self.rng.random() < 0.8:
            return -self.rng.choice((1, 10**6, self.size())) % AMOUNTS
        if name in {"amount", "amount_in", "amount_out"} and self.rng.random() < 0.7:
            return self.rng.choice((1, 10**6))
        if name in USUAL:
            return self.rng.choice(USUAL[name])
        if name in {"max_premium", "max_amount"}:
            return min(2**120, 256 ** width(kind) - 1)
        return min(self.size(), 256 ** width(kind) - 1)

    def index(self) -> int:
        """A declared token's, or one just beyond."""
        beyond = self.rng.random() < 0.05
        return self.rng.randrange(len(self.declared) + beyond)

    def amount(self) -> int:
        """As it stands, or all but so much."""
        return self.size() | (ALL_BUT if self.rng.random() < 0.1 else 0)

    def size(self) -> int:
        """An amount around those that matter."""
        return self.rng.choice(SIZES) * self.rng.randint(1, 3)
