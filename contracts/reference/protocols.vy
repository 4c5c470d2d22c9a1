# pragma version ~=0.4.3
# pragma evm-version cancun
"""
@title The Calls That a Program Can Make
@license UNLICENSED
@notice One function for each, with plain arguments. A call to an
        account without code does nothing, save to a token.
"""

import reading


struct PoolKey:
    currency0: address
    currency1: address
    fee: uint24
    tick_spacing: int24
    hooks: address


struct SwapParams:
    zero_for_one: bool
    amount: int256
    limit: uint160


struct SingleSwap:
    pool_id: bytes32
    kind: uint8
    asset_in: address
    asset_out: address
    amount: uint256
    user_data: Bytes[32]


struct FundManagement:
    sender: address
    from_internal_balance: bool
    recipient: address
    to_internal_balance: bool


interface UniswapV2Pair:
    def swap(out0: uint256, out1: uint256, to: address, data: Bytes[reading.MAX]): nonpayable


interface ConcentratedPool:
    def swap(
        to: address, zero_for_one: bool, amount: int256, limit: uint160, data: Bytes[reading.MAX]
    ): nonpayable
    def flash(
        to: address, amount0: uint256, amount1: uint256, data: Bytes[reading.MAX]
    ): nonpayable


interface PoolManager:
    def unlock(data: Bytes[reading.MAX]): nonpayable
    def swap(key: PoolKey, params: SwapParams, data: Bytes[32]): nonpayable
    def take(currency: address, to: address, amount: uint256): nonpayable
    def sync(currency: address): nonpayable
    def settle(): nonpayable


interface Aave:
    def flashLoanSimple(
        to: address, asset: address, amount: uint256, data: Bytes[reading.MAX], code: uint16
    ): nonpayable


interface Vault:
    def flashLoan(
        to: address,
        tokens: DynArray[address, 1],
        amounts: DynArray[uint256, 1],
        data: Bytes[reading.MAX],
    ): nonpayable
    def swap(
        order: SingleSwap, funds: FundManagement, limit: uint256, deadline: uint256
    ): nonpayable


interface Morpho:
    def flashLoan(token: address, amount: uint256, data: Bytes[reading.MAX]): nonpayable


interface Curve:
    def exchange(i: int128, j: int128, dx: uint256, least: uint256): nonpayable
    def exchange_received(
        i: int128, j: int128, dx: uint256, least: uint256, to: address
    ): nonpayable


VAULT: constant(address) = 0xBA12222222228d8Ba445958a75a0704d566BF2C8
MORPHO: constant(address) = 0x1bF0c2541F820E775182832f06c0B7Fc27A25f67
MANAGER: constant(address) = 0x67366782805870060151383F4BbFF9daB53e5cD6
LOWEST_PRICE: constant(uint160) = 4295128740
HIGHEST_PRICE: constant(uint160) = 1461446703485210103287273052203988822378723970341
GIVEN_IN: constant(uint8) = 0


# ---------------------------------------------------------------- pools


@internal
def v2_swap(
    pair: address, zero_for_one: bool, out: uint256, to: address, data: Bytes[reading.MAX]
):
    out0: uint256 = 0 if zero_for_one else out
    extcall UniswapV2Pair(pair).swap(out0, out - out0, to, data, skip_contract_check=True)


@internal
@view
def v2_reserves(pair: address, zero_for_one: bool) -> (uint256, uint256):
    """
    @return The reserve that is sold into, and the one that is bought from
    """
    answer: Bytes[64] = self.asked(pair, method_id("getReserves()"))
    assert len(answer) == 64, "HopFailed"
    reserve0: uint256 = convert(slice(answer, 0, 32), uint256)
    reserve1: uint256 = convert(slice(answer, 32, 32), uint256)
    if zero_for_one:
        return reserve0, reserve1
    return reserve1, reserve0


@internal
def v3_swap(
    pool: address, zero_for_one: bool, amount: int256, to: address, data: Bytes[reading.MAX]
):
    """
    @param amount To sell exactly; if negative, to buy exactly
    """
    limit: uint160 = LOWEST_PRICE if zero_for_one else HIGHEST_PRICE
    extcall ConcentratedPool(pool).swap(
        to, zero_for_one, amount, limit, data, skip_contract_check=True
    )


@internal
def v3_flash(pool: address, zero_for_one: bool, amount: uint256, data: Bytes[reading.MAX]):
    amount0: uint256 = amount if zero_for_one else 0
    extcall ConcentratedPool(pool).flash(
        self, amount0, amount - amount0, data, skip_contract_check=True
    )


@internal
def curve_exchange(pool: address, indices: uint256, amount: uint256):
    """
    @param indices Places of the coins: sold in the high half byte, bought in the low one
    """
    i: int128 = convert(indices >> 4, int128)
    j: int128 = convert(indices & 15, int128)
    extcall Curve(pool).exchange(i, j, amount, 0, skip_contract_check=True)


