"""Orders, the service desk, and customers who had stopped buying."""
