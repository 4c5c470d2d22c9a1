"""Prices that jump or are contradicted are not believed; a real socket says what contradicts."""

import asyncio
import struct
from pathlib import Path

import pytest

from keeper.chain import Address
from keeper.relay import sockets
from keeper.relay.frames import pack
from keeper.relay.native_price import MAX_AGE_S, NativePrice
from keeper.risk.prices import MAX_RATIO, WINDOW_BLOCKS, PriceCheck, without

GAIN, NATIVE, OTHER = (Address(bytes([n]) * 20) for n in (1, 2, 3))
PRICES = {GAIN: 1e-6, NATIVE: 0.4e-18, OTHER: 5.0}


def settled(check: PriceCheck) -> PriceCheck:
    for _ in range(WINDOW_BLOCKS):
        assert check.doubted(PRICES) == frozenset()
    return check


@pytest.mark.parametrize("ratio", [MAX_RATIO * 1.01, 1 / (MAX_RATIO * 1.01), 1e9, 0.0])
def test_a_jump_is_doubted_until_it_is_the_median(ratio: float) -> None:
    check = settled(PriceCheck((GAIN,), NATIVE))
    moved = PRICES | {GAIN: PRICES[GAIN] * ratio}
    blocks = 0
    while check.doubted(moved):
        blocks += 1
    assert blocks == WINDOW_BLOCKS // 2 + 1


def test_what_moves_in_small_steps_or_is_not_watched_is_believed() -> None:
    check = settled(PriceCheck((GAIN,), NATIVE))
    for step in range(100):
        moved = PRICES | {GAIN: PRICES[GAIN] * 1.02**step, OTHER: 10.0**step}
        assert check.doubted(moved) == frozenset()


def test_a_token_without_a_price_is_none_of_its_business() -> None:
    check = settled(PriceCheck((GAIN,), NATIVE))
    assert check.doubted({OTHER: 1.0}) == frozenset()
    assert check.doubted(PRICES) == frozenset()


@pytest.mark.parametrize(
    ("said", "is_doubted"),
    [(None, False), (0.4, False), (0.45, False), (0.51, True), (0.31, True), (40.0, True)],
)
def test_a_reference_contradicts_the_native_token_alone(
    said: float | None, is_doubted: bool
) -> None:
    check = PriceCheck((GAIN,), NATIVE, lambda: said)
    assert check.doubted(PRICES) == (frozenset({NATIVE}) if is_doubted else frozenset())


def test_doubted_prices_are_left_out_and_the_rest_is_as_it_was() -> None:
    assert without(PRICES, frozenset({NATIVE})) == {GAIN: 1e-6, OTHER: 5.0}


@pytest.fixture
def path(folder: Path) -> Path:
    return folder / "relay.sock"


def status(cents: int) -> bytes:
    return pack(10, 0, struct.pack("<QIIIIQ4x", 1, 30, 31, 32, cents, 5))


async def test_status_is_heard_among_other_frames_and_noise_and_after_a_new_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [
        b"noise" + pack(10, 0, bytes(36)) + status(38) + pack(9, 1, bytes(70)),
        status(41)[:20],
        status(40),
    ]

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said.pop(0))
        writer.close()

    price = NativePrice(path)
    listening = asyncio.create_task(price.run())
    try:
        await asyncio.sleep(0.01)
        assert price.usd() is None
        async with await asyncio.start_unix_server(serve, sock=sockets.listen(path)):
            async with asyncio.timeout(5):
                while price.usd() != 0.38:  # noqa: ASYNC110 -- what is heard has no event
                    await asyncio.sleep(0.005)
                while price.usd() != 0.4:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
        monkeypatch.setattr("keeper.relay.native_price.MAX_AGE_S", -MAX_AGE_S)
        assert price.usd() is None
        assert not listening.done()
    finally:
        listening.cancel()
