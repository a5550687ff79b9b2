"""One command of the command line per module; `orchestration/cli.py` puts them together."""
