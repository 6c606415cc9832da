"""The desk in a real browser: Chromium against real processes."""
