"""How the database came to be: Alembic migrations."""
