"""Where ours spends gas over the floor: `python -m bench.gas.profile FAMILY HOPS [SYMBOL]`.

Each account's own gas, without what it calls; then, for the executor and the yardstick, gas and
count by opcode, where they differ by 30 gas. Ethereum's schedule, before refunds.
"""

from collections import Counter
from typing import Any, NamedTuple

import click

from bench.gas.floor import Form, floor_code
from bench.gas.market import FAMILIES, TRADER, YARDSTICK, World, open_world
from bench.gas.ours import programs
from bench.gas.trace import GAS_LIMIT
from keeper.chain import Address
from replica.abi import address
from replica.markets import USDC_E, WPOL

WORTH_SAYING = 30

TRACER = """{
  open: {}, depth: 1, sums: {}, first: null,
  step: function(log) {
    var gas = log.getGas(), last = this.open[this.depth];
    if (this.first === null) this.first = gas;
    if (last) {
      var key = last.where + ' ' + last.op, sum = this.sums[key] || {gas: 0, count: 0};
      sum.gas += last.gas - gas - last.inner;
      sum.count += 1;
      this.sums[key] = sum;
    }
    var where = toHex(log.contract.getAddress());
    this.open[this.depth] = {op: log.op.toString(), gas: gas, inner: 0, where: where};
  },
  fault: function() {},
  enter: function() { this.depth += 1; this.open[this.depth] = null; },
  exit: function(result) {
    this.depth -= 1;
    this.open[this.depth].inner += result.getGasUsed();
  },
  result: function(ctx) { return {sums: this.sums, first: this.first, used: ctx.gasUsed}; }
}"""


class Profile(NamedTuple):
    """One run: gas used, gas before the first opcode, and (gas, count) by account and opcode."""

    used: int
    intrinsic: int
    sums: dict[tuple[Address, str], tuple[int, int]]


def profile(world: World, to: Address, data: bytes) -> Profile:
    """Look into one run on the world's state."""
    call = {"from": TRADER, "to": to, "data": data, "gas": hex(GAS_LIMIT)}
    raw: dict[str, Any] = world.rpc("debug_traceCall", [call, "latest", {"tracer": TRACER}])
    sums = {}
    for key, found in raw["sums"].items():
        where, opcode = key.split()
        sums[address(where), opcode] = (int(found["gas"]), int(found["count"]))
    return Profile(raw["used"], int(GAS_LIMIT - raw["first"]), sums)


def by_account(run: Profile) -> Counter[Address]:
    """Each account's own gas."""
    total: Counter[Address] = Counter()
    for (where, _), (gas, _) in run.sums.items():
        total[where] += gas
    return total


def report(floor: Profile, ours: Profile, executor: Address) -> list[str]:
    """Lines that set both runs side by side."""
    lines = [f"{'':44}{'floor':>9}{'ours':>9}{'over':>8}"]

    def line(name: str, left: int, right: int, more: str = "") -> None:
        lines.append(f"{name:44}{left:>9}{right:>9}{right - left:>+8}{more}")

    line("used", floor.used, ours.used)
    line("intrinsic: 21,000 and calldata", floor.intrinsic, ours.intrinsic)
    left, right = by_account(floor), by_account(ours)
    line("own code", left.pop(YARDSTICK), right.pop(executor))
    for where in sorted(left | right, key=lambda where: left[where] - right[where]):
        line(f"0x{where.hex()}", left[where], right[where])
    opcodes = {op for where, op in ours.sums if where == executor}
    opcodes |= {op for where, op in floor.sums if where == YARDSTICK}
    nothing = (0, 0)
    pairs = {
        op: (floor.sums.get((YARDSTICK, op), nothing), ours.sums.get((executor, op), nothing))
        for op in opcodes
    }
    for op, (was, now) in sorted(pairs.items(), key=lambda item: item[1][0][0] - item[1][1][0]):
        if abs(now[0] - was[0]) >= WORTH_SAYING:
            line(f"  {op}", was[0], now[0], f"   {was[1]} -> {now[1]} times")
    return lines


@click.command(help=__doc__)
@click.argument("family", type=click.Choice(list(FAMILIES)))
@click.argument("hops", type=int)
@click.argument("symbol", type=click.Choice([WPOL.symbol, USDC_E.symbol]), default=WPOL.symbol)
def main(family: str, hops: int, symbol: str) -> None:
    """Profile one route."""
    with open_world(WPOL if symbol == WPOL.symbol else USDC_E) as world:
        route = world.route(family, hops)
        codes = [floor_code(YARDSTICK, route.legs, form) for form in Form]
        floors = [profile(world, world.stand(code), b"") for code in codes]
        runs = [profile(world, world.executor, data) for data in programs(route)]
        for line in report(min(floors), min(runs), world.executor):
            click.echo(line)


if __name__ == "__main__":
    main(prog_name="python -m bench.gas.profile")
