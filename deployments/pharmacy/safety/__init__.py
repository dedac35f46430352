"""Drug safety: rules on plain values over a local, versioned knowledge base."""
