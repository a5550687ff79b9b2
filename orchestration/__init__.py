"""The nightly pipeline: land, score, build, check, publish, deliver; and the command line."""
