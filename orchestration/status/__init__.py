"""What people are told: the published set, the build beside it, how fresh the feeds are."""
