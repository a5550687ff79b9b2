"""The nightly way through the house: land, score, build, check, publish; and the command line."""
