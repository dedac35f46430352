"""The services, the edge they share, and the composition root."""
