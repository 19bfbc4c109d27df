"""How big a build is: the full one, `--quick` for the whole chain in minutes, and the tests' handful of
sentences.
"""

from dataclasses import dataclass, replace

SHARD = 200  # utterances in one piece of work


@dataclass(frozen=True)
class Network:
    """Sizes of the network and of its training; a step sees `batch` windows of `frames` outputs each."""

    first: int = 128  # width of the first layer
    width: int = 288  # of the others
    batch: int = 32
    frames: int = 60
    rate: float = 2e-3
    dropout: float = 0.05
    heard: int = 40  # coefficients; the higher ones tell more of the voice than of the words
    moved: float = 0.2  # of a coefficient's spread, for a whole window: lines differ so


@dataclass(frozen=True)
class Settings:
    """`speech`: how many utterances each synthesiser says; flite's and festival's bootstrap the alignment."""

    name: str
    seed: int
    speech: tuple[tuple[str, int], ...]
    copies: int  # how many telephone calls each utterance is heard over
    sentences: int  # sampled for the language model
    bootstrap: int  # steps of training on the synthesisers' own phone times
    training: tuple[int, ...]  # steps on forced alignments; each round aligns with the network before
    hardening: int  # steps that the last network goes on for, with other speakers and where it is loud
    tuning: int  # utterances for tuning, of voices and sentences that are not in training
    network: Network
    processes: int = 2

    @property
    def hard(self) -> Network:
        """The network in its last training; normalised sound differs less from line to line."""
        return replace(self.network, rate=1e-3, heard=24, moved=0.1)


def full(seed: int) -> Settings:
    return Settings(
        name="full",
        seed=seed,
        speech=(
            ("espeak", 20000),
            ("flite_slt", 4000),
            ("flite_rms", 4000),
            ("flite_awb", 4000),
            ("flite_kal16", 4000),
            ("flite_kal", 1000),
            ("festival_kal", 6000),
            ("festival_slt", 4000),
            ("foreign", 3000),
        ),
        copies=2,
        sentences=300_000,
        bootstrap=1500,
        training=(2500, 22000),
        hardening=10000,
        tuning=200,
        network=Network(),
    )


def quick(seed: int) -> Settings:
    return Settings(
        name="quick",
        seed=seed,
        speech=(
            ("espeak", 200),
            ("flite_slt", 100),
            ("flite_rms", 100),
            ("flite_kal16", 100),
            ("festival_kal", 50),
            ("foreign", 50),
        ),
        copies=1,
        sentences=10_000,
        bootstrap=60,
        training=(100,),
        hardening=60,
        tuning=10,
        network=Network(first=64, width=128),
    )


def micro(seed: int) -> Settings:
    """No training at all, and so no PyTorch: the network stays as it was drawn."""
    return Settings(
        name="micro",
        seed=seed,
        speech=(("espeak", 8), ("flite_slt", 8), ("foreign", 4)),
        copies=1,
        sentences=500,
        bootstrap=0,
        training=(),
        hardening=0,
        tuning=2,
        network=Network(first=8, width=16),
        processes=1,
    )
