"""Simulated people who answer the questions, and how well their reports come out."""
