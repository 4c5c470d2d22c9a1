"""Checks every row of the journal against the chain, by means that the keeper does not use."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from eth_utils.crypto import keccak

from keeper.chain import Address
from keeper.execution.intent import IntentState, Outcome
from keeper.journal import ExecutionRow
from replica import Replica
from replica.abi import address, encode_call

TRANSFER = "0x" + keccak(text="Transfer(address,address,uint256)").hex()


@dataclass(slots=True)
class Audit:
    """What the comparison found; `mismatches` are sentences, empty when rows and chain agree."""

    checked: int = 0
    mismatches: list[str] = field(default_factory=list)

    def expect(self, row: str, what: str, recorded: object, found: object) -> None:
        """Note a mismatch unless the journal's figure equals the chain's."""
        if recorded != found:
            self.mismatches.append(f"{row}: {what} is {recorded} in the journal, {found} on chain")


def audit(
    replica: Replica, rows: Iterable[ExecutionRow], sender: Address, first_block: int
) -> Audit:
    """Compare rows and chain in both directions, from `first_block` to the head.

    Profit is compared by the executor's token balances before and after each block. What others
    moved in a route's favour may leave a little of its other tokens behind: that counts too, and
    must never be less than nothing.
    """
    rows = list(rows)
    result = Audit()
    for row in rows:
        if row.outcome is None:
            result.mismatches.append(f"0x{row.intent.tx_hash.hex()}: no outcome in the journal")
        elif row.outcome.state is not IntentState.DROPPED:
            _check_receipt(result, replica, row.outcome)
        result.checked += 1
    _check_balances(result, replica, rows)
    _check_nothing_unrecorded(result, replica, rows, sender, first_block)
    return result


def _check_receipt(result: Audit, replica: Replica, outcome: Outcome) -> None:
    name = "0x" + outcome.tx_hash.hex()
    receipt = replica.rpc("eth_getTransactionReceipt", [name])
    if receipt is None:
        result.mismatches.append(f"{name}: has a row, but no receipt")
        return
    succeeded = outcome.state is IntentState.SUCCEEDED
    gas_used, gas_price = int(receipt["gasUsed"], 16), int(receipt["effectiveGasPrice"], 16)
    result.expect(name, "success", succeeded, int(receipt["status"], 16) == 1)
    result.expect(name, "block", outcome.block_number, int(receipt["blockNumber"], 16))
    result.expect(name, "block hash", "0x" + outcome.block_hash.hex(), receipt["blockHash"])
    result.expect(name, "gas used", outcome.gas_used, gas_used)
    result.expect(name, "gas cost in wei", outcome.gas_cost_wei, gas_used * gas_price)


def _check_balances(result: Audit, replica: Replica, rows: list[ExecutionRow]) -> None:
    recorded: dict[tuple[int, Address, Address], int] = defaultdict(int)
    for row in rows:
        if row.outcome is None or row.outcome.state is IntentState.DROPPED:
            continue
        place = (row.outcome.block_number, row.intent.executor)
        recorded[*place, row.outcome.profit_token] += row.outcome.actual_profit_raw
        for token, left in _left_behind(replica, row.outcome, row.intent.executor).items():
            recorded[*place, token] += left
            if left < 0:
                name = f"0x{row.outcome.tx_hash.hex()}"
                result.mismatches.append(f"{name}: paid {-left} of 0x{token.hex()}")
    for (block, executor, token), profit in recorded.items():
        change = _balance(replica, token, executor, block)
        change -= _balance(replica, token, executor, block - 1)
        result.expect(f"block {block}", f"profit in 0x{token.hex()}", profit, change)


def _left_behind(replica: Replica, outcome: Outcome, executor: Address) -> dict[Address, int]:
    """What a transaction's transfers made of the executor's other tokens, of each that changed."""
    receipt = replica.rpc("eth_getTransactionReceipt", ["0x" + outcome.tx_hash.hex()]) or {}
    change: dict[Address, int] = defaultdict(int)
    for log in receipt.get("logs", ()):
        topics = log["topics"]
        if len(topics) == 3 and topics[0] == TRANSFER:
            amount, token = int(log["data"], 16), address(log["address"])
            change[token] += amount * (address("0x" + topics[2][-40:]) == executor)
            change[token] -= amount * (address("0x" + topics[1][-40:]) == executor)
    return {token: left for token, left in change.items() if left and token != outcome.profit_token}


def _balance(replica: Replica, token: Address, holder: Address, block: int) -> int:
    call = {"to": token, "data": encode_call("balanceOf(address)", holder)}
    return int(replica.rpc("eth_call", [call, hex(block)]), 16)


def _check_nothing_unrecorded(
    result: Audit, replica: Replica, rows: list[ExecutionRow], sender: Address, first_block: int
) -> None:
    recorded = ["0x" + row.outcome.tx_hash.hex() for row in rows if row.outcome is not None]
    mined = [transaction["hash"] for transaction in _transactions_of(replica, sender, first_block)]
    for name in mined:
        result.expect(name, "number of rows", recorded.count(name), 1)


def _transactions_of(
    replica: Replica, sender: Address, first_block: int
) -> Iterable[dict[str, Any]]:
    head = int(replica.rpc("eth_blockNumber"), 16)
    for number in range(first_block, head + 1):
        block = replica.rpc("eth_getBlockByNumber", [hex(number), True])
        for transaction in block["transactions"]:
            if transaction["from"] == "0x" + sender.hex():
                yield transaction
