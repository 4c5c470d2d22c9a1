"""What stands on Polygon, by canonical address; the replica has the same at the same places."""

from replica.abi import address

WPOL = address("0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270")
USDC_E = address("0x2791bca1f2de4661ed88a30c99a7a9449aa84174")
WETH = address("0x7ceb23fd6bc0add59e62ac25578270cff1b9f619")

QUICKSWAP_V2_FACTORY = address("0x5757371414417b8c6caad45baef941abc7d3ab32")
UNISWAP_V2_FACTORY = address("0x9e5a52f57b3038f1b8eee45f28b3c1967e22799c")
UNISWAP_V3_FACTORY = address("0x1f98431c8ad98523631ae4a59f267346ea31f984")
AAVE_POOL = address("0x794a61358d6845594f94dc1db02a252b5b4814ad")
AAVE_PROVIDER = address("0xa97684ead0e402dc232d5a977953df7ecbab3cdb")
QUOTER_V2 = address("0x61ffe014ba17989e743c5f6cb21bf9697530b21e")

CONTRACTS = {
    "WPOL": WPOL,
    "USDC.e": USDC_E,
    "WETH": WETH,
    "QuickSwap V2 factory": QUICKSWAP_V2_FACTORY,
    "QuickSwap V2 router": address("0xa5e0829caced8ffdd4de3c43696c57f7d7a678ff"),
    "Uniswap V2 factory": UNISWAP_V2_FACTORY,
    "Uniswap V2 router": address("0xedf6066a2b290c185783862c7f4776a2c8077ad1"),
    "Uniswap V3 factory": UNISWAP_V3_FACTORY,
    "SwapRouter02": address("0x68b3465833fb72a70ecdf485e0e4c7bd8665fc45"),
    "QuoterV2": QUOTER_V2,
    "Aave addresses provider": AAVE_PROVIDER,
    "Aave pool": AAVE_POOL,
    "Multicall3": address("0xca11bde05977b3631167028862be2a173976ca11"),
}

V2_INIT_CODE_HASH = bytes.fromhex(
    "96e8ac4277198ff8b6f785478aa9a39f403cb768dd02cbee326c3e7da348845f"
)
V3_INIT_CODE_HASH = bytes.fromhex(
    "e34f199b19b2b4f47f68442619d555527d244f78a3297ea89325f843f87b8b54"
)

QUICKSWAP_WPOL_USDC_E = address("0x6e7a5fafcec6bb1e78bae2a1f0b612012bf14827")
QUICKSWAP_USDC_E_WETH = address("0x853ee4b2a13f8a742d64c8f088be7ba2131f670d")
V3_WPOL_USDC_E = address("0xa374094527e1673a86de625aa59517c5de346d32")
V3_WPOL_WETH = address("0x86f1d8390222a3691c28938ec7404a1661e618e0")
