"""Directories: what stands behind an executor's code, and what hostile code would have there."""

import pytest
from directory import code_of
from executor_world import new_world

from keeper.chain import Address, Protocol
from keeper.execution.directory import DIRECTORY_SIZE, Directory, DirectoryError
from keeper.execution.program_table import DIRECTORY_PAIRS, DIRECTORY_POOLS
from replica.directory import directory_of

V2, V3 = Protocol.UNISWAP_V2, Protocol.UNISWAP_V3
A, B, C = (Address(bytes([n]) * 20) for n in (0xA0, 0xB0, 0xC0))
CODE = b"\x5f" * 100


def listing(**places: Address) -> bytes:
    """Code with addresses at places `p1` and so on, counted from its end in steps of 20 bytes."""
    code = bytearray(CODE + bytes(20 * 127))
    for name, address in places.items():
        start = len(code) - 20 * int(name[1:])
        code[start : start + 20] = address
    return bytes(code)


def test_places_are_counted_from_the_end_and_pairs_follow_pools() -> None:
    found = Directory.read(listing(p1=A, p63=B, p64=C, p127=A))
    assert (dict(found.pools), dict(found.pairs)) == ({A: 1, B: 63}, {C: 64, A: 127})
    assert (found.place(A, V3), found.place(A, V2), found.place(C, V3)) == (1, 127, None)
    assert found.place(A, Protocol.ALGEBRA_V1) is None


def test_what_is_listed_twice_has_its_first_place_and_what_is_free_has_none() -> None:
    found = Directory.read(listing(p7=A, p9=A))
    assert dict(found.pools) == {A: 7}
    assert found.place(Address(bytes(20)), V3) is None
    assert found == Directory.of([*[Address(bytes(20))] * 6, A, B, A][:7], [])


@pytest.mark.parametrize("size", [0, 20, DIRECTORY_SIZE - 1, DIRECTORY_SIZE])
def test_code_without_room_for_a_directory_is_refused(size: int) -> None:
    with pytest.raises(DirectoryError, match=f"{size} bytes of code"):
        Directory.read(b"\x5f" * size)
    assert DIRECTORY_SIZE == 20 * 127
    Directory.read(b"\x5f" * (DIRECTORY_SIZE + 1))


@pytest.mark.parametrize("more", [(1, 0), (0, 1)])
def test_more_than_there_are_places_is_refused(more: tuple[int, int]) -> None:
    sizes = (DIRECTORY_POOLS + more[0], DIRECTORY_PAIRS + more[1])
    with pytest.raises(DirectoryError, match=f"not {sizes[0]} and {sizes[1]}"):
        Directory.of([A] * sizes[0], [B] * sizes[1])


def test_an_executors_code_lists_what_it_was_created_with() -> None:
    world = new_world()
    code = code_of(world, "0x" + world.executor.hex())
    assert Directory.read(code) == Directory.of(*directory_of(world.manifest))
