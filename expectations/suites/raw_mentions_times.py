"""Mentions are posted before the end of their export's day, and not before there were platforms."""

from expectations.patterns import plausible_times

SUITE = plausible_times("raw.mentions", "posted_at", "提及时间合理")
