"""What was deployed is compared to the byte: the executor, its directory, and what it created."""

import pytest
from fork_market import PAIRS, POOLS, Market, arguments_of
from web3.types import Nonce
from web3.utils.address import get_create_address

from keeper.deployment import Arguments
from scripts import _executor as executors


def verify(market: Market, **changes: object) -> None:
    wanted: Arguments = arguments_of(market.owner, market.guardian).model_copy(update=changes)
    contract = executors.compile_executor()
    executors.verify(market.provider, market.executor, contract, wanted)


def test_what_was_asked_for_passes(market: Market) -> None:
    verify(market)


@pytest.mark.parametrize(
    "changes",
    [{"pools": POOLS[::-1]}, {"pools": POOLS[:1]}, {"pairs": (*PAIRS, POOLS[0])}],
    ids=["order", "fewer", "more"],
)
def test_another_directory_is_noticed(market: Market, changes: dict[str, object]) -> None:
    with pytest.raises(executors.VerificationError, match="differs in code: do not fund it"):
        verify(market, **changes)


@pytest.mark.parametrize(("name", "nonce"), [("administration", 1), ("mould", 2)])
def test_what_a_creation_creates_is_looked_at(market: Market, name: str, nonce: int) -> None:
    where = get_create_address(market.executor.address, Nonce(nonce))
    code = bytearray(market.provider.get_code(where))
    code[-1] ^= 1
    market.provider.make_request("anvil_setCode", [str(where), "0x" + code.hex()])
    with pytest.raises(executors.VerificationError, match=f"differs in {name}: do not fund it"):
        verify(market)


def test_a_directory_that_was_changed_is_noticed(market: Market) -> None:
    where = str(market.executor.address)
    code = bytearray(market.provider.get_code(where))
    assert code[-20:] == POOLS[0]
    code[-20:] = PAIRS[0]
    market.provider.make_request("anvil_setCode", [where, "0x" + code.hex()])
    with pytest.raises(executors.VerificationError, match="differs in code: do not fund it"):
        verify(market)
