"""This node's certificate files: what is wrong with them is said; good ones are held in memory."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from certificates import authority, signed
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from softswitch.errors import SoftswitchError
from softswitch.gateway import tls
from softswitch.sections.sip import Tls


@pytest.fixture
def good(tmp_path):
    return signed(tmp_path, "node", authority(tmp_path), ["node.example"])


def settings(certificate: Path | None, key: Path | None, ca: Path | None = None) -> Tls:
    return Tls(port=5061, certificate_file=certificate, key_file=key, ca_file=ca)


def test_a_good_pair_is_read_and_held_where_only_this_process_finds_it(good):
    material = tls.read(settings(good.certificate_file, good.key_file), serves=True)
    held = tls.Held(material)
    good.key_file.unlink()
    assert Path(held.certificate).read_bytes() == good.certificate_file.read_bytes()
    assert Path(held.key).read_bytes() == material.key
    held.close()
    assert not Path(held.key).exists()


def test_a_node_that_only_connects_needs_no_certificate_but_authorities():
    material = tls.read(Tls(), serves=False)
    assert (material.certificate, material.key) == (b"", b"")
    assert material.authorities.count(b"BEGIN CERTIFICATE") > 50


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (lambda pair: pair.key_file.unlink(), "node.key: cannot be read (No such file"),
        (lambda pair: pair.certificate_file.write_text("x"), "node.pem: no certificate in it"),
        (lambda pair: pair.key_file.write_text("x"), "node.key: no private key in it"),
        (
            lambda pair: pair.key_file.write_bytes(
                pair.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
            ),
            "node.key: the key is encrypted",
        ),
        (
            lambda pair: signed(pair.key_file.parent, "other", None, []).key_file.rename(pair.key_file),
            "not the",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said(good, break_it, said):
    break_it(good)
    with pytest.raises(SoftswitchError) as caught:
        tls.read(settings(good.certificate_file, good.key_file), serves=True)
    assert said in str(caught.value)


def test_a_port_without_a_certificate_is_an_error():
    with pytest.raises(SoftswitchError, match=r"sip\.tls\.certificate_file is not set"):
        tls.read(settings(None, None), serves=True)


def test_an_expired_certificate_is_served_with_a_warning(tmp_path, caplog):
    old = signed(tmp_path, "old", None, ["node.example"], timedelta(days=-1))
    with caplog.at_level(logging.WARNING):
        tls.read(settings(old.certificate_file, old.key_file), serves=True)
    assert "old.pem: the certificate expired on" in caplog.text


def test_a_file_that_is_written_anew_is_noticed_even_when_it_was_missing(good):
    config = settings(good.certificate_file, good.key_file)
    before = tls.modified(config)
    content = good.key_file.read_bytes()
    good.key_file.unlink()
    without = tls.modified(config)
    good.key_file.write_bytes(content)
    assert len({before, without, tls.modified(config)}) == 3
