"""Repositories to which changes are proposed: a copy that is read, a change that is made and judged, and a forge that is asked."""
