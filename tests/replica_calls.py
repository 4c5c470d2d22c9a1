"""Calls, transactions and small contracts that the tests of the replica make."""

import itertools
import json
import subprocess
from functools import cache
from typing import Any

from eth_abi.abi import decode

from keeper.chain import Address
from replica import Replica
from replica.abi import address, encode_call
from replica.paths import tool
from replica.rpc import Json

GAS_LIMITS = itertools.count(2_000_000)


def read(chain: Replica, to: Address, signature: str, returns: list[str], *args: object) -> Json:
    call = {"to": to, "data": encode_call(signature, *args)}
    return decode(returns, bytes.fromhex(chain.rpc("eth_call", [call, "latest"])[2:]))


def balance(chain: Replica, token: Address, holder: Address) -> int:
    amount: int = read(chain, token, "balanceOf(address)", ["uint256"], holder)[0]
    return amount


def transact(
    chain: Replica, sender: Address, to: Address | None, data: bytes, value: int = 0
) -> dict[str, Any]:
    # no two tests send the same transaction: a repeated one has no receipt after a revert
    order = {"from": sender, "data": data, "value": hex(value), "gas": hex(next(GAS_LIMITS))}
    tx_hash = chain.rpc("eth_sendTransaction", [order | ({"to": to} if to else {})])
    receipt = chain.receipt(tx_hash)
    assert receipt["status"] == "0x1"
    return receipt


def deployed(chain: Replica, sender: Address, source: str, contract: str) -> Address:
    return address(transact(chain, sender, None, compiled(source, contract))["contractAddress"])


@cache
def compiled(source: str, contract: str) -> bytes:
    job = {
        "language": "Solidity",
        "sources": {"test.sol": {"content": source}},
        "settings": {"outputSelection": {"*": {contract: ["evm.bytecode.object"]}}},
    }
    solc = [tool("solc-v0.8.30"), "--standard-json"]
    done = subprocess.run(solc, input=json.dumps(job), capture_output=True, text=True, check=True)
    units = json.loads(done.stdout)["contracts"]["test.sol"]
    return bytes.fromhex(units[contract]["evm"]["bytecode"]["object"])
