"""Custom resources of any kind: one engine for what their controllers say, and exact rules as data (`rules/`) for those that are known."""