@internal
def curve_exchange_received(pool: address, indices: uint256, least: uint256, to: address):
    i: int128 = convert(indices >> 4, int128)
    j: int128 = convert(indices & 15, int128)
    extcall Curve(pool).exchange_received(i, j, least, 0, to, skip_contract_check=True)


@internal
def balancer_swap(
    pool_id: bytes32, sold: address, bought: address, amount: uint256, to: address
):
    extcall Vault(VAULT).swap(
        SingleSwap(
            pool_id=pool_id,
            kind=GIVEN_IN,
            asset_in=sold,
            asset_out=bought,
            amount=amount,
            user_data=b"",
        ),
        FundManagement(
            sender=self, from_internal_balance=False, recipient=to, to_internal_balance=False
        ),
        0,
        max_value(uint256),
    )


# ------------------------------------------------------ uniswap v4, loans


@internal
def v4_unlock(data: Bytes[reading.MAX]):
    extcall PoolManager(MANAGER).unlock(data)


@internal
def v4_swap(
    currency0: address,
    currency1: address,
    fee: uint256,
    tick_spacing: uint256,
    zero_for_one: bool,
    amount: uint256,
):
    extcall PoolManager(MANAGER).swap(
        PoolKey(
            currency0=currency0,
            currency1=currency1,
            fee=convert(fee, uint24),
            tick_spacing=convert(tick_spacing, int24),
            hooks=empty(address),
        ),
        SwapParams(
            zero_for_one=zero_for_one,
            amount=-convert(amount, int256),
            limit=LOWEST_PRICE if zero_for_one else HIGHEST_PRICE,
        ),
        b"",
    )


@internal
def v4_take(currency: address, to: address, amount: uint256):
    extcall PoolManager(MANAGER).take(currency, to, amount)


@internal
def v4_sync(currency: address):
    extcall PoolManager(MANAGER).sync(currency)


@internal
def v4_settle():
    extcall PoolManager(MANAGER).settle()


@internal
def aave_loan(pool: address, token: address, amount: uint256, data: Bytes[reading.MAX]):
    extcall Aave(pool).flashLoanSimple(self, token, amount, data, 0)


@internal
def balancer_loan(token: address, amount: uint256, data: Bytes[reading.MAX]):
    extcall Vault(VAULT).flashLoan(self, [token], [amount], data)


@internal
def morpho_loan(token: address, amount: uint256, data: Bytes[reading.MAX]):
    extcall Morpho(MORPHO).flashLoan(token, amount, data)


# ---------------------------------------------------------------- tokens


@internal
def transfer(token: address, to: address, amount: uint256):
    self._call(token, abi_encode(to, amount, method_id=method_id("transfer(address,uint256)")))


@internal
def pay(token: address, to: address, amount: uint256):
    """
    @dev As `transfer`, but the answer must be there
    """
    message: Bytes[68] = abi_encode(to, amount, method_id=method_id("transfer(address,uint256)"))
    ok: bool = False
    answer: Bytes[32] = b""
    ok, answer = raw_call(token, message, max_outsize=32, revert_on_failure=False)
    assert ok and len(answer) == 32 and convert(answer, uint256) == 1, "TokenCallFailed"


@internal
def approve(token: address, spender: address, amount: uint256):
    self._call(token, abi_encode(spender, amount, method_id=method_id("approve(address,uint256)")))


@internal
@view
def balance_of(token: address, holder: address) -> uint256:
    return self._word(token, abi_encode(holder, method_id=method_id("balanceOf(address)")))


@internal
@view
def allowance(token: address, spender: address) -> uint256:
    """
    @return What the spender may take of ours
    """
    return self._word(
        token, abi_encode(self, spender, method_id=method_id("allowance(address,address)"))
    )


@internal
def _call(token: address, message: Bytes[68]):
    """
    @dev A call that succeeds answers exactly true, or nothing although code is there
    """
    ok: bool = False
    answer: Bytes[32] = b""
    ok, answer = raw_call(token, message, max_outsize=32, revert_on_failure=False)
    if ok and len(answer) == 0:
        ok = token.is_contract
    elif ok:
        ok = len(answer) == 32 and convert(answer, uint256) == 1
    assert ok, "TokenCallFailed"


@internal
@view
def _word(token: address, question: Bytes[68]) -> uint256:
    ok: bool = False
    answer: Bytes[32] = b""
    ok, answer = raw_call(
        token, question, max_outsize=32, is_static_call=True, revert_on_failure=False
    )
    assert ok and len(answer) == 32, "TokenCallFailed"
    return convert(answer, uint256)


@internal
@view
def asked(pool: address, question: Bytes[4]) -> Bytes[64]:
    """
    @return The first two words of a pool's answer, fewer where it answers less, none where it fails
    """
    ok: bool = False
    answer: Bytes[64] = b""
    ok, answer = raw_call(
        pool, question, max_outsize=64, is_static_call=True, revert_on_failure=False
    )
    return answer if ok else b""
