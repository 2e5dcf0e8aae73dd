"""The scheduler: gives each pod a node, or says of every node why not."""
