"""Customers, members, partners, and those who ask to be erased."""
