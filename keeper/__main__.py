"""`python -m keeper` is the command line."""

from keeper.cli import main

main()
