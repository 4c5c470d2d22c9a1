// SPDX-License-Identifier: UNLICENSED
pragma solidity 0.8.30;

/// @dev Answers every call by making the calls it was told to make. It stands in for hostile pools
/// and, given the executor role, for a key that batches runs.
contract Scripted {
    struct Step {
        address target;
        bytes data;
        bool mustSucceed;
    }

    Step[] private _steps;
    bytes private _answer;
    bool private _playing;

    /// @dev Results of the last play, one bit per step, lowest first.
    uint256 public succeeded;

    function script(Step[] calldata steps, bytes calldata answer) external {
        delete _steps;
        for (uint256 i = 0; i < steps.length; ++i) {
            _steps.push(steps[i]);
        }
        _answer = answer;
    }

    function play() external {
        _play();
    }

    fallback() external {
        // a call that arrives while a step runs gets the answer alone
        if (!_playing) _play();
        bytes memory answer = _answer;
        assembly {
            return(add(answer, 0x20), mload(answer))
        }
    }

    function _play() private {
        _playing = true;
        succeeded = 0;
        for (uint256 i = 0; i < _steps.length; ++i) {
            Step storage step = _steps[i];
            (bool ok, bytes memory result) = step.target.call(step.data);
            if (ok) {
                succeeded |= 1 << i;
            } else if (step.mustSucceed) {
                assembly {
                    revert(add(result, 0x20), mload(result))
                }
            }
        }
        _playing = false;
    }
}
