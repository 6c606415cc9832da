"""Use cases: they own the transactions; what they need from outside comes as arguments (`ports`)."""
