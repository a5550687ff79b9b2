"""A home on disk: its settings, its lock, and the errors that every command may raise."""
