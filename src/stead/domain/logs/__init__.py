"""What a program wrote before it failed, reduced to what matters. Pure: bytes in, a few lines out."""
