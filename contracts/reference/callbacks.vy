# pragma version ~=0.4.3
# pragma evm-version cancun
"""
@title The One Callback That Is Expected
@license UNLICENSED
@notice A transient word that says who may call back, and with what;
        or, while a cycle runs, whom its one payment is for.
"""

import reading


HASH_AT: constant(uint256) = 254 # of a hash here the two highest bits are 01, as those of terms never are

armed: transient(bytes32) # empty while nothing is expected


@internal
def arm(pool: address, selector: Bytes[4], data: Bytes[reading.MAX]):
    self.armed = self._mark(keccak256(concat(convert(pool, bytes20), selector, data)))


@internal
def consume(data: Bytes[reading.MAX]):
    """
    @dev Once: whoever calls back a second time finds nothing armed
    """
    caller: bytes20 = convert(msg.sender, bytes20)
    made: bytes32 = keccak256(concat(caller, slice(msg.data, 0, 4), data))
    assert self.armed == self._mark(made), "UnexpectedCallback"
    self.spend()


@internal
def spend():
    self.armed = empty(bytes32)


@internal
@view
def require_spent():
    assert self.armed == empty(bytes32), "CallbackMissing"


@internal
@pure
def _mark(hash: bytes32) -> bytes32:
    return convert((convert(hash, uint256) >> 2) | (1 << HASH_AT), bytes32)


@internal
@view
def has_terms() -> bool:
    """
    @return Whether a cycle's payment is expected, and no hash
    """
    return convert(self.armed, uint256) >> HASH_AT != 1
