"""Checks of measures: what is nearly used up, and what soon will be."""
