"""What is printed: letters and sheets that the papers of all services share."""
