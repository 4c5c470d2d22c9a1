"""Frames, messages, client and server of the relay's `defi.sock` channel."""
