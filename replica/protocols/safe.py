"""Safe 1.4.1: singletons, proxy factory and helpers, where their creation code derives them."""

from eth_utils.crypto import keccak

from keeper.chain import Address
from replica.abi import address, create2_address
from replica.artifacts import creation_code, package_version
from replica.deploy import BuildError, Site
from replica.manifest import Contract, Realness

PACKAGE = "@safe-global/safe-contracts"
FOLDER = f"{PACKAGE}/build/artifacts/contracts"
SINGLETON_FACTORY = address("0x914d7fec6aac8cd542e72bca78b30650d45643d7")
SALT = bytes(32)
PLACES = {
    "SafeL2.sol/SafeL2": "0x29fcb43b46531bca003ddc8fcb67ffe91900c762",
    "Safe.sol/Safe": "0x41675c099f32341bf84bfc5382af534df5c7461a",
    "proxies/SafeProxyFactory.sol/SafeProxyFactory": "0x4e1dcf7ad4e460cfd30791ccc4f9c8a4f820ec67",
    "libraries/MultiSendCallOnly.sol/MultiSendCallOnly": (
        "0x9641d764fc13c8b624c04430c7356c1c7c8102e2"
    ),
    "libraries/MultiSend.sol/MultiSend": "0x38869bf66a61cf6bdb996a6ae40d5853fd43b526",
    "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler": (
        "0xfd0732dc9e303f09fcef3a7388ad10a83459ec99"
    ),
}


def install(site: Site) -> None:
    """Place each contract after its creation code has derived its canonical address."""
    package = package_version(PACKAGE)
    for path, place in PLACES.items():
        name = path.rsplit("/", 1)[-1]
        code = creation_code(f"{FOLDER}/{path}.json")
        where = _derived(name, code, address(place))
        site.place(Contract(name, where, "safe", package, Realness.REAL), code)


def _derived(name: str, code: bytes, wanted: Address) -> Address:
    found = create2_address(SINGLETON_FACTORY, SALT, keccak(code))
    if found != wanted:
        raise BuildError(f"{name} derives 0x{found.hex()}, wanted 0x{wanted.hex()}")
    return found
