"""How fast the market takes its state in: bootstrap from a chain, then frames from a socket."""
