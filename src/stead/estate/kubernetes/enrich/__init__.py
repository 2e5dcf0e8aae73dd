"""What only logs and events can tell, added to the findings that need it: the error that ended a container, why a volume was not mounted.

Promise: what is added is tainted, short, without control characters and without secrets; and however many objects fail, no more than a
fixed number of requests is made for it (`enricher.MOST_REQUESTS` in `enricher.WINDOW`).
"""
