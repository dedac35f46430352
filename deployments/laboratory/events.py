"""What the laboratory tells others: ids and codes only."""
