"""What the backend remembers: SQLite by default, PostgreSQL by URL."""
