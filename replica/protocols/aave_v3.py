"""Aave V3.0.2: a full market with ample liquidity, from which flashLoanSimple really lends."""

from fractions import Fraction
from typing import NamedTuple

from eth_abi.abi import encode

from keeper.chain import Address
from replica.abi import address
from replica.artifacts import creation_code, package_version
from replica.deploy import GOVERNANCE, WHALE, BuildError, Site
from replica.manifest import Contract, Realness, Token
from replica.markets import DAI, USDC, USDC_E, USDT, WBTC, WETH, WPOL, raw_amount

PROTOCOL = "aave-v3"
PACKAGE = "@aave/core-v3"
FOLDER = f"{PACKAGE}/artifacts/contracts"
PROVIDER = address("0xa97684ead0e402dc232d5a977953df7ecbab3cdb")
POOL = address("0x794a61358d6845594f94dc1db02a252b5b4814ad")
CONFIGURATOR = address("0x8145edddf43f50276641b55bd3ad95944510021e")
ACL_MANAGER = address("0xa72636cbcaa8f5ff95b2cc47f3cdee83f3294a0b")
ORACLE = address("0xb023e699f5a33916ea823a16485e259257ca8bd1")
DATA_PROVIDER = address("0x69fa688f1dc47d4b5d8029d5a35fb7a548310654")
PREMIUM_BP = 5
SUPPLY_USD = 20_000_000
BORROWED_USD = 8_000_000
VARIABLE_RATE = 2
MAX = 2**256 - 1
RAY = 10**27


class Reserve(NamedTuple):
    """A listing: `position` in Polygon's own list fixes the addresses of its three tokens."""

    token: Token
    position: int
    a_token: str
    loan_to_value_bp: int
    threshold_bp: int


# native USDC was listed last; its proxies' creation nonce follows from its aToken's address
RESERVES = (
    Reserve(DAI, 0, "0x82e64f49ed5ec1bc6e43dad4fc8af9bb3a2312ee", 7500, 8000),
    Reserve(USDC_E, 2, "0x625e7708f30ca75bfd92586e17077590c60eb4cd", 8000, 8500),
    Reserve(WBTC, 3, "0x078f358208685046a11c85e8ad32895ded33a249", 7000, 7500),
    Reserve(WETH, 4, "0xe50fa9b3c56ffb159cb0fca61f5c9d750e8128c8", 8000, 8250),
    Reserve(USDT, 5, "0x6ab707aca953edaefbc4fd23ba73294241490620", 7500, 8000),
    Reserve(WPOL, 7, "0x6d80113e533a2c0fe82eabd35f1875dcea89ea97", 6500, 7000),
    Reserve(USDC, 20, "0xa4d94019934d8333ef880abffbf2fdd611c762bd", 8000, 8500),
)


def install(site: Site) -> None:
    """Place the market, list the reserves and supply them."""
    _provider(site)
    implementations = _implementations(site)
    _wire(site, implementations)
    tokens = _token_implementations(site)
    for reserve in RESERVES:
        _list(site, reserve, tokens)
        _supply(site, reserve.token)
    for reserve in RESERVES:
        _borrow(site, reserve.token)


def _code(path: str, libraries: dict[str, Address] | None = None) -> bytes:
    name = path.rsplit("/", 1)[-1]
    return creation_code(f"{FOLDER}/{path}.sol/{name}.json", libraries)


def _own(
    site: Site, path: str, libraries: dict[str, Address] | None = None, *args: bytes
) -> Address:
    name = path.rsplit("/", 1)[-1]
    code = _code(path, libraries)
    # the pool's and configurator's proxies and the aTokens have the plain names
    suffix = "" if name.endswith(("Logic", "Strategy")) else " implementation"
    return site.place_own(f"Aave {name}{suffix}", PROTOCOL, package_version(PACKAGE), code, *args)


def _canonical(site: Site, where: Address, path: str, *args: bytes) -> None:
    name = path.rsplit("/", 1)[-1].removeprefix("Aave")
    entry = Contract(f"Aave {name}", where, PROTOCOL, package_version(PACKAGE), Realness.REAL)
    site.place(entry, _code(path), b"".join(args))


def _place_oracle(site: Site) -> None:
    note = "the package's own mock with the manifest's prices, constant"
    package = package_version(PACKAGE)
    entry = Contract("Aave oracle", ORACLE, PROTOCOL, package, Realness.STAND_IN, note)
    site.place(entry, _code("mocks/oracle/PriceOracle"))


def _provider(site: Site) -> None:
    args = encode(["string", "address"], ["Polygon Aave Market", GOVERNANCE])
    _canonical(site, PROVIDER, "protocol/configuration/PoolAddressesProvider", args)
    site.send(GOVERNANCE, PROVIDER, "setACLAdmin(address)", GOVERNANCE)
    arg = encode(["address"], [PROVIDER])
    _canonical(site, ACL_MANAGER, "protocol/configuration/ACLManager", arg)
    site.send(GOVERNANCE, PROVIDER, "setACLManager(address)", ACL_MANAGER)
    site.send(GOVERNANCE, ACL_MANAGER, "addPoolAdmin(address)", GOVERNANCE)
    _place_oracle(site)
    site.send(GOVERNANCE, PROVIDER, "setPriceOracle(address)", ORACLE)
    _canonical(site, DATA_PROVIDER, "misc/AaveProtocolDataProvider", arg)
    site.send(GOVERNANCE, PROVIDER, "setPoolDataProvider(address)", DATA_PROVIDER)


