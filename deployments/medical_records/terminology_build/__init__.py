"""Makes the terminology files in `../data` from the packages that hold them."""
