# pragma version ~=0.4.3
# pragma optimize codesize
# pragma evm-version cancun
"""
@title Round Trips of Tokens, Simulated
@license MIT
@notice Never deployed: one `eth_call` puts this code in the place of
        the pools that hold the tokens, of a trader and of a
        coordinator. Each pool then sends some of a token to the trader
        as it would in a swap, the trader sends it back, and every
        balance is measured on the way.
@dev The answer's words: why a token failed in the upper 8 bits, and
     below them the share that was missing, in 10^-4. Fewer words than
     asked mean that the gas is spent: ask again from the first test
     without one.
"""


struct Test:
    holder: address
    token: address


MAX_TESTS: constant(uint256) = 64


# @dev Verdicts.
GOOD: constant(uint256) = 0
NOTHING_HELD: constant(uint256) = 1
NO_BALANCE: constant(uint256) = 2
NOT_BOUGHT: constant(uint256) = 3
TAXED_BOUGHT: constant(uint256) = 4
NOT_SOLD: constant(uint256) = 5
TAXED_SOLD: constant(uint256) = 6


# @dev Gas of one transfer, far above the dearest honest one, of one
# balance, and what a whole test takes at most.
MOVE_GAS: constant(uint256) = 500_000
BALANCE_GAS: constant(uint256) = 200_000
RESERVE: constant(uint256) = 4_000_000


# @dev Part of a balance that makes the trip, and the raw units by which
# tokens that earn interest may round a large amount.
PART: constant(uint256) = 100
ROUNDING: constant(uint256) = 2
LARGE: constant(uint256) = 10_000


@external
def run(tests: DynArray[Test, MAX_TESTS], trader: address) -> DynArray[uint256, MAX_TESTS]:
    """
    @notice Verdicts of the first tests, in their order.
    @param tests Pools, and a token that each of them holds.
    @param trader Another place of this code.
    @return DynArray The verdicts.
    """
    out: DynArray[uint256, MAX_TESTS] = []
    for test: Test in tests:
        if len(out) > 0 and msg.gas < RESERVE:
            break
        out.append(self._verdict(test.holder, test.token, trader))
    return out


@external
def move(token: address, to: address, amount: uint256) -> bool:
    """
    @notice Send a token from where this code stands.
    @dev What executors take for success: true, or no answer at all.
    @return bool Whether the token says that it was sent.
    """
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        token,
        abi_encode(to, amount, method_id=method_id("transfer(address,uint256)")),
        max_outsize=32,
        gas=MOVE_GAS,
        revert_on_failure=False,
    )
    if not success:
        return False
    if len(answer) == 0:
        return token.is_contract
    return len(answer) == 32 and convert(extract32(answer, 0), uint256) == 1


@internal
def _verdict(holder: address, token: address, trader: address) -> uint256:
    """
    @dev Buy a part of what the holder has, and sell it again.
    """
    known: bool = False
    held: uint256 = 0
    owned: uint256 = 0
    known, held = self._balance(token, holder)
    if not known:
        return NO_BALANCE << 248
    if held == 0:
        return NOTHING_HELD << 248
    known, owned = self._balance(token, trader)
    if not known:
        return NO_BALANCE << 248
    amount: uint256 = max(held // PART, 1)
    if not self._move(holder, token, trader, amount):
        return NOT_BOUGHT << 248
    missing: uint256 = self._missing(token, trader, owned + amount, amount)
    missing = max(missing, self._missing(token, holder, held - amount, amount))
    if missing != 0:
        return TAXED_BOUGHT << 248 | missing
    if not self._move(trader, token, holder, amount):
        return NOT_SOLD << 248
    missing = self._missing(token, holder, held, amount)
    missing = max(missing, self._missing(token, trader, owned, amount))
    return TAXED_SOLD << 248 | missing if missing != 0 else GOOD


@internal
def _move(who: address, token: address, to: address, amount: uint256) -> bool:
    """
    @dev Whether the token moves from a place where this code stands.
    """
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        who,
        abi_encode(
            token, to, amount, method_id=method_id("move(address,address,uint256)")
        ),
        max_outsize=32,
        gas=2 * MOVE_GAS,
        revert_on_failure=False,
    )
    return success and len(answer) == 32 and convert(extract32(answer, 0), uint256) == 1


@internal
@view
def _missing(token: address, who: address, wanted: uint256, amount: uint256) -> uint256:
    """
    @dev By what share of `amount`, in 10^-4 and at least 1, a balance
         is another than `wanted`; 0 where it is not, but for rounding.
    """
    known: bool = False
    now: uint256 = 0
    known, now = self._balance(token, who)
    if not known:
        return 10_000
    off: uint256 = max(now, wanted) - min(now, wanted)
    if off == 0 or (off <= ROUNDING and amount >= LARGE):
        return 0
    return max(min(off, amount) * 10_000 // amount, 1)


@internal
@view
def _balance(token: address, who: address) -> (bool, uint256):
    """
    @dev Whether the token answers a balance, and the balance.
    """
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        token,
        abi_encode(who, method_id=method_id("balanceOf(address)")),
        max_outsize=32,
        gas=BALANCE_GAS,
        is_static_call=True,
        revert_on_failure=False,
    )
    if not success or len(answer) != 32:
        return False, 0
    held: uint256 = convert(extract32(answer, 0), uint256)
    return held < 2**240, held
