"""GROUND. Pure values and rules; time is an argument; no I/O, no framework."""
