"""Refunds are written as positive amounts, whatever the sign in the shop's accounts."""

from expectations.patterns import not_negative

SUITE = not_negative("raw.refunds", "退款金额非负", ("amount_cny",))
