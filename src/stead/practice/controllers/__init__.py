"""The controllers: each brings one kind of thing closer to what it should be."""
