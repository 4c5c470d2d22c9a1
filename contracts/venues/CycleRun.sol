// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

import {
    BALANCE_OF,
    MAX_PRICE,
    MIN_PRICE,
    TRANSFER,
    V2_SWAP,
    V3_SWAP
} from "../interfaces/Calls.sol";
import {IArbitrageExecutor} from "../interfaces/IArbitrageExecutor.sol";
import {CallbackGuard, HASH_BITS} from "../libraries/CallbackGuard.sol";
import {DeclaredTokens} from "../libraries/DeclaredTokens.sol";
import {
    CYCLE_PAIR_AMOUNT_MASK,
    CYCLE_PAIR_AMOUNT_SHIFT,
    CYCLE_PAIR_AMOUNT_TOP_SHIFT,
    CYCLE_PAIR_MORE_FLAG,
    CYCLE_PAIR_PLACE_SHIFT,
    CYCLE_PAIR_SIZE,
    CYCLE_PAIR_ZERO_FOR_ONE_SHIFT,
    CYCLE_POOL_SIZE,
    CYCLE_RUN_AMOUNT_AT,
    CYCLE_RUN_AMOUNT_SHIFT,
    USDC_E,
    WPOL
} from "../libraries/Program.sol";
import {Reverts} from "../libraries/Reverts.sol";

