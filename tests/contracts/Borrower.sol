// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

interface IToken {
    function transfer(address, uint256) external returns (bool);
    function approve(address, uint256) external returns (bool);
}

interface ILender {
    function flashLoanSimple(address, address, uint256, bytes calldata, uint16) external;
    function flashLoan(address, address[] calldata, uint256[] calldata, bytes calldata) external;
    function flashLoan(address, uint256, bytes calldata) external;
    function flash(address, uint256, uint256, bytes calldata) external;
    function unlock(bytes calldata) external returns (bytes memory);
    function take(address, address, uint256) external;
    function sync(address) external;
    function settle() external payable returns (uint256);
}

/// @notice Borrows from any lender, notes the premium that it asks, and pays it back with that.
contract Borrower {
    uint256 public premium;
    address private token;

    function aave_v3(address lender, address asset, uint256 amount) external {
        ILender(lender).flashLoanSimple(address(this), asset, amount, "", 0);
    }

    function balancer_v2(address lender, address asset, uint256 amount) external {
        address[] memory assets = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (assets[0], amounts[0]) = (asset, amount);
        ILender(lender).flashLoan(address(this), assets, amounts, "");
    }

    function morpho(address lender, address asset, uint256 amount) external {
        premium = 0;
        token = asset;
        ILender(lender).flashLoan(asset, amount, "");
    }

    function uniswap_v4(address lender, address asset, uint256 amount) external {
        premium = 0;
        ILender(lender).unlock(abi.encode(asset, amount));
    }

    function uniswap_v3(address lender, address asset, uint256 amount, bool first) external {
        token = asset;
        ILender(lender)
            .flash(address(this), first ? amount : 0, first ? 0 : amount, abi.encode(amount));
    }

    function executeOperation(address asset, uint256 amount, uint256 fee, address, bytes calldata)
        external
        returns (bool)
    {
        premium = fee;
        return IToken(asset).approve(msg.sender, amount + fee);
    }

    function receiveFlashLoan(
        address[] calldata assets,
        uint256[] calldata amounts,
        uint256[] calldata fees,
        bytes calldata
    ) external {
        premium = fees[0];
        IToken(assets[0]).transfer(msg.sender, amounts[0] + fees[0]);
    }

    function onMorphoFlashLoan(uint256 amount, bytes calldata) external {
        IToken(token).approve(msg.sender, amount);
    }

    function unlockCallback(bytes calldata data) external returns (bytes memory) {
        (address asset, uint256 amount) = abi.decode(data, (address, uint256));
        ILender(msg.sender).take(asset, address(this), amount);
        ILender(msg.sender).sync(asset);
        IToken(asset).transfer(msg.sender, amount);
        ILender(msg.sender).settle();
        return "";
    }

    function uniswapV3FlashCallback(uint256 fee0, uint256 fee1, bytes calldata data) external {
        premium = fee0 + fee1;
        IToken(token).transfer(msg.sender, abi.decode(data, (uint256)) + premium);
    }
}
