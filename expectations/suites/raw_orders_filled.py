"""Customers, amounts and states keep arriving with the orders that had them."""

from expectations.patterns import filled

SUITE = filled("raw.orders", "订单字段完整", ("customer_ref", "gross_cny", "status_code"))
