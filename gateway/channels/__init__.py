"""Carriers, a file each: every one keeps the contract `handlers.ports.Channel`."""
