"""Morpho Blue on the replica: supplied markets and loans without a fee."""

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from replica_calls import balance, deployed, read, transact

from keeper.chain import Address
from replica import Replica
from replica.abi import address, encode_call

MORPHO = address("0x1bf0c2541f820e775182832f06c0b7fc27a25f67")
PARAMS = "(address,address,address,address,uint256)"
BORROWER = """
interface IMorpho {
    function flashLoan(address, uint256, bytes calldata) external;
}
interface IToken {
    function approve(address, uint256) external returns (bool);
    function balanceOf(address) external view returns (uint256);
}
contract Borrower {
    uint256 public held;
    function borrow(address morpho, address token, uint256 amount) external {
        IMorpho(morpho).flashLoan(token, amount, abi.encode(token));
    }
    function onMorphoFlashLoan(uint256 amount, bytes calldata data) external {
        address token = abi.decode(data, (address));
        held = IToken(token).balanceOf(address(this));
        IToken(token).approve(msg.sender, amount);
    }
}
"""


def test_markets_are_known_by_the_hash_of_their_parameters(replica: Replica) -> None:
    assert replica.manifest.contract("Morpho Blue") == MORPHO
    for market in replica.manifest.morpho_markets:
        params = (
            *(market.loan_token, market.collateral_token, market.oracle, market.irm),
            market.lltv_e18,
        )
        assert keccak(encode([PARAMS], [params])) == market.market_id
        supplied = read(replica, MORPHO, "market(bytes32)", ["uint128"], market.market_id)[0]
        assert supplied == balance(replica, market.loan_token, MORPHO) > 0


@pytest.mark.parametrize("symbol", ["WPOL", "USDC.e", "WETH", "USDC"])
def test_it_lends_all_that_it_has_for_nothing(chain: Replica, trader: Address, symbol: str) -> None:
    token = chain.manifest.token(symbol).address
    assert token in {market.loan_token for market in chain.manifest.morpho_markets}
    borrower = deployed(chain, trader, BORROWER, "Borrower")
    before = balance(chain, token, MORPHO)
    signature = "borrow(address,address,uint256)"
    transact(chain, trader, borrower, encode_call(signature, MORPHO, token, before))
    assert read(chain, borrower, "held()", ["uint256"]) == (before,)
    assert balance(chain, token, MORPHO) == before
    assert balance(chain, token, borrower) == 0
