"""Labelled texts and how well they are read."""