def _implementations(site: Site) -> tuple[Address, Address]:
    libraries: dict[str, Address] = {}
    # FlashLoanLogic links BorrowLogic, the rest stand alone
    for name in (
        *("BorrowLogic", "BridgeLogic", "EModeLogic", "FlashLoanLogic", "LiquidationLogic"),
        *("PoolLogic", "SupplyLogic", "ConfiguratorLogic"),
    ):
        libraries[name] = _own(site, f"protocol/libraries/logic/{name}", libraries)
    provider = encode(["address"], [PROVIDER])
    pool = _own(site, "protocol/pool/Pool", libraries, provider)
    return pool, _own(site, "protocol/pool/PoolConfigurator", libraries)


def _wire(site: Site, implementations: tuple[Address, Address]) -> None:
    pool, configurator = implementations
    site.send(GOVERNANCE, PROVIDER, "setPoolImpl(address)", pool)
    site.send(GOVERNANCE, PROVIDER, "setPoolConfiguratorImpl(address)", configurator)
    proxies = (
        ("Pool", "getPool()", POOL),
        ("PoolConfigurator", "getPoolConfigurator()", CONFIGURATOR),
    )
    for name, getter, wanted in proxies:
        (found,) = site.rpc.read(PROVIDER, getter, ["address"])
        site.expect(f"Aave {name}", address(found), wanted)
        _note_proxy(site, f"Aave {name}", wanted)
    signature = "updateFlashloanPremiumTotal(uint128)"
    site.send(GOVERNANCE, CONFIGURATOR, signature, PREMIUM_BP)


def _note_proxy(site: Site, name: str, where: Address) -> None:
    note = "the proxy's implementation stands at an address of the replica's own"
    package = package_version(PACKAGE)
    site.enter(Contract(name, where, PROTOCOL, package, Realness.PARTLY_REAL, note))


def _token_implementations(site: Site) -> tuple[Address, Address, Address, Address]:
    pool = encode(["address"], [POOL])
    a_token, stable, variable = (
        _own(site, f"protocol/tokenization/{name}", None, pool)
        for name in ("AToken", "StableDebtToken", "VariableDebtToken")
    )
    rates = (80, 0, 4, 75, 2, 75, 2, 5, 20)
    args = encode(["address"] + ["uint256"] * 9, [PROVIDER, *(RAY * rate // 100 for rate in rates)])
    path = "protocol/pool/DefaultReserveInterestRateStrategy"
    return a_token, stable, variable, _own(site, path, None, args)


def _list(site: Site, reserve: Reserve, parts: tuple[Address, Address, Address, Address]) -> None:
    token, asset = reserve.token, reserve.token.address
    usd_price_e8 = int(Fraction(token.usd_price) * 10**8)
    site.send(GOVERNANCE, ORACLE, "setAssetPrice(address,uint256)", asset, usd_price_e8)
    site.rpc("anvil_setNonce", [CONFIGURATOR, hex(1 + 3 * reserve.position)])
    site.send(GOVERNANCE, CONFIGURATOR, _INIT_RESERVES, [_listing(token, parts)])
    (found, _, _) = site.rpc.read(
        DATA_PROVIDER, "getReserveTokensAddresses(address)", ["address"] * 3, asset
    )
    site.expect(f"aToken of {token.symbol}", address(found), address(reserve.a_token))
    _note_proxy(site, f"Aave a{token.symbol}", address(reserve.a_token))
    configure = "configureReserveAsCollateral(address,uint256,uint256,uint256)"
    limits = (reserve.loan_to_value_bp, reserve.threshold_bp, 10_500)
    site.send(GOVERNANCE, CONFIGURATOR, configure, asset, *limits)
    for switch in ("setReserveBorrowing(address,bool)", "setReserveFlashLoaning(address,bool)"):
        site.send(GOVERNANCE, CONFIGURATOR, switch, asset, True)
    site.send(GOVERNANCE, CONFIGURATOR, "setReserveFactor(address,uint256)", asset, 1000)


_INIT_RESERVES = (
    "initReserves((address,address,address,uint8,address,address,address,address,"
    "string,string,string,string,string,string,bytes)[])"
)


def _listing(token: Token, parts: tuple[Address, Address, Address, Address]) -> tuple[object, ...]:
    *implementations, rates = parts
    symbol = token.symbol
    return (
        *implementations,
        token.decimals,
        rates,
        token.address,
        GOVERNANCE,
        Address(bytes(20)),
        *(f"Aave Polygon {symbol}", f"aPol{symbol}"),
        *(f"Aave Polygon Variable Debt {symbol}", f"variableDebtPol{symbol}"),
        *(f"Aave Polygon Stable Debt {symbol}", f"stableDebtPol{symbol}"),
        b"",
    )


def _supply(site: Site, token: Token) -> None:
    amount = raw_amount(token, SUPPLY_USD)
    site.send(WHALE, token.address, "approve(address,uint256)", POOL, MAX)
    signature = "supply(address,uint256,address,uint16)"
    site.send(WHALE, POOL, signature, token.address, amount, WHALE, 0)
    (premium,) = site.rpc.read(POOL, "FLASHLOAN_PREMIUM_TOTAL()", ["uint128"])
    if premium != PREMIUM_BP:
        raise BuildError(f"Aave's flash loan premium is {premium}, not {PREMIUM_BP} bp")


def _borrow(site: Site, token: Token) -> None:
    # without debt no interest accrues, and a loan would skip writes that it makes on Polygon
    amount = raw_amount(token, BORROWED_USD)
    signature = "borrow(address,uint256,uint256,uint16,address)"
    site.send(WHALE, POOL, signature, token.address, amount, VARIABLE_RATE, 0, WHALE)
