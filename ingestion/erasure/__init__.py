"""Erasing a person: whose rows they are, what is rewritten, and who may never come back."""
