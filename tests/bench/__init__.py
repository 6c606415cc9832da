"""The benchmark (`python -m tests.bench`): real processes on loopback, bare floors beside them in the same minute."""
