"""Delivered files: found, registered, decoded, read, kept, or refused whole."""
