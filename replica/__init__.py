"""The offline Polygon: real protocol bytecode at its canonical addresses on an anvil chain."""

from replica.launch import Replica, launch
from replica.manifest import Manifest

__all__ = ["Manifest", "Replica", "launch"]
