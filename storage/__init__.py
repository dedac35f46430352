"""PostgreSQL, Redis and what is kept in them."""
