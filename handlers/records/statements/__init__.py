"""Every statement in SQLAlchemy Core, a file for each table. Compiled ahead: `python -m handlers.records.compile`."""
