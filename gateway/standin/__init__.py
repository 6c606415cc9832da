"""A stand-in for the carrier on 127.0.0.1, for tests and demonstrations: no message ever leaves the machine.

It signs as the carrier does, tries again and falls back as it does, and serves its REST API.
"""
