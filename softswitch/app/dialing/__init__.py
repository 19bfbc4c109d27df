"""Calls that this node makes: guarded, tried trunk by trunk, and handed to a dialplan when answered."""
