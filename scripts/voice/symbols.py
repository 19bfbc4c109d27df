"""Piper's symbols (espeak's IPA, character by character) and the phones that they stand for.

The phones are flite's, so that flite can be made to say exactly what the voice will say; there are three
pauses instead of one: `^` before, `,` within and `$` after a sentence.
"""

from collections.abc import Iterable

from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

IDS = {symbol: ids[0] for symbol, ids in DEFAULT_PHONEME_ID_MAP.items()}
SYMBOLS = 256  # Piper's configuration promises so many ids

PAUSES = ("^", ",", "$")
VOWELS = ("aa", "ae", "ah", "ao", "aw", "ax", "ay", "eh", "er", "ey", "ih", "iy", "ow", "oy", "uh", "uw")
CONSONANTS = (
    "b", "ch", "d", "dh", "f", "g", "hh", "jh", "k", "l", "m", "n", "ng", "p", "r", "s", "sh", "t", "th",
    "v", "w", "y", "z", "zh",
)  # fmt: skip
PHONES = PAUSES + VOWELS + CONSONANTS
NUMBER = {phone: number for number, phone in enumerate(PHONES)}

PRIMARY, SECONDARY = "ˈ", "ˌ"
LONG = "ː"
SYLLABIC = "̩"  # below a consonant that is a syllable: a schwa stands before it
RHOTIC = "ɚɜɝ"  # hold the r that espeak may write after them
SEPARATORS = ",;:"  # become a pause

# Beside English there are the nearest phones of what espeak writes for foreign names.
_SINGLE = {
    "aa": "ɑɒ", "ae": "æaɶ", "ah": "ʌ", "ao": "ɔoɵ", "ax": "əɐɘɤ", "eh": "ɛeε", "er": "ɚɜɝɞøœ", "ih": "ɪᵻɨ",
    "iy": "iyʏ", "uh": "ʊ", "uw": "uʉɯ", "b": "bɓβʙ", "d": "dɖɗ", "dh": "ð", "f": "fɸ", "g": "ɡgɢɠɣʛ",
    "hh": "hħɦχçʜ", "jh": "ɟʄ", "k": "kxqcX", "l": "lɫɬɭʎʟɺɮ", "m": "mɱ", "n": "nɲɳɴ", "ng": "ŋ", "p": "p",
    "r": "ɹrɻʀʁɽɰ", "s": "s", "sh": "ʃʂɕɧ", "t": "tɾʈʔ", "th": "θ", "v": "vʋⱱ", "w": "wʍɥ", "y": "jʝ",
    "z": "z", "zh": "ʒʐʑ",
}  # fmt: skip
SINGLE = {symbol: phone for phone, symbols in _SINGLE.items() for symbol in symbols}
SINGLE |= {"^": "^", "$": "$"} | dict.fromkeys(SEPARATORS, ",")
PAIRS = {
    ("a", "ɪ"): "ay", ("a", "ʊ"): "aw", ("e", "ɪ"): "ey", ("o", "ʊ"): "ow", ("ɔ", "ɪ"): "oy",
    ("t", "ʃ"): "ch", ("d", "ʒ"): "jh",
}  # fmt: skip
# A stressed one of these is another vowel.
STRESSED = {"ɐ": "ah", "ə": "ah"}

# A question with one of these words falls at its end like a statement, the others rise. Written as in the
# first letters of a word without stress and length; `|` is the word's end.
QUESTION_WORDS = (
    "wʌt", "wɛn", "wɛɹ", "wɪtʃ", "huz", "hu|", "hum", "waɪ|", "waɪz", "waɪd", "haʊ|", "haʊz", "haʊd",
)  # fmt: skip


def ids_of(symbols: Iterable[str]) -> list[int]:
    """Piper's ids of a sentence's symbols, as piper.phoneme_ids gives them: in ^ and $, pads between."""
    found = [IDS["^"], IDS["_"]]
    for symbol in symbols:
        if symbol in IDS:
            found += [IDS[symbol], IDS["_"]]
    return [*found, IDS["$"]]
