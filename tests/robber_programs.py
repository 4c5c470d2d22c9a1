"""Programs of one who knows the format, holds the key, owns pools and means harm, from one seed."""

import random

from executor_world import AAVE_POOL, KEEPER, STRANGER
from heist import Heist
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
CALL_BACK, AGAIN, RUN, LATE, ASK_FOR_MORE, ELSEWHERE, ONCE = 1, 2, 16, 32, 64, 256, 512
"""Parts of a robber's plan, as Robber.sol names them."""
MOST = 10**6
"""What the cycles give that are attacked for their payment."""
PAIRS, AMOUNTS = 1 + DIRECTORY_POOLS, 1 << 86
"""The first place of pairs; what is above all amounts of a cycle."""
LEAVES = [name for name, entry in COMMANDS.items() if not entry.get("arms")]
PLAN = "plan(uint256,address,uint256,bytes,bytes,address,bytes)"
V2_SWAP = "swap(uint256,uint256,address,bytes)"
LOAN = "flashLoanSimple(address,address,uint256,bytes,uint16)"
VAULT_LOAN = "flashLoan(address,address[],uint256[],bytes)"


class Mastermind:
    """Briefs the robbers and writes what the stolen key sends."""

    def __init__(self, heist: Heist, seed: int) -> None:
        self.rng = random.Random(seed)
        self.heist = heist
        self.tokens = heist.tokens
        self.declared: list[Address] = []
        self.paid = [heist.world.manifest.token(symbol).address for symbol in ("WPOL", "USDC.e")]
        pools = [pool.address for pool in heist.world.manifest.pools]
        self.elsewhere = [*pools, AAVE_POOL, VAULT, MANAGER, heist.world.executor, STRANGER]

    def strike(self) -> None:
        """One attempt: brief, write, send. Sometimes by a stranger, or straight to a callback."""
        self.declared = self.rng.sample(self.tokens, self.rng.randint(1, 3))
        if self.rng.random() < 0.6:
            self.declared = [self.rng.choice(self.paid), *self.declared]
        for robber in (*self.heist.robbers, self.heist.listed):
            if self.rng.random() < 0.4:
                self.brief(robber)
        if self.rng.random() < 0.05:
            self.heist.attempt(self.uninvited(), 0, STRANGER)
            return
        if self.rng.random() < 0.02:
            program = self.rng.choice((self.dear_loan, self.beyond, self.unanswered))()
            self.heist.attempt(program, 0, refused=True)
            return
        if self.rng.random() < 0.04:
            self.attack_cycle()
            return
        least = self.rng.choice((0, 0, 0, 0, 1, 10**6))
        program = header(self.declared, min_profit=least) + self.stream(0)
        self.heist.attempt(program, least, self.sender())

    def sender(self) -> Address:
        """The stolen key, or now and then nobody's."""
        return STRANGER if self.rng.random() < 0.03 else KEEPER

    # --------------------------------------------------------------------------------- robbers

    def brief(self, robber: Address) -> None:
        """A plan: mostly the callback that is due, often a gift, and all manner of attempts."""
        plan = 1 if self.rng.random() < 0.8 else 0
        for part in range(1, 9):
            plan |= (self.rng.random() < 0.12) << part
        plan |= self.size() << 16
        gift = self.rng.choice(self.declared)
        amount = self.rng.choice((1, 10**6, 10**9, 10**18, 10**20))
        place, message = self.elsewhere_in_our_name()
        program, bound = header(self.declared) + self.stream(2), self.bound()
        arguments = (plan, gift, amount, program, bound, place, message)
        self.heist.world.do(STRANGER, robber, PLAN, *arguments)

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

    def dear_loan(self) -> bytes:
        """A loan whose premium a robber's gift would cover, but the program's limit forbids."""
        token = self.index()
        visit = command("v2", pool=self.rng.choice(self.heist.robbers), amount_out=1)
        terms = {"token": token, "amount": 10**6, "max_premium": 499}
        return header(self.declared) + command("aave", nested=visit, **terms)

    def unanswered(self) -> bytes:
        """A swap whose robber does not call back in its time, and one in which it does so late."""
        robber, token = self.rng.choice(self.heist.robbers), self.declared[0]
        self.heist.world.do(STRANGER, robber, PLAN, LATE, token, 10, b"", b"", STRANGER, b"")
        paid = command("pay", to=robber, token=0, amount=1)
        swaps = (
            command("v3", pool=robber, amount_in=1, nested=paid),
            command("v3_out", pool=robber, amount_out=1, nested=paid),
        )
        first = self.rng.choice(swaps)
        return header(self.declared) + first + command("v2", pool=robber, amount_out=1)

    def attack_cycle(self) -> None:
        """One attempt on a cycle's terms; then the robbers forget what may be due in another."""
        token, robber = self.rng.choice(self.paid), self.rng.randrange(2)
        way = self.rng.choice((self.paid_once, self.paid_too_much, self.paid_for_another))
        self.heist.attempt(way(token, robber), 0, refused=way == self.paid_too_much)
        self.plan(0, 0)
        self.plan(1, 0)

    def paid_once(self, token: Address, robber: int) -> bytes:
        """A cycle whose robber, which has no word, asks twice or when it is over."""
        self.plan(robber, self.rng.choice((CALL_BACK | AGAIN, LATE)) | ONCE, token, 9)
        cells = self.pool(robber)
        if self.rng.random() < 0.5:
            cells = self.pair(PAIRS + self.rng.randrange(2), more=False) + cells
        visit = command("v2", pool=self.heist.robbers[robber], amount_out=1)
        return header([token]) + self.cycle(cells) + visit

    def paid_too_much(self, token: Address, robber: int) -> bytes:
        """A cycle whose robber asks for more than the cycle gives, and gives more back."""
        asked = MOST + self.rng.choice((1, MOST))
        self.plan(robber, CALL_BACK | ASK_FOR_MORE | asked << 16, token, 2 * asked)
        return header([token]) + self.cycle(self.pool(robber))

    def paid_for_another(self, token: Address, robber: int) -> bytes:
        """A cycle whose robber lets the other, none of its pools, ask before itself does."""
        other = self.heist.robbers[1 - robber]
        callback = encode_call("uniswapV3SwapCallback(int256,int256,bytes)", 1, 0, b"")
        self.plan(1 - robber, RUN, program=callback)
        self.plan(robber, ELSEWHERE, token, 2, place=other)
        return header([token]) + self.cycle(self.pool(robber))

    def pool(self, robber: int) -> bytes:
        """A cell of the pool that a robber poses as."""
        return bytes([(1 + robber) << 1 | self.rng.randrange(2)])

    def cycle(self, cells: bytes) -> bytes:
        """A cycle that gives `MOST`."""
        return command("cycle_run", amount=AMOUNTS - MOST, nested=cells)

    def plan(
        self,
        robber: int,
        plan: int,
        gift: Address = STRANGER,
        amount: int = 0,
        *,
        program: bytes = b"",
        place: Address = STRANGER,
    ) -> None:
        """Tell a robber what to do."""
        where, message = self.heist.robbers[robber], b"\1\1\1\1"
        self.heist.world.do(STRANGER, where, PLAN, plan, gift, amount, program, b"", place, message)

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
