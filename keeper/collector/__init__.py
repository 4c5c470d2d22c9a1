"""A node's logs become relay messages."""
