"""Vectors of texts without a model: each word counts at a place that its letters tell."""

import hashlib
import math
import re

SIZE = 256


def vector(text: str) -> list[float]:
    """Of length 1: the more words two texts share, the more alike they are. What has no words lies apart."""
    found = [0.0] * SIZE
    for word in re.findall(r"[\w']+", text.lower()) or [""]:
        found[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4]) % SIZE] += 1.0
    length = math.sqrt(sum(each * each for each in found))
    return [each / length for each in found]
