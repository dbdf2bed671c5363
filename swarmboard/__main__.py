"""`python -m swarmboard` is `swarmboard`."""

from .cli import main

main()
