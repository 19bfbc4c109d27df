"""Trunks that register, at a real Kamailio: refreshed, refused, moved, given up; and two hundred at once."""

import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from far_end import header
from gateway_alone import GatewayAlone
from kamailio import PASSWORD, Kamailio
from node import free_port, wait_for
from sip_answerer import Answerer
from sipp import Sipp
from stopwatch import Stopwatch

from softswitch.events import CallConfirmed, CallEnded
from softswitch.gateway import messages
from softswitch.trunks.settings import Trunk
from softswitch.trunks.targets import Connection, Target

pytestmark = pytest.mark.slow


def at(registrar: Kamailio, transport: str = "udp") -> Target:
    return Target("registrar.example", registrar.address, registrar.port, transport)


def trunk(name: str = "carrier", **settings: object) -> Trunk:
    whole = {"kind": "register", "hosts": "registrar.example", "username": f"u-{name}", **settings}
    return Trunk.model_validate({"name": name, **whole})


def connection(target: Target | None, *targets: Target, **settings: object) -> Connection:
    password = str(settings.pop("password", PASSWORD))
    attempt = int(str(settings.pop("attempt", 1)))
    return Connection(trunk(**settings), (*([target] if target else []), *targets), password, target, attempt)


@pytest.fixture(scope="module")
def registrar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kamailio]:
    with Kamailio(tmp_path_factory.mktemp("kamailio")) as started:
        yield started


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayAlone]:
    with GatewayAlone(tmp_path_factory.mktemp("gateway")) as started:
        yield started
    print(started.log)


def order(gateway: GatewayAlone, *connections: Connection) -> None:
    gateway.order(messages.Trunks(connections))


@pytest.mark.parametrize("kind", ["register", "extension"])
def test_a_trunk_registers_by_digest_and_unregisters_when_it_is_removed(gateway, registrar, kind):
    order(gateway, connection(at(registrar), name=f"a-{kind}", kind=kind, expires="300s"))
    word = gateway.registration(f"a-{kind}")
    assert (word.target, word.status) == (at(registrar), 200)
    assert 290 <= word.expires <= 300
    assert registrar.saved(f"u-a-{kind}") == [300]
    order(gateway)
    wait_for(lambda: registrar.saved(f"u-a-{kind}") == [300, 0], "it is unregistered")


def test_a_user_for_digest_alone_and_tcp_work(gateway, registrar):
    order(gateway, connection(at(registrar, "tcp"), name="tcp", auth_username="other", transport="tcp"))
    assert gateway.registration("tcp").status == 200
    assert registrar.saved("u-tcp")


def test_a_registration_is_refreshed_before_it_expires_and_each_refresh_is_told(gateway, tmp_path):
    with Kamailio(tmp_path / "brief", max_expires=7) as brief:
        order(gateway, connection(at(brief), name="brief"))
        assert gateway.registration("brief").expires <= 7
        watch = Stopwatch()
        assert gateway.registration("brief", 2).status == 200
        assert watch.own_s < 6


def test_a_wrong_password_is_told_with_the_registrars_reason_and_not_tried_again(gateway, registrar):
    order(gateway, connection(at(registrar), name="wrong", password="no"))
    word = gateway.registration("wrong")
    assert (word.status, word.reason) == (403, "Wrong password")
    asked = registrar.asked("u-wrong")
    time.sleep(1)
    assert registrar.asked("u-wrong") == asked
    order(gateway, connection(at(registrar), name="wrong", attempt=2))
    assert gateway.registration("wrong", 2).status == 200


def test_the_same_order_again_changes_nothing_and_a_new_attempt_registers_again(gateway, registrar):
    order(gateway, connection(at(registrar), name="again"))
    gateway.registration("again")
    order(gateway, connection(at(registrar), name="again"))
    time.sleep(0.5)
    assert len(registrar.saved("u-again")) == 1
    order(gateway, connection(at(registrar), name="again", attempt=2))
    gateway.registration("again", 2)
    assert len(registrar.saved("u-again")) == 2


def test_a_dead_registrar_is_left_for_the_next_as_soon_as_control_says(gateway, registrar):
    dead = Target("dead.example", "127.0.0.1", free_port(), "udp")
    order(gateway, connection(dead, at(registrar), name="moved"))
    time.sleep(0.5)
    order(gateway, connection(dead, at(registrar), name="moved", attempt=2))  # while the first waits
    time.sleep(0.2)
    watch = Stopwatch()
    moved = replace(connection(dead, at(registrar), name="moved", attempt=3), register_at=at(registrar))
    order(gateway, moved)
    word = gateway.registration("moved")
    assert (word.status, word.target) == (200, at(registrar))
    assert watch.own_s < 1


def test_a_refused_connection_is_told_as_no_answer_with_its_reason(gateway):
    nobody = Target("nobody.example", "127.0.0.1", free_port(), "tcp")
    order(gateway, connection(nobody, name="refused", transport="tcp"))
    word = gateway.registration("refused")
    assert word.status == 0
    assert "refused" in word.reason.lower(), word.reason


def test_no_registrar_means_unregistered_and_the_account_stays(gateway, registrar):
    order(gateway, connection(at(registrar), name="paused"))
    gateway.registration("paused")
    order(gateway, replace(connection(at(registrar), name="paused"), register_at=None))
    wait_for(lambda: registrar.saved("u-paused")[-1] == 0, "it is unregistered")
    order(gateway, connection(at(registrar), name="paused", attempt=2))
    gateway.registration("paused", 2)


