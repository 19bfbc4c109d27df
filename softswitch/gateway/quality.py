"""How a call sounded: packets, jitter and round trip from RTCP, and an estimate of opinion (MOS) from them.

The E-model of ITU-T G.107, and of G.107.1 for wide-band codecs, with their default values, for what this node
can know: delay, and loss with its burstiness. The codecs' figures are those of G.113 appendices I and IV;
where those have none, docs/reference/sip.md says so.
"""

import math

import pjsua2 as pj

from softswitch.events import MediaQuality

DEFAULT_R = 93.2
"""R with all of G.107's defaults: no loss, no delay, narrow band."""
DEFAULT_R_WIDEBAND = 129.0
"""The same on the scale of G.107.1, which goes so much farther: 7 kHz sound better than 3.1."""
FRAME_MS = 20.0
_CODECS = {"PCMU": (0.0, 25.1), "PCMA": (0.0, 25.1), "GSM": (20.0, 10.0)}
"""Equipment impairment Ie, and robustness against loss Bpl with concealment, which PJSIP has. G.113 has no
Bpl of GSM-FR: it is that of GSM-EFR.
"""
_OTHERS = (0.0, 25.1)
_WIDEBAND = {"G722": (13.0, 4.3), "opus": (1.0, 10.0)}
"""Ie,wb of G.722 at 64 kbit/s (G.113 table IV.1). G.113 (09/2024) has Bpl,wb of three rates of G.722.2 alone
(table IV.4): here it is that of 12.65 kbit/s, whose Ie,wb is G.722's. Of Opus it has nothing: estimates.
"""


def mos(codec: str, loss: float, burst_ratio: float = 1.0, delay_ms: float = 0.0) -> float:
    """Mean opinion score, 1 to 4.5, of audio that lost this share of its packets (0 to 1).

    `burst_ratio` is 1 where losses are independent, more where they come together; `delay_ms` is from mouth
    to ear. G.107 sections 7.4 (delay) and 7.5 (loss), annex B (MOS).
    """
    ie, robustness = _WIDEBAND.get(codec) or _CODECS.get(codec, _OTHERS)
    lost = 100 * min(max(loss, 0.0), 1.0)
    impairment = ie + (95 - ie) * lost / (lost / max(burst_ratio, 1.0) + robustness)
    best, scale = (DEFAULT_R_WIDEBAND, 1.29) if codec in _WIDEBAND else (DEFAULT_R, 1.0)
    r = (best - _delay_impairment(delay_ms) - impairment) / scale  # G.107.1 annex A
    if r <= 0:
        return 1.0
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)


def _delay_impairment(delay_ms: float) -> float:
    """Idd: what delay alone costs, beyond 100 ms."""
    if delay_ms <= 100:
        return 0.0
    x = math.log2(delay_ms / 100)
    return float(25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2))


def add(before: MediaQuality, codec: str, stat: pj.StreamStat, underruns: int) -> MediaQuality:
    """A stream has ended; a call has one after the other, as each change by re-INVITE begins a new one."""
    received, sent = stat.rtcp.rxStat, stat.rtcp.txStat
    round_trip = stat.rtcp.rttUsec.mean / 1000
    score = _score(codec, stat) if received.pkt else 0.0
    packets = before.packets_received + received.pkt
    return MediaQuality(
        packets_received=packets,
        packets_lost=before.packets_lost + received.loss,
        packets_sent=before.packets_sent + sent.pkt,
        jitter_ms=received.jitterUsec.mean / 1000,
        underruns=underruns,
        round_trip_ms=round_trip or before.round_trip_ms,
        mos=(before.mos * before.packets_received + score * received.pkt) / packets if packets else 0.0,
    )


def _score(codec: str, stat: pj.StreamStat) -> float:
    received = stat.rtcp.rxStat
    loss = (received.loss + received.discard) / (received.pkt + received.loss)
    burst_packets = received.lossPeriodUsec.mean / 1000 / FRAME_MS
    delay = stat.rtcp.rttUsec.mean / 2000 + stat.jbuf.avgDelayMsec + FRAME_MS
    return mos(codec, loss, burst_packets * (1 - loss) if received.loss else 1.0, delay)
