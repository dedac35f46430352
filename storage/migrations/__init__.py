"""What the migrations of all services share."""
