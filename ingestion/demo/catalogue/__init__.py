"""Products, brands, their quality and their releases."""
