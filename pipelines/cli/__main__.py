"""``python -m pipelines.cli``: the same command."""

from pipelines.cli import main

main()
