"""The practice cluster: a simulated Kubernetes in this process, faithful at its API.

Promise: kubectl and client libraries cannot tell it from a small real cluster by what they read and write. Time moves
only with the clock that it was given, so a run on a stepped clock is the same every time.
"""
