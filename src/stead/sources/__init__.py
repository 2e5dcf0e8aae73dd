"""Systems that tell Stead of trouble over HTTP: one a file, each reads what it is sent and says which alerts are in it."""
