"""UniversalRouter 2.0: the routes of Uniswap V2, V3 and V4 in one call, paid through Permit2."""

from eth_abi.abi import encode

from replica.abi import address
from replica.artifacts import creation_code, package_version
from replica.deploy import Site
from replica.manifest import Contract, Realness
from replica.markets import WPOL
from replica.protocols import uniswap_v2, uniswap_v3, uniswap_v4
from replica.protocols.permit2 import PERMIT2

ROUTER = address("0x1095692a6237d83c6a72f3f5efedb9a670c49223")
PACKAGE = "@uniswap/universal-router"
PARAMETERS = "(address,address,address,address,bytes32,bytes32,address,address,address)"


def install(site: Site) -> None:
    """Place the router with the parameters of its deployment on Polygon."""
    parameters = (
        PERMIT2,
        WPOL.address,
        uniswap_v3.V2_FACTORY,
        uniswap_v3.FACTORY,
        uniswap_v2.INIT_CODE_HASH,
        uniswap_v3.INIT_CODE_HASH,
        uniswap_v4.MANAGER,
        uniswap_v3.POSITIONS,
        uniswap_v4.POSITIONS,
    )
    package = package_version(PACKAGE)
    site.place(
        Contract("UniversalRouter", ROUTER, "uniswap", package, Realness.REAL),
        creation_code(f"{PACKAGE}/artifacts/contracts/UniversalRouter.sol/UniversalRouter.json"),
        encode([PARAMETERS], [parameters]),
    )
