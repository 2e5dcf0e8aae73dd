"""Measures of a cluster: where they come from, what is remembered of them, and what the checks say of them."""
