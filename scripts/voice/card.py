"""The card that goes with the voice: what it was made from, what it reached, and what it is not for."""

from pathlib import Path

from voice.graph import Learnt
from voice.measure import Nearness
from voice.settings import Settings

_CARD = """# The embedded voice

A Piper voice for US English, male, 16 kHz: an ONNX graph of tables, a small network for lengths and pitch
({parameters:,} weights), and a source-filter vocoder. `scripts/make_demo_voice` made it ({name} build, seed
{seed}); the same command makes it again, to the bit on the same kind of machine.

## What it was made from

{sentences:,} sentences of telephone talk and of plain words put together at random, said by flite's
statistical voice cmu_us_rms phone for phone as Piper's phonemizer (espeak-ng) reads them. From each of them
were taken the lengths of the phones, the pitch, and the mel cepstra and strengths of voicing that flite gives
its own vocoder. No recording of a person was used directly; cmu_us_rms itself was made by Carnegie Mellon
University from recordings of one speaker (CMU ARCTIC).

The rise at the end of questions is a rule of this voice, not learnt: flite does not raise its voice. A
question rises from its last stressed syllable on, unless one of its phrases has what, when, where, which,
why, who or how as its first or second word; those fall, as statements do.

## How near it comes to flite

On {measured} sentences that it has not learnt from (of the same making), lengths by phone, pitch by frame
without the questions that rise:

| figure | value |
|---|---|
| error of pitch, root of mean square | {pitch_rmse:.2f} semitones |
| error of pitch, mean | {pitch_error:.2f} semitones |
| correlation of pitch | {pitch_correlation:.3f} |
| liveliness: deviation of pitch by that of flite | {pitch_liveliness:.2f} |
| error of lengths, mean | {length_error:.0f} ms |
| pace: total length by that of flite | {pace:.3f} |

## What it is not for

Other languages: it says foreign names with English phones. Anything that needs a natural, pleasant or
trustworthy voice: it sounds like a machine, and no person has listened to it for a test yet. Emphasis,
emotion, singing. Passing for a human being, or for the speaker of the recordings behind it. Use
`speech.voice` to put another Piper voice in its place.

## Licence

Made by this project's scripts and under its licence, GPL-3.0-or-later. It is a modification of cmu_us_rms,
not that voice itself, and nobody at Carnegie Mellon University endorses it. flite's licence, as Debian's
packages flite and libflite1 2.2-5 state it in /usr/share/doc/libflite1/copyright for all files but a few
tools and ports (the file names no other terms for the voices):

> Copyright (c) 1999-2001 by: Language Technologies Institute, Carnegie Mellon University. All Rights
> Reserved.
>
> Permission is hereby granted, free of charge, to use and distribute this software and its documentation
> without restriction, including without limitation the rights to use, copy, modify, merge, publish,
> distribute, sublicense, and/or sell copies of this work, and to permit persons to whom this work is
> furnished to do so, subject to the following conditions:
>
> 1. The code must retain the above copyright notice, this list of conditions and the following disclaimer.
> 2. Any modifications must be clearly marked as such.
> 3. Original authors' names are not deleted.
> 4. The authors' names are not used to endorse or promote products derived from this software without
>    specific prior written permission.
>
> CARNEGIE MELLON UNIVERSITY AND THE CONTRIBUTORS TO THIS WORK DISCLAIM ALL WARRANTIES WITH REGARD TO THIS
> SOFTWARE, INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS, IN NO EVENT SHALL CARNEGIE MELLON
> UNIVERSITY NOR THE CONTRIBUTORS BE LIABLE FOR ANY SPECIAL, INDIRECT OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES
> WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR
> OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF THIS SOFTWARE.

Authors: Alan W Black and David Huggins-Daines, and others named in flite's ACKNOWLEDGEMENTS.
"""


def write(path: Path, settings: Settings, nearness: Nearness, learnt: Learnt) -> None:
    weights = sum(array.size for array in vars(learnt.prosody).values())
    measured = vars(nearness) | {"measured": nearness.sentences, "sentences": settings.sentences}
    text = _CARD.format(parameters=weights, name=settings.name, seed=settings.seed, **measured)
    path.write_text(text, encoding="utf-8")
