"""How big a build is: the full one, and `--quick` for the whole chain in less than a minute."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """`sentences` are learnt from, `held_out` others are measured on."""

    name: str
    seed: int
    sentences: int
    held_out: int
    epochs: int


def full(seed: int) -> Settings:
    return Settings("full", seed, sentences=2400, held_out=100, epochs=15)


def quick(seed: int) -> Settings:
    return Settings("quick", seed, sentences=120, held_out=10, epochs=8)
