// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @dev A pool of the thief's own: it answers a V2 or V3 swap with the callback it was armed for,
/// or with what its mode says, and may give tokens back to make a run look honest.
contract Thief {
    uint256 private constant V2_SWAP = 0x022c0d9f;
    uint256 private constant V3_SWAP = 0x128acb08;

    uint256 private _mode;
    address private _token;
    uint256 private _gift;
    bytes private _program;

    function plan(uint256 mode, address token, uint256 gift, bytes calldata program) external {
        _mode = mode;
        _token = token;
        _gift = gift;
        _program = program;
    }

    fallback() external {
        bytes memory stream = _stream();
        uint256 mode = _mode % 8;
        if (mode != 1) _callBack(stream, mode == 4);
        if (mode == 2) _callBack(stream, false);
        if (mode == 3) msg.sender.call(_program);
        if (mode == 5) _callBack(_program, false);
        if (mode == 6) _takeByAllowance();
        if (_gift != 0) {
            _token.call(abi.encodeWithSignature("transfer(address,uint256)", msg.sender, _gift));
        }
        assembly {
            mstore(0x00, 1)
            mstore(0x20, 1)
            return(0x00, 0x40)
        }
    }

    /// @dev The nested stream that the executor sent along.
    function _stream() private pure returns (bytes memory stream) {
        if (msg.data.length < 4) return "";
        if (uint32(msg.sig) == V2_SWAP) {
            (,,, stream) = abi.decode(msg.data[4:], (uint256, uint256, address, bytes));
        } else if (uint32(msg.sig) == V3_SWAP) {
            (,,,, stream) = abi.decode(msg.data[4:], (address, bool, int256, uint160, bytes));
        }
    }

    function _callBack(bytes memory stream, bool otherSelector) private {
        bool v2 = uint32(msg.sig) == V2_SWAP;
        if (v2 && stream.length == 0) return;
        bytes memory message = v2 != otherSelector
            ? abi.encodeWithSignature(
                "uniswapV2Call(address,uint256,uint256,bytes)", msg.sender, 1, 1, stream
            )
            : abi.encodeWithSignature(
                "uniswapV3SwapCallback(int256,int256,bytes)", type(int256).max, int256(1), stream
            );
        msg.sender.call(message);
    }

    function _takeByAllowance() private {
        _token.call(
            abi.encodeWithSignature(
                "transferFrom(address,address,uint256)", msg.sender, address(this), 1
            )
        );
    }
}
