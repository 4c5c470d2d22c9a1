"""Curve StableSwap: no package publishes its contracts, so a pool of our own stands in."""

import subprocess
import sys

from eth_abi.abi import encode

from replica.artifacts import ArtifactError
from replica.deploy import WHALE, BuildError, Site, own_place
from replica.manifest import Contract, Realness
from replica.markets import DAI, USDC_E, USDT, raw_amount
from replica.paths import ROOT
from replica.venues import CurvePool

VENUE = "curve-stableswap"
SOURCE = ROOT / "replica" / "stand_ins" / "CurveStableSwap.vy"
COINS = (DAI, USDC_E, USDT)
AMPLIFICATION = 500
FEE_E10 = 10**6
ADMIN_FEE_E10 = 5 * 10**9
SIDE_USD = 1_500_000
AGEING_USD = 200
MAX = 2**256 - 1


def install(site: Site) -> None:
    """Place the pool, fund it, and trade around it once."""
    name = "Curve StableSwap DAI/USDC.e/USDT"
    note = "written to the published formula and interface; no LP token"
    where = own_place(name)
    entry = Contract(name, where, "curve", "replica/stand_ins", Realness.STAND_IN, note)
    coins = [coin.address for coin in COINS]
    decimals = [coin.decimals for coin in COINS]
    types = ["address[3]", "uint256[3]", "uint256", "uint256", "uint256"]
    arguments = encode(types, [coins, decimals, AMPLIFICATION, FEE_E10, ADMIN_FEE_E10])
    site.place(entry, _compiled(), arguments)
    for coin in COINS:
        site.send(WHALE, coin.address, "approve(address,uint256)", where, MAX)
    site.send(WHALE, where, "fund(uint256[3])", [raw_amount(coin, SIDE_USD) for coin in COINS])
    for sold, coin in enumerate(COINS):
        signature = "exchange(int128,int128,uint256,uint256)"
        site.send(WHALE, where, signature, sold, (sold + 1) % 3, raw_amount(coin, AGEING_USD), 1)
    if site.rpc.read(where, "A()", ["uint256"]) != (AMPLIFICATION,):
        raise BuildError(f"{name} has not the amplification {AMPLIFICATION}")
    site.curve_pools.append(CurvePool(VENUE, where, tuple(coins), FEE_E10, AMPLIFICATION))


def _compiled() -> bytes:
    vyper = [sys.executable, "-m", "vyper.cli.vyper_compile", "--evm-version", "cancun"]
    done = subprocess.run(  # noqa: S603 - the set-up's own compiler
        [*vyper, str(SOURCE)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ArtifactError(f"{SOURCE.name}: vyper failed: {done.stderr.strip()[-300:]}")
    return bytes.fromhex(done.stdout.strip().removeprefix("0x"))
