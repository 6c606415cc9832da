"""Telling people that something is wrong, by another way than the one that is wrong."""
