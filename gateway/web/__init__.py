"""The web edge: blueprints that translate requests for the use cases, and what every response carries."""
