"""What analysts may rely on: the published tables, and the pages made of them."""
