"""Sinks against real servers and files on this machine."""
