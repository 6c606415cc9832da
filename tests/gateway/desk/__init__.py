"""The desk as people use it."""
