"""Contracts: what each channel exports and how it becomes feeds."""

from ingestion.feed_definitions import ContractError, Feed, FeedColumn, load_feed, load_feeds

__all__ = ["ContractError", "Feed", "FeedColumn", "load_feed", "load_feeds"]
