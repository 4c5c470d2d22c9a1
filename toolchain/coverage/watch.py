"""An EVM that tells which addresses its transactions have looked at."""

from collections.abc import Callable
from typing import Any

import pyrevm

from toolchain.coverage.probes import FIRST, MOST_PROBES

MOST_PROBED_BYTES = 2 * 24_576
"""Code with probes, and unoptimised, may be larger than EIP-170 lets the executor be."""


def watched(hit: set[int], make: Callable[..., Any]) -> Callable[..., Any]:
    """A maker of EVMs that add to `hit` the numbers of the probes that were reached."""

    def made(*, env: Any = None, **options: Any) -> _Watched:  # noqa: ANN401 - as there
        return _Watched(make(env=_roomy(env or pyrevm.Env()), **options), hit)

    return made


def _roomy(env: Any) -> pyrevm.Env:  # noqa: ANN401 - its stub knows no attribute
    cfg = pyrevm.CfgEnv(chain_id=env.cfg.chain_id, limit_contract_code_size=MOST_PROBED_BYTES)
    return pyrevm.Env(cfg=cfg, block=env.block, tx=env.tx)


class _Watched:
    def __init__(self, evm: pyrevm.EVM, hit: set[int]) -> None:
        self._evm = evm
        self._hit = hit

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever it is there
        return getattr(self._evm, name)

    def message_call(self, *arguments: Any, **options: Any) -> bytes:  # noqa: ANN401 - as there
        try:
            return bytes(self._evm.message_call(*arguments, **options))
        finally:
            self._harvest()

    def deploy(self, *arguments: Any, **options: Any) -> str:  # noqa: ANN401 - as there
        try:
            return str(self._evm.deploy(*arguments, **options))
        finally:
            self._harvest()

    def _harvest(self) -> None:
        places = (int(account, 16) - FIRST for account in self._evm.db_accounts)
        self._hit.update(place for place in places if 0 <= place < MOST_PROBES)
