"""The reference for readers of a git host, written from the code."""
