"""Starting the replica: a loaded anvil, ready to be called."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from replica.anvil import Anvil
from replica.build import ACCOUNTS, BLOCK_INTERVAL_S, build
from replica.manifest import Manifest
from replica.producer import BlockProducer
from replica.rpc import Json

DEFAULT_BASE_FEE_WEI = 30 * 10**9


class Replica:
    """A running replica. Use it as a context manager, or call `stop`."""

    def __init__(
        self,
        anvil: Anvil,
        manifest: Manifest,
        producer: BlockProducer | None,
    ) -> None:
        self._anvil = anvil
        self._producer = producer
        self.manifest = manifest
        self.ipc_path = anvil.ipc_path

    @property
    def url(self) -> str:
        """HTTP and WebSocket endpoint, as an http URL."""
        return self._anvil.url

    @property
    def port(self) -> int:
        """The port of `url`."""
        return self._anvil.port

    @property
    def pid(self) -> int:
        """Process id of anvil."""
        return self._anvil.pid

    def rpc(self, method: str, params: list[Any] | None = None) -> Json:
        """Result of one JSON-RPC call; raises `RpcError` on an error answer."""
        return self._anvil.rpc(method, params)

    def batch(self, method: str, each: Sequence[list[Any]]) -> list[Json]:
        """Results of one method for each list of parameters, thousands to a request."""
        return self._anvil.rpc.batch(method, each)

    def receipt(self, tx_hash: str, timeout_s: float = 10) -> dict[str, Any]:
        """The receipt once the transaction is mined; raises `TimeoutError` if it is not in time."""
        deadline = time.monotonic() + timeout_s
        while (found := self.rpc("eth_getTransactionReceipt", [tx_hash])) is None:
            if time.monotonic() > deadline:
                raise TimeoutError(f"transaction {tx_hash} has no receipt after {timeout_s} s")
            time.sleep(0.002)
        receipt: dict[str, Any] = found
        return receipt

    def stop(self) -> None:
        """End the chain; calling twice is harmless."""
        if self._producer is not None:
            self._producer.stop()
        self._anvil.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def launch(
    port: int = 0,
    *,
    block_time_s: float | None = None,
    base_fee_wei: int = DEFAULT_BASE_FEE_WEI,
    accounts: int = ACCOUNTS,
    fixed_time: bool = False,
) -> Replica:
    """Start a replica, building it first if the cache has none.

    Args:
        port: where it listens on 127.0.0.1; 0 takes a free port.
        block_time_s: seconds between blocks, whose base fee then stays at `base_fee_wei`; without
            it each transaction is mined at once and the base fee moves by EIP-1559.
        base_fee_wei: base fee of the first block after the built ones.
        accounts: how many unlocked accounts of the development mnemonic anvil offers.
        fixed_time: count timestamps on from the built state instead of taking the wall clock's,
            so that gas is reproducible.
    """
    built = build()
    options = ["--load-state", str(built.state_path)]
    options += ["--accounts", str(accounts), "--order", "fees"]
    options += ["--block-base-fee-per-gas", str(base_fee_wei)]
    if block_time_s:
        options += ["--no-mining"]
    if fixed_time:
        options += ["--timestamp", str(built.manifest.built_timestamp_s)]
    anvil = Anvil(port, options)
    anvil.rpc("anvil_setNextBlockBaseFeePerGas", [hex(base_fee_wei)])
    if fixed_time:
        anvil.rpc("anvil_setBlockTimestampInterval", [BLOCK_INTERVAL_S])
    producer = BlockProducer(anvil.url, block_time_s, base_fee_wei) if block_time_s else None
    return Replica(anvil, built.manifest, producer)
