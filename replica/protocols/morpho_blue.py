"""Morpho Blue: idle markets full of supply, which its free flash loans lend."""

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from keeper.chain import Address
from replica.abi import address
from replica.artifacts import package_version
from replica.deploy import GOVERNANCE, WHALE, BuildError, Site
from replica.manifest import Contract, Realness, Token
from replica.markets import USDC, USDC_E, WETH, WPOL, raw_amount
from replica.sources import Settings, compiled
from replica.venues import MorphoMarket

MORPHO = address("0x1bf0c2541f820e775182832f06c0b7fc27a25f67")
PACKAGE = "@morpho-org/morpho-blue"
SETTINGS = Settings("0.8.19", "paris", 999_999, via_ir=True, bytecode_hash="none")
SUPPLIED = (WPOL, USDC_E, WETH, USDC)
SUPPLY_USD = 10_000_000
PARAMS = "(address,address,address,address,uint256)"
NOBODY = Address(bytes(20))
MAX = 2**256 - 1


def install(site: Site) -> None:
    """Place the contract and supply one idle market for each token."""
    package = package_version(PACKAGE)
    site.place(
        Contract("Morpho Blue", MORPHO, "morpho-blue", package, Realness.REAL),
        compiled(f"{PACKAGE}/src/Morpho.sol", "Morpho", SETTINGS),
        encode(["address"], [GOVERNANCE]),
    )
    # an idle market has neither collateral, oracle, rate model nor a loan-to-value
    site.send(GOVERNANCE, MORPHO, "enableIrm(address)", NOBODY)
    site.send(GOVERNANCE, MORPHO, "enableLltv(uint256)", 0)
    for token in SUPPLIED:
        site.morpho_markets.append(_supply(site, token))


def _supply(site: Site, token: Token) -> MorphoMarket:
    params = (token.address, NOBODY, NOBODY, NOBODY, 0)
    amount = raw_amount(token, SUPPLY_USD)
    site.send(GOVERNANCE, MORPHO, f"createMarket({PARAMS})", params)
    site.send(WHALE, token.address, "approve(address,uint256)", MORPHO, MAX)
    signature = f"supply({PARAMS},uint256,uint256,address,bytes)"
    site.send(WHALE, MORPHO, signature, params, amount, 0, WHALE, b"")
    market_id = keccak(encode([PARAMS], [params]))
    (supplied,) = site.rpc.read(MORPHO, "market(bytes32)", ["uint128"], market_id)
    if supplied != amount:
        raise BuildError(f"Morpho's {token.symbol} market holds {supplied}, not {amount}")
    return MorphoMarket(MORPHO, market_id, *params)
