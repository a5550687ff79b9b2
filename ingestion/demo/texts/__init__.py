"""Review lines of the corpus, and personal data to be found in them."""
