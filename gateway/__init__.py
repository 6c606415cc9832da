"""Edges: they translate between the outside and the use cases, and decide nothing."""
