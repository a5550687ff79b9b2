"""The state of a home: the published set, the build beside it, how fresh the feeds are."""
