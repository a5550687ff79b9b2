"""What people say and what is answered: reviews, mentions, cases, surveys."""
