"""The only SQL: a schema, a database, and one file for each table's statements."""
