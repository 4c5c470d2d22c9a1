"""The replica's tokens and pools: prices and depths of Polygon on 2024-08-05, as facts."""

from dataclasses import dataclass
from fractions import Fraction

from keeper.chain import Address
from replica.abi import address
from replica.manifest import Token
from replica.venues import NATIVE

WPOL = Token("WPOL", address("0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270"), 18, "0.3842")
USDC_E = Token("USDC.e", address("0x2791bca1f2de4661ed88a30c99a7a9449aa84174"), 6, "1.00005")
USDC = Token("USDC", address("0x3c499c542cef5e3811e1192ce70d8cc03d5c3359"), 6, "1")
USDT = Token("USDT", address("0xc2132d05d31c914a87c6611c10748aeb04b58e8f"), 6, "1.0004")
WETH = Token("WETH", address("0x7ceb23fd6bc0add59e62ac25578270cff1b9f619"), 18, "2423")
WBTC = Token("WBTC", address("0x1bfd67037b42cf73acf2047067bd4f2c47d9bfd6"), 8, "53900")
DAI = Token("DAI", address("0x8f3cf7ad23cd3cadbd9735aff958023239c6a063"), 18, "1")
POL = Token("POL", NATIVE, 18, "0.3842")
"""The native coin, as Uniswap V4 trades it; no ERC-20 and not in `TOKENS`."""
TOKENS = (WPOL, USDC_E, USDC, USDT, WETH, WBTC, DAI)


@dataclass(frozen=True, slots=True)
class V2Market:
    """A pair with its depth in USD on each side; `pair` is its address on Polygon, if known."""

    token_a: Token
    token_b: Token
    side_usd: int
    pair: Address | None = None


@dataclass(frozen=True, slots=True)
class V3Market:
    """A pool with the liquidity in range (raw, `L`); `busy` ones keep more observations."""

    token_a: Token
    token_b: Token
    fee_pips: int
    liquidity: int
    pool: Address
    busy: bool = False


@dataclass(frozen=True, slots=True)
class V4Market:
    """A pool without hooks, as `V3Market`; its tick spacing is free of its fee."""

    token_a: Token
    token_b: Token
    fee_pips: int
    tick_spacing: int
    liquidity: int


def _v2(token_a: Token, token_b: Token, side_usd: int, pair: str | None = None) -> V2Market:
    return V2Market(token_a, token_b, side_usd, address(pair) if pair else None)


def _v3(
    token_a: Token, token_b: Token, fee_pips: int, liquidity: int, pool: str, *, busy: bool = False
) -> V3Market:
    return V3Market(token_a, token_b, fee_pips, liquidity, address(pool), busy)


QUICKSWAP_V2 = (
    _v2(WPOL, USDC_E, 511_600, "0x6e7a5fafcec6bb1e78bae2a1f0b612012bf14827"),
    _v2(USDC_E, WETH, 1_056_700, "0x853ee4b2a13f8a742d64c8f088be7ba2131f670d"),
    _v2(WPOL, WETH, 539_600, "0xadbf1854e5883eb8aa7baf50705338739e558e5b"),
    _v2(WBTC, WETH, 213_300, "0xdc9232e2df177d7a12fdff6ecbab114e2231198d"),
    _v2(WPOL, USDT, 124_900, "0x604229c960e5cacf2aaeac8be68ac07ba9df81c3"),
    _v2(WETH, USDT, 169_300, "0xf6422b997c7f54d1c6a6e103bcb1499eea0a7046"),
    _v2(USDC_E, USDT, 352_800, "0x2cf7252e74036d1da831d11089d326296e64a728"),
    _v2(USDC_E, DAI, 154_600, "0xf04adbf75cdfc5ed26eea4bbbb991db002036bdd"),
)

# the second V2 venue has the depths that SushiSwap, whose code does not reproduce, had that day
UNISWAP_V2 = (
    _v2(WPOL, WETH, 1_149_000),
    _v2(USDC_E, WETH, 332_000),
    _v2(WPOL, USDC_E, 123_600),
    _v2(WBTC, WETH, 225_600),
    _v2(WETH, DAI, 212_800),
    _v2(WPOL, USDC, 150_000),
)

UNISWAP_V3 = (
    _v3(WPOL, USDC_E, 500, 10**18, "0xa374094527e1673a86de625aa59517c5de346d32", busy=True),
    _v3(WPOL, USDC, 500, 6_187 * 10**15, "0xb6e57ed85c4c9dbfef2a68711e9d6f36c56e0fcb", busy=True),
    _v3(USDC_E, WETH, 500, 555 * 10**14, "0x45dda9cb7c25131df268515131f647d726f50608", busy=True),
    _v3(USDC, WETH, 500, 1_819 * 10**14, "0xa4d8c89f0c20efbe54cba9e7e7a7e509056228d9", busy=True),
    _v3(WPOL, WETH, 500, 4_334 * 10**20, "0x86f1d8390222a3691c28938ec7404a1661e618e0", busy=True),
    _v3(WBTC, WETH, 500, 17_849 * 10**12, "0x50eaedb835021e4a108b7290636d62e9765cc6d7", busy=True),
    _v3(WPOL, USDT, 500, 923 * 10**15, "0x9b08288c3be4f62bbf8d1c20ac9c5e6f9467d8b7"),
    _v3(WPOL, WETH, 3000, 1_683 * 10**20, "0x167384319b41f7094e62f7506409eb38079abff8"),
    _v3(WPOL, USDC_E, 3000, 317 * 10**14, "0x88f3c15523544835ff6c738ddb30995339ad57d6"),
    _v3(USDC_E, WETH, 3000, 776 * 10**13, "0x0e44ceb592acfc5d3f09d996302eb4c499ff8c10"),
    _v3(WBTC, WETH, 3000, 4_013 * 10**12, "0xfe343675878100b344802a6763fd373fdeed07a4"),
    _v3(USDC_E, USDT, 100, 5_135 * 10**12, "0xdac8a8e6dbf8c690ec6815e0ff03491b2770255d"),
    _v3(USDC_E, USDC, 100, 19_550 * 10**12, "0xd36ec33c8bed5a9f7b6630855f1533455b98a418"),
    _v3(USDC_E, DAI, 100, 2_395 * 10**18, "0x5645dcb64c059aa11212707fbf4e7f984440a8cf"),
)

# unhooked pools of the sizes that the V3 ones of the same fee had; V4 came later than that day
UNISWAP_V4 = (
    V4Market(POL, USDC_E, 500, 10, 310 * 10**15),
    V4Market(POL, WETH, 3000, 60, 20 * 10**21),
    V4Market(WPOL, USDC_E, 500, 10, 190 * 10**15),
    V4Market(USDC_E, WETH, 500, 10, 21 * 10**15),
    V4Market(USDC_E, USDC, 100, 1, 9_800 * 10**12),
)


def ordered(token_a: Token, token_b: Token) -> tuple[Token, Token]:
    """The two as token0 and token1: by address."""
    return (token_a, token_b) if token_a.address < token_b.address else (token_b, token_a)


def raw_amount(token: Token, usd: int) -> int:
    """Raw units of `token` worth `usd` dollars at its constant price."""
    return int(Fraction(usd) * 10**token.decimals / Fraction(token.usd_price))


def raw_price(token0: Token, token1: Token) -> Fraction:
    """Raw units of token1 for one raw unit of token0."""
    value0 = Fraction(token0.usd_price) / 10**token0.decimals
    value1 = Fraction(token1.usd_price) / 10**token1.decimals
    return Fraction(value0 / value1)
