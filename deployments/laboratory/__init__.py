"""The laboratory: orders, specimens, results, quality, and who is told."""
