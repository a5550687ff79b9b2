"""Erasure and keys of a home: requests, the erasing itself, its verification."""
