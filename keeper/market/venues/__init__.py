"""One file per venue: exact integer quotes and float segments, behind a registry."""
