"""The events of an executor's last transaction."""

from typing import Any

from eth_abi.abi import decode
from eth_utils.crypto import keccak
from executor_world import World, hexed

from keeper.chain import Address
from replica.abi import address
from replica.contracts import compile_executor

EVENTS: dict[str, dict[str, Any]] = {
    hexed(keccak(text=f"{entry['name']}({','.join(p['type'] for p in entry['inputs'])})")): entry
    for entry in compile_executor().abi
    if entry["type"] == "event"
}
"""By topic; every argument is one word."""


def events_of(world: World, executor: Address) -> list[tuple[str, tuple[object, ...]]]:
    """Name and arguments of each, the indexed ones first, addresses as bytes."""
    return [
        (EVENTS[log.topics[0]]["name"], arguments(EVENTS[log.topics[0]]["inputs"], log))
        for log in world.evm.result.logs
        if log.address.lower() == hexed(executor)
    ]


def arguments(inputs: list[dict[str, Any]], log: Any) -> tuple[object, ...]:  # noqa: ANN401 - pyrevm's
    parts = sorted(inputs, key=lambda part: not part["indexed"])
    words = bytes.fromhex("".join(topic[2:] for topic in log.topics[1:])) + log.data[1]
    values = decode([part["type"] for part in parts], words)
    return tuple(address(each) if isinstance(each, str) else each for each in values)
