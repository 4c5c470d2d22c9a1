"""Blocks at an interval with a base fee that the producer sets, as Polygon's producers do.

anvil's own interval mining lets the base fee of near-empty blocks decay to nothing within a minute,
and gas would cost nothing in every profit that is measured.
"""

import threading
import time

from replica.rpc import Rpc


class BlockProducer:
    """Mines a block every `interval_s` seconds until stopped or until the node is gone."""

    def __init__(self, url: str, interval_s: float, base_fee_wei: int) -> None:
        self._rpc = Rpc(url)
        self._interval_s = interval_s
        self._base_fee_wei = base_fee_wei
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="block-producer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Mine no further block; returns when the last one is done."""
        self._stopping.set()
        self._thread.join()
        self._rpc.close()

    def _run(self) -> None:
        due = time.monotonic()
        while True:
            # a machine that slept mines on from now, not in a burst
            due = max(due + self._interval_s, time.monotonic())
            if self._stopping.wait(max(0.0, due - time.monotonic())):
                return
            try:
                self._rpc("anvil_setNextBlockBaseFeePerGas", [hex(self._base_fee_wei)])
                self._rpc("evm_mine")
            except ConnectionError:
                return  # the node is gone, and with it the chain
