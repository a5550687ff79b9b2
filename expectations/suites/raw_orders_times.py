"""Orders are placed before the end of their export's day, and not before there were shops."""

from expectations.patterns import plausible_times

SUITE = plausible_times("raw.orders", "ordered_at", "订单时间合理")
