"""What is kept of calls, in SQLite or PostgreSQL. The only room that imports sqlalchemy and alembic."""
