"""Validated readings of a node's JSON: every type, length and range is checked."""

import itertools
import re
from dataclasses import dataclass

from eth_bloom.bloom import BloomFilter

from keeper.chain import Address, BlockRef

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")


class MalformedError(ValueError):
    """A field of an answer is not what the JSON-RPC specification promises."""


class AbsentError(LookupError):
    """The node answered that it does not have the block that was asked for."""


@dataclass(frozen=True, slots=True)
class Log:
    """One event as the node stated it; indices count within the block."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    transaction_index: int
    log_index: int
    transaction_hash: bytes
    removed: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a mined transaction did; `status` is 1 on success and 0 on revert."""

    transaction_hash: bytes
    status: int
    block_number: int
    block_hash: bytes
    transaction_index: int
    sender: Address
    to: Address | None
    contract_address: Address | None
    gas_used: int
    effective_gas_price_wei: int
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction the node knows; the block fields are None while it is pending."""

    hash: bytes
    sender: Address
    to: Address | None
    nonce: int
    value_wei: int
    gas_limit: int
    data: bytes
    block_number: int | None
    block_hash: bytes | None


def fields_of(value: object, what: str) -> dict[str, object]:
    """`value` as a JSON object."""
    if not isinstance(value, dict):
        raise MalformedError(f"{what} is not an object")
    return value


def items_of(value: object, what: str) -> list[object]:
    """`value` as a JSON array."""
    if not isinstance(value, list):
        raise MalformedError(f"{what} is not a list")
    return value


def quantity(value: object, what: str, bits: int = 64) -> int:
    """An unsigned integer of at most `bits` bits from its hexadecimal form."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise MalformedError(f"{what} is not a quantity")
    number = int(value, 16)
    if number >> bits:
        raise MalformedError(f"{what} exceeds {bits} bits")
    return number


def data_of(value: object, what: str, length: int | None = None) -> bytes:
    """Bytes from their hexadecimal form, `length` of them where given."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise MalformedError(f"{what} is not hexadecimal data")
    try:
        raw = bytes.fromhex(value[2:])
    except ValueError:
        raise MalformedError(f"{what} is not hexadecimal data") from None
    if 2 + 2 * len(raw) != len(value):  # fromhex also takes blanks
        raise MalformedError(f"{what} is not hexadecimal data")
    if length is not None and len(raw) != length:
        raise MalformedError(f"{what} has {len(raw)} bytes instead of {length}")
    return raw


def address_of(value: object, what: str) -> Address:
    """A 20-byte address."""
    return Address(data_of(value, what, 20))


def optional_address(value: object, what: str) -> Address | None:
    """A 20-byte address, or None for null."""
    return None if value is None else address_of(value, what)


def block_of(value: object) -> BlockRef:
    """A block's header from `eth_getBlockBy…`."""
    fields = fields_of(value, "block")
    return BlockRef(
        number=quantity(fields.get("number"), "block number"),
        hash=data_of(fields.get("hash"), "block hash", 32),
        parent_hash=data_of(fields.get("parentHash"), "parent hash", 32),
        timestamp_s=quantity(fields.get("timestamp"), "block timestamp"),
        base_fee_wei=quantity(fields.get("baseFeePerGas"), "base fee", 128),
    )


def bloom_of(value: object) -> BloomFilter:
    """What a block's header says of its logs: addresses and topics, some of them by mistake.

    Source: the yellow paper, 4.3.1.
    """
    bloom = data_of(fields_of(value, "block").get("logsBloom"), "logs bloom", 256)
    return BloomFilter(int.from_bytes(bloom))


def log_of(value: object) -> Log:
    """A mined log from `eth_getLogs` or a receipt."""
    fields = fields_of(value, "log")
    topics = items_of(fields.get("topics"), "log topics")
    if len(topics) > 4:
        raise MalformedError(f"log has {len(topics)} topics, more than 4")
    removed = fields.get("removed", False)
    if not isinstance(removed, bool):
        raise MalformedError("log removed is not a boolean")
    return Log(
        address=address_of(fields.get("address"), "log address"),
        topics=tuple(data_of(topic, "log topic", 32) for topic in topics),
        data=data_of(fields.get("data"), "log data"),
        block_number=quantity(fields.get("blockNumber"), "log block number"),
        block_hash=data_of(fields.get("blockHash"), "log block hash", 32),
        transaction_index=quantity(fields.get("transactionIndex"), "transaction index", 31),
        log_index=quantity(fields.get("logIndex"), "log index", 31),
        transaction_hash=data_of(fields.get("transactionHash"), "transaction hash", 32),
        removed=removed,
    )


def logs_of(value: object) -> list[Log]:
    """Logs in strictly increasing (block number, log index) order; any other order is malformed."""
    logs = [log_of(item) for item in items_of(value, "logs")]
    places = [(log.block_number, log.log_index) for log in logs]
    if any(first >= second for first, second in itertools.pairwise(places)):
        raise MalformedError("logs are out of order or repeated")
    return logs


def receipt_of(value: object) -> Receipt:
    """A receipt from `eth_getTransactionReceipt`."""
    fields = fields_of(value, "receipt")
    return Receipt(
        transaction_hash=data_of(fields.get("transactionHash"), "transaction hash", 32),
        status=quantity(fields.get("status"), "receipt status", 1),
        block_number=quantity(fields.get("blockNumber"), "receipt block number"),
        block_hash=data_of(fields.get("blockHash"), "receipt block hash", 32),
        transaction_index=quantity(fields.get("transactionIndex"), "transaction index", 31),
        sender=address_of(fields.get("from"), "receipt sender"),
        to=optional_address(fields.get("to"), "receipt target"),
        contract_address=optional_address(fields.get("contractAddress"), "created contract"),
        gas_used=quantity(fields.get("gasUsed"), "gas used"),
        effective_gas_price_wei=quantity(
            fields.get("effectiveGasPrice"), "effective gas price", 128
        ),
        logs=tuple(logs_of(fields.get("logs"))),
    )


def transaction_of(value: object) -> Transaction:
    """A transaction from `eth_getTransactionByHash`."""
    fields = fields_of(value, "transaction")
    number, block_hash = fields.get("blockNumber"), fields.get("blockHash")
    if (number is None) != (block_hash is None):
        raise MalformedError("transaction has a block number without a hash, or the reverse")
    return Transaction(
        hash=data_of(fields.get("hash"), "transaction hash", 32),
        sender=address_of(fields.get("from"), "transaction sender"),
        to=optional_address(fields.get("to"), "transaction target"),
        nonce=quantity(fields.get("nonce"), "transaction nonce"),
        value_wei=quantity(fields.get("value"), "transaction value", 256),
        gas_limit=quantity(fields.get("gas"), "transaction gas"),
        data=data_of(fields.get("input"), "transaction data"),
        block_number=None if number is None else quantity(number, "transaction block number"),
        block_hash=None
        if block_hash is None
        else data_of(block_hash, "transaction block hash", 32),
    )
