"""The API server: what a client of the practice cluster speaks to."""