/// @dev A cycle of Uniswap V3 pools and V2 pairs that the directory lists. A pool takes its input in its
/// callback only, so the route's last pool is called first, and in each callback the pool before it; the
/// pairs between the two, a section, take what that one gives and deliver to the pool that calls back.
///
/// Before the first call each pool but the route's first gets a transient word in the slot of its own
/// address, which says what serves it, and slot 0, the guard's, gets the terms, which serve the first:
///
/// | bits | of a pool's word | of the terms |
/// |---|---|---|
/// | 249 to 255 | place of the section's first pair, zero where no pairs are | the same |
/// | 248 | zero for one, of that pair | the same |
/// | 247 | another pair follows | the same |
/// | 161 to 246 | what feeds the section: exact input, or minus exact output | payment, or the most |
/// | 160 | zero for one, of the pool before | the token is USDC.e |
/// | 0 to 159 | the pool before | the route's first pool |
///
/// Cells begin with the same bits. Further pairs have words of their own, in slots that no address has.
/// The terms are spent by the one payment that they allow. All callbacks before it only pass on what is
/// asked: they move nothing of ours, so their words are left as they are. The data of a cycle's callbacks
/// are empty, those of all others are not.
///
/// The place p of the directory begins 20 p bytes before the code's end, and behind that end zeros are read.
library CycleRun {
    // where a cell has them, and a word
    uint256 private constant PLACE = CYCLE_PAIR_PLACE_SHIFT;
    uint256 private constant WAY = CYCLE_PAIR_ZERO_FOR_ONE_SHIFT;
    uint256 private constant MORE = CYCLE_PAIR_MORE_FLAG;
    uint256 private constant FED = CYCLE_PAIR_AMOUNT_SHIFT;
    uint256 private constant TOP = CYCLE_PAIR_AMOUNT_TOP_SHIFT;
    uint256 private constant AMOUNT = CYCLE_PAIR_AMOUNT_MASK;

    uint256 private constant SECTION =
        0xfffffffffffffffffffffffe0000000000000000000000000000000000000000;
    uint256 private constant FLAG = 0x010000000000000000000000000000000000000000; // bit 160
    uint256 private constant LEG = 0x01ffffffffffffffffffffffffffffffffffffffff; // it and an address
    uint256 private constant ADDRESS = 0x00ffffffffffffffffffffffffffffffffffffffff;

    /// @dev Runs the command `cycle_run`, whose cells are calldata [start, next). What it is done with lies
    /// where the command has been at work; that is put aside meanwhile.
    function swap(uint256 cursor, uint256 start, uint256 next, uint256 frame) internal {
        address token = DeclaredTokens.at(0, frame);
        if (token != WPOL && token != USDC_E) revert IArbitrageExecutor.BadToken(0);
        uint256 amount;
        uint256 aside;
        uint256 size;
        assembly ("memory-safe") {
            amount := calldataload(add(cursor, CYCLE_RUN_AMOUNT_AT))
            amount := sar(TOP, shl(sub(TOP, CYCLE_RUN_AMOUNT_SHIFT), amount)) // its lowest bits
            size := mload(0x40) // all that has been allocated
            aside := add(size, 0x100) // behind the message of a swap
            mcopy(aside, 0x00, size)
            calldatacopy(0x00, calldatasize(), 0x160) // zeros, as `run` wants them
        }
        run(token == USDC_E ? FLAG : 0, amount, start, next, cursor);
        assembly ("memory-safe") {
            mcopy(0x00, aside, size)
        }
        CallbackGuard.spend();
    }

    /// @dev The same with what the command says: binds the pools of the cells in calldata [at, end) and has
    /// the last one swap `amount`, exact input or minus exact output. Memory up to 0x160 is zero but for what
    /// `Express` keeps at 0x00, which this leaves there with the free pointer, and a balance at 0x80, which
    /// is shorter than an address.
    function run(uint256 token, uint256 amount, uint256 at, uint256 end, uint256 cursor) internal {
        uint256 word;
        bool other;
        assembly ("memory-safe") {
            // what serves the first pool: the payment, of at most what the last one gives
            let terms := token
            let item := calldataload(at)
            switch slt(item, 0)
            case 0 { terms := or(terms, shr(sub(TOP, FED), shl(TOP, sub(0, amount)))) }
            default {
                terms := or(terms, and(item, SECTION))
                at := add(at, CYCLE_PAIR_SIZE)
                if and(item, MORE) {
                    let place := address()
                    for {} and(item, MORE) {} {
                        item := calldataload(at)
                        at := add(at, CYCLE_PAIR_SIZE)
                        place := add(place, FLAG)
                        tstore(place, item)
                    }
                }
                item := calldataload(at)
            }
            codecopy(0x8c, sub(codesize(), mul(20, shr(PLACE, item))), 20)
            word := mload(0x80)
            terms := or(terms, word)
            word := or(word, and(shr(sub(WAY, 160), item), FLAG))
            at := add(at, CYCLE_POOL_SIZE)
            for {} lt(at, end) {} {
                item := calldataload(at)
                if slt(item, 0) {
                    word := or(word, and(item, SECTION))
                    at := add(at, CYCLE_PAIR_SIZE)
                    if and(item, MORE) {
                        let place := and(word, ADDRESS)
                        for {} and(item, MORE) {} {
                            item := calldataload(at)
                            at := add(at, CYCLE_PAIR_SIZE)
                            place := add(place, FLAG)
                            tstore(place, item)
                        }
                    }
                    if iszero(lt(at, end)) { break }
                    item := calldataload(at)
                }
                codecopy(0x8c, sub(codesize(), mul(20, shr(PLACE, item))), 20)
                let pool := mload(0x80)
                tstore(pool, word)
                word := or(pool, and(shr(sub(WAY, 160), item), FLAG))
                at := add(at, CYCLE_POOL_SIZE)
            }
            // and the lock, never zero: behind the loop, which a free place may lead to slot 0
            tstore(0, or(terms, iszero(terms)))
            other := or(gt(word, LEG), xor(at, end))
        }
        if (other) {
            if (at != end) revert IArbitrageExecutor.TruncatedProgram(cursor);
            unchecked {
                _serve(word, 0 - amount, uint160(address(this)));
            }
            assembly ("memory-safe") {
                mstore(0x00, BALANCE_OF)
                mstore(0x20, address())
                mstore(0x40, 0x80) // free memory
            }
            return;
        }
        bool ok;
        assembly ("memory-safe") {
            let zeroForOne := shr(160, word)
            mstore(0x80, V3_SWAP) // selector at 0x9c
            mstore(0xa0, address())
            mstore(0xc0, zeroForOne)
            mstore(0xe0, amount)
            // no price limit of its own: the settlement judges the whole run
            mstore(0x100, xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
            mstore(0x120, 0xa0) // offset of `data`, whose length at 0x140 is zero
            // a call takes the lowest 160 bits of its word
            ok := call(gas(), word, 0, 0x9c, 0xc4, 0x00, 0x00)
        }
        if (!ok) _failed(word);
    }

    /// @dev Answers the callback of a cycle's pool and ends the call: serves it with what it asks for. Comes
    /// back where it is none. Nothing has been allocated in this call and nothing will be, unless it
    /// fails: messages are built from 0 on.
    function answer() internal {
        bool found;
        assembly ("memory-safe") {
            found := eq(calldatasize(), 0x84) // no data, and nothing behind them
        }
        if (found) {
            uint256 word;
            bool passesOn;
            assembly ("memory-safe") {
                word := tload(caller())
                passesOn := lt(sub(word, 1), LEG) // a pool alone
            }
            if (passesOn) {
                assembly ("memory-safe") {
                    let zeroForOne := shr(160, word)
                    mstore(0x00, V3_SWAP) // selector at 0x1c
                    mstore(0x20, caller()) // the recipient
                    mstore(0x40, zeroForOne)
                    // exact output: the greater of both amounts
                    let greater := sgt(calldataload(0x24), calldataload(0x04))
                    mstore(0x60, sub(0, calldataload(add(0x04, shl(5, greater)))))
                    // no price limit of its own: the settlement judges the whole run
                    mstore(0x80, xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
                    mstore(0xa0, 0xa0) // offset of `data`, whose length at 0xc0 is zero
                    // a call takes the lowest 160 bits of its word
                    if call(gas(), word, 0, 0x1c, 0xc4, 0x00, 0x00) { stop() }
                }
                _failed(word);
            }
            uint256 asked;
            assembly ("memory-safe") {
                asked := calldataload(0x04)
                let second := calldataload(0x24)
                if sgt(second, asked) { asked := second } // the greater of both amounts
            }
            if (word == 0) _pay(asked);
            _serve(word, asked, uint160(msg.sender));
            assembly ("memory-safe") {
                stop()
            }
        }
    }

    /// @dev Serves the pool that calls back by the terms, if they are its own, and ends the call.
    function _pay(uint256 asked) private {
        uint256 terms;
        bool paid;
        assembly ("memory-safe") {
            terms := tload(0)
            let bound := eq(and(terms, ADDRESS), caller())
            let token := xor(WPOL, mul(and(shr(160, terms), 1), xor(WPOL, USDC_E)))
            switch shr(WAY, terms)
            case 0 {
                // neither nothing nor too much
                if and(bound, lt(sub(asked, 1), shr(FED, terms))) {
                    tstore(0, 1) // CallbackGuard.spend
                    mstore(0x00, TRANSFER) // selector at 0x1c
                    mstore(0x20, caller())
                    mstore(0x40, asked)
                    let ok := call(gas(), token, 0, 0x1c, 0x44, 0x00, 0x20)
                    // exactly true, as both tokens return it; or the selector is still there
                    if and(eq(mload(0x00), 1), ok) { stop() }
                }
            }
            default {
                if and(bound, shr(255, terms)) {
                    tstore(0, 1) // CallbackGuard.spend
                    mstore(0x00, TRANSFER) // selector at 0x1c
                    codecopy(0x2c, sub(codesize(), mul(20, shr(PLACE, terms))), 20)
                    mstore(0x40, and(shr(FED, terms), AMOUNT))
                    paid := call(gas(), token, 0, 0x1c, 0x44, 0x00, 0x20)
                    paid := and(eq(mload(0x00), 1), paid) // as above
                    // the most usual section, as `_swapPairs` does it: one pair
                    if gt(paid, and(terms, MORE)) {
                        let out1 := mul(asked, and(shr(WAY, terms), 1)) // zero for one
                        mstore(0x00, V2_SWAP) // selector at 0x1c
                        let pair := mload(0x20)
                        mstore(0x20, sub(asked, out1)) // amount0Out
                        mstore(0x40, out1) // amount1Out
                        mstore(0x60, caller())
                        mstore(0x80, 0x80) // offset of `data`, whose length at 0xa0 is zero
                        if call(gas(), pair, 0, 0x1c, 0xa4, 0x00, 0x00) { stop() }
                    }
                }
            }
        }
        if (!paid) _refuse(terms, asked);
        if (terms & MORE == 0) _failed(_listed(terms));
        _swapPairs(terms, asked, uint160(msg.sender), uint160(address(this)));
        assembly ("memory-safe") {
            stop()
        }
    }

    /// @dev Has the pool of `word` feed the word's section, and that deliver `asked` to `to`.
    function _serve(uint256 word, uint256 asked, uint256 to) private {
        bool ok;
        assembly ("memory-safe") {
            let zeroForOne := and(shr(160, word), 1)
            mstore(0x00, V3_SWAP) // selector at 0x1c
            codecopy(0x2c, sub(codesize(), mul(20, shr(PLACE, word))), 20) // to the first pair
            mstore(0x40, zeroForOne)
            mstore(0x60, sar(TOP, shl(sub(TOP, FED), word))) // exact input, or minus exact output
            mstore(0x80, xor(MAX_PRICE, mul(zeroForOne, xor(MAX_PRICE, MIN_PRICE))))
            mstore(0xa0, 0xa0) // offset of `data`, whose length at 0xc0 is zero
            ok := call(gas(), word, 0, 0x1c, 0xc4, 0x00, 0x00)
        }
        if (!ok) _failed(word);
        _swapPairs(word, asked, to, word & ADDRESS);
    }

    /// @dev Swaps through the pairs of a section that has been fed, whose first stands at 0x20 and the words of
    /// whose further ones in the slots behind `place`; the last delivers `asked` to `to`.
    function _swapPairs(uint256 word, uint256 asked, uint256 to, uint256 place) private {
        bool ok = true;
        uint256 pair;
        assembly ("memory-safe") {
            pair := mload(0x20)
            mstore(0x00, V2_SWAP) // selector at 0x1c
            mstore(0x80, 0x80) // offset of `data`
            mstore(0xa0, 0) // its length
            for {} mul(and(word, MORE), ok) {} {
                let zeroForOne := and(shr(WAY, word), 1)
                place := add(place, FLAG)
                word := tload(place)
                mstore(0x60, 0)
                codecopy(0x6c, sub(codesize(), mul(20, shr(PLACE, word))), 20) // to the next pair
                let out := and(shr(FED, word), AMOUNT)
                let out1 := mul(out, zeroForOne)
                mstore(0x20, sub(out, out1)) // amount0Out
                mstore(0x40, out1) // amount1Out
                ok := call(gas(), pair, 0, 0x1c, 0xa4, 0x00, 0x00)
                if ok { pair := mload(0x60) }
            }
            if ok {
                let out1 := mul(asked, and(shr(WAY, word), 1)) // zero for one
                mstore(0x20, sub(asked, out1)) // amount0Out
                mstore(0x40, out1) // amount1Out
                mstore(0x60, to)
                ok := call(gas(), pair, 0, 0x1c, 0xa4, 0x00, 0x00)
            }
        }
        if (!ok) _failed(pair);
    }

    /// @dev Says why a payment was refused, or failed.
    function _refuse(uint256 terms, uint256 asked) private view {
        _restoreFree();
        if (terms & ADDRESS != uint160(msg.sender) || terms >> 254 == HASH_BITS >> 254) {
            revert IArbitrageExecutor.UnexpectedCallback(msg.sender);
        }
        uint256 most = terms >> FED;
        if (terms >> WAY == 0 && (asked == 0 || asked > most)) {
            revert IArbitrageExecutor.WrongPayment(asked, most);
        }
        revert IArbitrageExecutor.TokenCallFailed(terms & FLAG == 0 ? WPOL : USDC_E);
    }

    /// @dev Says which pool failed, in the lowest bits of a word.
    function _failed(uint256 word) private pure {
        _restoreFree();
        Reverts.hopFailed(address(uint160(word & ADDRESS)));
    }

    /// @dev The directory's address of the place that a word begins with.
    function _listed(uint256 word) private pure returns (uint256 account) {
        assembly ("memory-safe") {
            mstore(0x00, 0)
            codecopy(0x0c, sub(codesize(), mul(20, shr(PLACE, word))), 20)
            account := mload(0x00)
        }
    }

    /// @dev Lets messages of failure be allocated where others have been built.
    function _restoreFree() private pure {
        assembly ("memory-safe") {
            mstore(0x40, 0x80)
        }
    }
}
