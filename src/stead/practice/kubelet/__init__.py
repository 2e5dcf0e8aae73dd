"""The kubelets of all nodes: they run pods, as the image catalogue says their containers behave."""
