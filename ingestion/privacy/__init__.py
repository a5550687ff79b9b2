"""Personal data: hashed identifiers, redacted texts, and the keys of both."""
