"""Permit2: its published source, compiled as its authors did, derives its canonical address."""

from eth_utils.crypto import keccak

from replica.abi import address, create2_address
from replica.artifacts import package_version
from replica.deploy import BuildError, Site
from replica.manifest import Contract, Realness
from replica.sources import Settings, compiled

PERMIT2 = address("0x000000000022d473030f116ddee9f6b43ac78ba3")
CREATE2_DEPLOYER = address("0x4e59b44847b379578588920ca78fbf26c0b4956c")
SALT = bytes.fromhex("0000000000000000000000000000000000000000d3af2663da51c10215000000")
PACKAGE = "@uniswap/v4-periphery"
FOLDER = f"{PACKAGE}/lib/permit2"
SETTINGS = Settings(
    "0.8.17",
    "london",
    1_000_000,
    via_ir=True,
    bytecode_hash="none",
    remappings=(f"solmate/={FOLDER}/lib/solmate/",),
)


def install(site: Site) -> None:
    """Place Permit2; the derivation proves that its creation code is the one on chain."""
    code = compiled(f"{FOLDER}/src/Permit2.sol", "Permit2", SETTINGS)
    if create2_address(CREATE2_DEPLOYER, SALT, keccak(code)) != PERMIT2:
        raise BuildError("Permit2's creation code does not derive its canonical address")
    package = package_version(PACKAGE)
    site.place(Contract("Permit2", PERMIT2, "permit2", package, Realness.REAL), code)
