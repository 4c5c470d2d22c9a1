"""The offline Polygon: real protocol bytecode at its canonical addresses on an anvil chain."""
