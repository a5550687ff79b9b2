"""Replies are written before the end of their export's day, and not before there were shops."""

from expectations.patterns import plausible_times

SUITE = plausible_times("raw.responses", "responded_at", "回复时间合理")