def test_a_trunk_that_is_removed_while_it_registers_is_unregistered_all_the_same(gateway, registrar):
    order(gateway, connection(at(registrar), name="hasty"))
    order(gateway)
    wait_for(lambda: registrar.saved("u-hasty") == [300, 0], "it is registered and unregistered")


def test_accounts_and_what_their_changes_keep_are_given_back(gateway, registrar):
    for round_ in range(4):  # PJSIP has room for 256
        order(gateway, *(connection(None, name=f"round-{round_}-{number}") for number in range(150)))
    for attempt in range(1, 40):
        changed = connection(at(registrar), name="changed", attempt=attempt, expires=f"{100 + attempt}s")
        order(gateway, changed)
        gateway.registration("changed", attempt)
    assert registrar.saved("u-changed")[-1] == 139
    assert "Too many" not in gateway.log


@pytest.mark.parametrize("learns", [True, False])
def test_the_own_address_is_learned_from_the_registrars_answer_where_the_trunk_wants_it(gateway, learns):
    with Answerer() as registrar:
        registrar.sees = "127.0.0.77:5555"
        place = Target("far.example", "127.0.0.1", registrar.port, "udp")
        order(gateway, connection(place, name=f"learns-{int(learns)}", nat={"rewrite_contact": learns}))
        assert gateway.registration(f"learns-{int(learns)}").status == 200
        time.sleep(0.5)
        contacts = [header(request.text, "Contact") for request in registrar.of("REGISTER")]
        order(gateway)
    assert "@127.0.0.1:" in contacts[0]
    assert ("@127.0.0.77:5555" in contacts[-1]) == learns


def test_a_nat_is_kept_open_at_the_trunks_interval_for_as_long_as_it_is_registered(gateway):
    """Of one second: where PJSIP is not changed, that is a packet at every turn of its loop."""
    with Answerer() as natted, Answerer() as other:
        places = [Target("far.example", "127.0.0.1", far.port, "udp") for far in (natted, other)]
        kept = connection(places[0], name="natted", nat={"keepalive": "1s"})
        order(gateway, kept, connection(places[1], name="other"))
        assert gateway.registration("natted").status == gateway.registration("other").status == 200
        time.sleep(3.5)
        order(gateway)
        assert 2 <= len(natted.kept_alive) <= 4
        assert not other.kept_alive
        wait_for(lambda: len(natted.of("REGISTER")) == 2, "it is unregistered")
        came = len(natted.kept_alive)
        time.sleep(1.5)
        assert len(natted.kept_alive) == came


def test_a_node_that_stops_unregisters(tmp_path, registrar):
    with GatewayAlone(tmp_path) as gateway:
        order(gateway, connection(at(registrar), name="stopped"))
        gateway.wait(messages.Registered)
    assert registrar.saved("u-stopped")[-1] == 0


def test_a_node_that_has_drained_unregisters_before_it_ends(tmp_path, registrar):
    with GatewayAlone(tmp_path) as gateway:
        order(gateway, connection(at(registrar), name="drained"))
        gateway.wait(messages.Registered)
        with Sipp("call", registrar.port, user="u-drained") as sipp:
            gateway.answer(gateway.wait(messages.Offered))
            gateway.wait(CallConfirmed)
            gateway.process.send_signal(signal.SIGUSR1)
            sipp.wait()
        assert gateway.process.wait(5) == 0
    assert registrar.saved("u-drained")[-1] == 0


def test_a_probe_tells_the_answer_and_its_time_or_why_there_is_none(gateway, registrar):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        probes = {
            "udp": messages.Probe("udp", at(registrar), 4.0),
            "tcp": messages.Probe("tcp", at(registrar, "tcp"), 4.0),
            "silent": messages.Probe("silent", Target("s", "127.0.0.1", silent.getsockname()[1], "udp"), 0.5),
            "closed": messages.Probe("closed", Target("c", "127.0.0.1", free_port(), "tcp"), 4.0),
        }
        for probe in probes.values():
            gateway.order(probe)
        gateway.wait(messages.Probed, len(probes))
    answers = {word.trunk: word for word in gateway.took if isinstance(word, messages.Probed)}
    assert {name: word.target for name, word in answers.items()} == {n: p.target for n, p in probes.items()}
    assert [(answers[name].status, answers[name].reason) for name in ("udp", "tcp")] == [
        (200, "Keepalive")
    ] * 2
    assert 0 < answers["udp"].latency < 0.5
    assert (answers["silent"].status, answers["silent"].reason) == (0, "no answer in 0.5 s")
    assert 0.5 <= answers["silent"].latency < 1
    assert answers["closed"].status == 0
    assert "refused" in answers["closed"].reason.lower()


def test_a_call_to_the_registered_user_comes_by_his_trunk(gateway, registrar):
    order(
        gateway,
        connection(at(registrar), name="first"),
        connection(at(registrar), name="second"),
    )
    gateway.registration("first")
    gateway.registration("second")
    with Sipp("call", registrar.port, user="u-second") as sipp:
        offered = gateway.wait(messages.Offered)
        assert offered.info.trunk == "second"
        gateway.answer(offered)
        gateway.wait(CallConfirmed)
        order(gateway, connection(at(registrar), name="first"))  # the second is removed during its call
        sipp.wait()
    assert gateway.wait(CallEnded).sip_status == 200


def test_two_hundred_registrations_are_held_by_one_gateway(gateway, registrar):
    names = [f"many-{number}" for number in range(200)]
    began = time.monotonic()
    order(gateway, *(connection(at(registrar), name=name) for name in names))
    assert all(gateway.registration(name, seconds=30).status == 200 for name in names)
    print(f"200 registrations in {time.monotonic() - began:.1f} s")
