"""What changed in what is watched, when, and by whose hand: a history on disk that survives restarts.

Promise: specs of workloads, configuration, services, applications and nodes' versions only, never of pods and events; no secret and no
value of a ConfigMap is kept, only a digest of it under the installation's key; its size is bounded by age and count.
"""
