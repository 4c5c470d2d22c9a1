"""Commands of `ape run`; modules with a leading underscore are theirs."""
