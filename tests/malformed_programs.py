"""What becomes of programs that nobody meant: bits flipped, parts cut, moved, swapped, or noise."""

import random
from collections.abc import Sequence

from program_assembler import COMMANDS, SELECTOR, TABLE, header
from program_writer import heads_of

from keeper.chain import Address

HEADER_SIZE = len(header([]))
HEADS = [entry["opcode"] for entry in COMMANDS.values()]


class Breaker:
    """Breaks programs from one seed. `places` are addresses that are likely to be of interest."""

    def __init__(self, rng: random.Random, places: Sequence[Address]) -> None:
        self.rng = rng
        self.places = places
        self.last = b""

    def broken(self, program: bytes) -> bytes:
        """The program with one to three faults, or something that was never one."""
        if self.rng.random() < 0.1:
            return self.noise()
        raw = bytearray(program)
        if self.rng.random() < 0.3:
            self.misdirect(raw)
        for _ in range(
            self.rng.choice((1, 1, 2, 3)) if raw == program else self.rng.choice((0, 1))
        ):
            self.rng.choice(
                (self.flip, self.put, self.cut, self.insert, self.remove, self.swap, self.stretch)
            )(raw)
        if self.last and self.rng.random() < 0.1:
            raw = raw[: self.rng.randrange(len(raw) + 1)] + bytearray(self.last[HEADER_SIZE:])
        self.last = program
        return bytes(raw)

    def misdirect(self, raw: bytearray) -> None:
        """Another recipient, direction or opcode for one command."""
        head = self.rng.choice(heads_of(bytes(raw)))
        if self.rng.random() < 0.7:
            raw[head] ^= self.rng.randrange(1, 8) << 5
        else:
            raw[head] = raw[head] & 0xE0 | self.rng.choice(HEADS)

    def noise(self) -> bytes:
        """Random bytes, behind a header mostly."""
        tail = self.rng.randbytes(self.rng.randrange(120))
        if tail and self.rng.random() < 0.5:
            tail = bytes([self.rng.choice(HEADS) | self.rng.randrange(8) << 5]) + tail[1:]
        if self.rng.random() < 0.2:
            return SELECTOR + tail
        tokens = self.rng.sample(self.places, self.rng.randrange(4))
        lead = self.rng.choice([entry["name"] for entry in TABLE["lead"]])
        return header(tokens, lead=lead) + tail

    def at(self, raw: bytearray) -> int:
        """A place behind the selector, mostly behind the limits."""
        start = min(len(raw), 16 if self.rng.random() < 0.9 else 4)
        return self.rng.randrange(start, len(raw) + 1)

    def flip(self, raw: bytearray) -> None:
        """One bit."""
        if raw:
            raw[min(self.at(raw), len(raw) - 1)] ^= 1 << self.rng.randrange(8)

    def put(self, raw: bytearray) -> None:
        """One byte, of those that mean most."""
        if raw:
            value = self.rng.choice((0, 1, 127, 128, 255, *HEADS))
            raw[min(self.at(raw), len(raw) - 1)] = value

    def cut(self, raw: bytearray) -> None:
        """Everything from a place on."""
        del raw[self.at(raw) :]

    def insert(self, raw: bytearray) -> None:
        """Bytes between others."""
        at = self.at(raw)
        raw[at:at] = self.rng.randbytes(self.rng.choice((1, 1, 2, 20)))

    def remove(self, raw: bytearray) -> None:
        """Bytes out of the middle."""
        at = self.at(raw)
        del raw[at : at + self.rng.choice((1, 1, 2, 20))]

    def swap(self, raw: bytearray) -> None:
        """An address, if there is one at the place, by another."""
        known = [at for at in range(16, len(raw) - 19) if bytes(raw[at : at + 20]) in self.places]
        if known:
            at = self.rng.choice(known)
            raw[at : at + 20] = self.rng.choice(self.places)

    def stretch(self, raw: bytearray) -> None:
        """Two bytes, as a length, a little off or far."""
        at = self.at(raw)
        if at + 2 <= len(raw):
            length = int.from_bytes(raw[at : at + 2], "big")
            off = self.rng.choice((1, -1, 18, -18, 20, 0x8000, -length))
            raw[at : at + 2] = ((length + off) % 0x10000).to_bytes(2, "big")
