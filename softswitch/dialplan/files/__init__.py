"""What an author may write: the files of a dialplan's folder as pydantic models."""
