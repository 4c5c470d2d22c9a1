"""Multicall3, from the creation code that viem carries."""

from replica.abi import address
from replica.artifacts import constant, package_version
from replica.deploy import Site
from replica.manifest import Contract, Realness

MULTICALL3 = address("0xca11bde05977b3631167028862be2a173976ca11")


def install(site: Site) -> None:
    """Place Multicall3."""
    code = constant("viem/_cjs/constants/contracts.js", "multicall3Bytecode")
    package = package_version("viem")
    site.place(Contract("Multicall3", MULTICALL3, "multicall3", package, Realness.REAL), code)
