"""Customers, amounts and states keep arriving with the orders of every channel."""

from expectations.patterns import filled

SUITE = filled(
    "raw.orders",
    "订单字段完整",
    {"customer_ref": 0.7, "gross_cny": 0.9, "status_code": 0.9},
)
