"""Refunds are written as positive amounts, whatever the shop's books do."""

from expectations.patterns import not_negative

SUITE = not_negative("raw.refunds", "退款金额非负", ("amount_cny",))
