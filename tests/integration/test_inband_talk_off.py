"""Talk-off: speech must not be taken for keys (ITU-T Q.24)."""

import pytest
from baresip import spoken
from g711 import through_pcmu

from softswitch.session.inband import InbandKeys

SENTENCES = (
    "I would like to order three pizzas with mushrooms and a bottle of water please",
    "no I said seven nine four not seven nine five can you read it back to me",
    "well who are you and where do you see yourself in a few years from now",
    "ooh that is far too expensive for me I am afraid we shall have to see",
    "yes yes you may call me at noon or even a little earlier on Monday",
)


@pytest.mark.slow
def test_the_embedded_voice_presses_no_key() -> None:
    speech = through_pcmu(spoken(*SENTENCES))
    for clock in (0, 1, 2, 3):  # the blocks fall elsewhere
        pcm = speech[clock * 40 :]
        keys = InbandKeys(8000)
        assert "".join(keys.feed(pcm[at : at + 320]) for at in range(0, len(pcm) - 319, 320)) == ""
