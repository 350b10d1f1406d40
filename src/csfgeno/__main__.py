"""`python -m csfgeno`."""

from csfgeno.cli import main

main()
