"""The database: tables by the service that writes them, sessions and migrations."""
