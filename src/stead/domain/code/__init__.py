"""Changes of repositories: what an edit is, and what a change may touch. Pure."""
