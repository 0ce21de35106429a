"""python -m motjuste."""

from motjuste.cli.main import run

run()
