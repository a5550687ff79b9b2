"""What analysts may rely on: published tables as promised, and pages written of them."""
