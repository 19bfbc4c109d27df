"""The speech room: hears (Vosk), speaks (Piper), dates the end of speech, keeps rendered prompts."""
