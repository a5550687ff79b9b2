"""The default sentiment model: its corpus, its features, how it is trained, kept and calibrated.

The scorer itself is `ingestion/scoring/sentiment.py`; nothing here is imported before it is asked
to score or to train.
"""
