"""The journey, one stage a file: intake → triage → pursue → decide → remediate → verify → notify → deliver.

The engine knows no channel, no cluster and no vendor: only the domain, the ports and the store. `workflows.py` binds the stages to the
durable engine, and is the page on which the whole journey is read.
"""
