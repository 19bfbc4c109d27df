"""Offers and answers list what the trunk allows, in the trunk's order."""

from softswitch.gateway import sdp

LOCAL = """v=0
o=- 1 1 IN IP4 127.0.0.1
s=pjmedia
c=IN IP4 127.0.0.1
t=0 0
m=audio 4000 RTP/AVP 0 8 9 96 120 121
a=rtcp:4001 IN IP4 127.0.0.1
a=sendrecv
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:9 G722/8000
a=rtpmap:96 opus/48000/2
a=fmtp:96 useinbandfec=1
a=rtpmap:120 telephone-event/8000
a=fmtp:120 0-16
a=rtpmap:121 telephone-event/48000
a=fmtp:121 0-16
a=ssrc:1 cname:x
""".replace("\n", "\r\n")
OFFER = """v=0
m=audio 9 RTP/AVP 8 0 101 111
a=rtpmap:111 OPUS/48000/2
a=rtpmap:101 telephone-event/8000
""".replace("\n", "\r\n")


def formats(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith("m=audio")]
    return line.partition("RTP/AVP ")[2]


def test_an_offer_has_the_trunks_codecs_in_its_order_and_the_keys_of_their_clock_rates():
    assert formats(sdp.choose(LOCAL, None, ("PCMA", "PCMU"))) == "8 0 120"
    assert formats(sdp.choose(LOCAL, None, ("opus", "PCMU"))) == "96 0 120 121"
    assert formats(sdp.choose(LOCAL, None, ("G722",))) == "9 120"


def test_lines_about_other_codecs_go_and_all_other_lines_stay():
    chosen = sdp.choose(LOCAL, None, ("PCMA",))
    assert "rtpmap:0 " not in chosen
    assert ":96 " not in chosen and ":121 " not in chosen
    dropped = {line for line in LOCAL.splitlines() if line not in chosen.splitlines()}
    assert all(line.startswith(("m=", "a=rtpmap", "a=fmtp")) for line in dropped)
    assert chosen.endswith("a=ssrc:1 cname:x\r\n")


def test_an_answer_has_the_first_codec_of_the_trunk_that_the_offer_has_whatever_the_offers_order():
    assert formats(sdp.choose(LOCAL, OFFER, ("G722", "PCMU", "PCMA"))) == "0 120"
    assert formats(sdp.choose(LOCAL, OFFER, ("opus", "PCMU"))) == "96 121"


def test_an_answer_to_an_offer_with_nothing_in_common_has_none_of_the_offers_codecs():
    assert formats(sdp.choose(LOCAL, OFFER, ("G722",))) == "9 120"


def test_static_payload_types_need_no_rtpmap():
    assert formats(sdp.choose(LOCAL, "v=0\r\nm=audio 9 RTP/AVP 9 8\r\n", ("G722", "PCMA"))) == "9 120"


def test_other_media_stay_as_they_are():
    text = LOCAL + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
    assert sdp.choose(text, None, ("PCMA",)).endswith("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n")
