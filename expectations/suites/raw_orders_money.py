"""What orders cost and what was taken off is not negative."""

from expectations.patterns import not_negative

SUITE = not_negative("raw.orders", "订单金额非负", ("gross_cny", "discount_cny"))
