"""Reviews are posted before the end of their export's day, and not before there were shops."""

from expectations.patterns import plausible_times

SUITE = plausible_times("raw.reviews", "posted_at", "评价时间合理")
