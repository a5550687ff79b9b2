"""Touches and what leads to them: creators, campaigns, spend, referrals, experiments."""
