"""What stops a prompt: a key, speech, or words that are more than a backchannel ("uh-huh", "okay")."""

from softswitch.events import BargeIn, Listen
from softswitch.session.speaking import Speaker
from softswitch.session.thinking import Thinking


class Interrupting:
    """Each method says whether something that was being said was stopped."""

    def __init__(self, speaker: Speaker, thinking: Thinking) -> None:
        self._speaker, self._thinking = speaker, thinking

    def by_key(self) -> bool:
        if self._speaker.done:
            return False
        self._thinking.cancel()
        self._speaker.cut()
        return True

    def by_speech(self) -> bool:
        return self._stop_if(BargeIn.SPEECH)

    def by_words(self, text: str, listen: Listen | None) -> bool:
        """`listen` is what the caller was told to do, if anything."""
        return not is_backchannel(text, listen) and self._stop_if(BargeIn.WORDS)

    def _stop_if(self, barge_in: BargeIn) -> bool:
        if self._speaker.done or self._speaker.barge_in is not barge_in:
            return False
        self._thinking.cancel()
        self._speaker.stop()
        return True


def is_backchannel(text: str, listen: Listen | None) -> bool:
    words = listen.backchannel if listen else frozenset[str]()
    return all(word in words for word in text.split())
