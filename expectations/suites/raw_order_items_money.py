"""What lines of orders bring, and how many pieces they hold, is not negative."""

from expectations.patterns import not_negative

SUITE = not_negative("raw.order_items", "订单明细金额非负", ("net_cny", "freight_cny", "quantity"))
