"""What each kind of integration takes, one model to a module; `app.acting.kinds` has what they do."""
