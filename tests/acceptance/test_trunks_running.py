"""Trunks of a whole node: changes within a second, health, failover of registrations, and its doctor."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from callees import Callee, Callees
from echo_phone import EchoPhone
from kamailio import PASSWORD, Kamailio
from nameserver import Nameserver
from node import SOFTSWITCH, Node, children, free_port, wait_for
from rawsip import Phone
from sip_answerer import Answerer

from softswitch.cli import desk
from softswitch.config import Config
from softswitch.store import secrets, trunks
from softswitch.store.trunks import Row

pytestmark = pytest.mark.slow
HEALTH = {"every": "500ms", "timeout": "300ms", "fall": 2, "rise": 2}


@pytest.fixture(scope="module")
def names() -> Iterator[Nameserver]:
    with Nameserver() as server:
        yield server


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, prompts: Path, names: Nameserver) -> Iterator[Node]:
    with Node(
        tmp_path_factory.mktemp("trunks"),
        prompts,
        names.setting,
        "dialing.prefixes=+49",
        "sip.allow=127.0.0.3/32",
    ) as started:
        yield started
        print(started.log)


@pytest.fixture
def config(node: Node) -> Iterator[Config]:
    """A node without trunks, and afterwards again."""
    yield (config := Config(data_dir=node.data_dir))
    for row in trunks.read(config.database_url):
        trunks.remove(config.database_url, row.name)
    wait_for(lambda: not desk.ask(config, "trunk.status")["trunks"], "the node has forgotten its trunks")


def put(config: Config, name: str, password: str = "", **settings: Any) -> None:
    secret = secrets.find_or_make(config).seal(name, password) if password else None
    trunks.add(config.database_url, Row(name, {"kind": "ip", "health": HEALTH, **settings}, secret))


def edit(config: Config, name: str, **settings: Any) -> None:
    trunks.change(
        config.database_url, name, lambda row: Row(row.name, {**row.settings, **settings}, row.secret)
    )


def status(config: Config, name: str) -> dict[str, Any]:
    (told,) = [each for each in desk.ask(config, "trunk.status")["trunks"] if each["name"] == name] or [{}]
    return dict(told)


def wait_for_state(config: Config, name: str, state: str, seconds: float = 10.0) -> dict[str, Any]:
    wait_for(lambda: status(config, name).get("state") == state, f"{name} is {state}", seconds, every=0.1)
    return status(config, name)


def within_a_second(condition: Any, what: str) -> None:
    wait_for(condition, what, 1.0)


def command(node: Node, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SOFTSWITCH), "--set", f"data_dir={node.data_dir}", "trunk", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_change_is_at_the_gateway_within_a_second_and_calls_on_other_trunks_do_not_notice(
    node: Node, config: Config
):
    with Answerer() as far, Phone(node.sip_port, "127.0.0.2") as phone:
        put(config, "callers", allow=["127.0.0.2/32"], health={"every": 0})
        wait_for(lambda: status(config, "callers"), "the trunk is there")
        time.sleep(0.3)
        assert phone.invite() == 200
        put(config, "line", "secret", kind="register", hosts=[f"127.0.0.1:{far.port}"], username="one")
        within_a_second(lambda: far.of("REGISTER"), "it registers")
        assert "sip:one@" in far.of("REGISTER")[0].text
        wait_for_state(config, "line", "up")
        edit(config, "line", username="two")
        within_a_second(
            lambda: any("sip:two@" in each.text for each in far.of("REGISTER")), "as another user"
        )
        wait_for_state(config, "line", "up")
        before = len(far.of("REGISTER"))
        edit(config, "line", enabled=False)
        within_a_second(lambda: len(far.of("REGISTER")) > before, "it unregisters")
        assert "Expires: 0" in far.of("REGISTER")[-1].text
        probes = len(far.of("OPTIONS"))
        edit(config, "line", enabled=True)
        within_a_second(lambda: len(far.of("REGISTER")) > before + 1, "it registers again")
        within_a_second(lambda: len(far.of("OPTIONS")) > probes, "and is asked again")
        wait_for_state(config, "line", "up")
        trunks.remove(config.database_url, "line")
        within_a_second(lambda: "Expires: 0" in far.of("REGISTER")[-1].text, "it unregisters")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind(("127.0.0.1", phone.rtp.getsockname()[1]))  # where its SDP says that it hears
            time.sleep(0.5)
            ear.setblocking(False)
            assert _drain(ear) >= 20, "the audio of the call goes on"
        phone.sip.setblocking(False)
        with pytest.raises(BlockingIOError):
            phone.receive()
        phone.sip.settimeout(5)
        phone.bye()
        assert "200" in phone.receive().split("\r\n")[0]


def _drain(made: socket.socket) -> int:
    """How many packets had come."""
    count = 0
    while True:
        try:
            made.recv(2048)
            count += 1
        except BlockingIOError:
            return count


def test_a_removed_trunk_lets_nobody_in_any_more(node: Node, config: Config):
    put(config, "callers", allow=["127.0.0.2/32"], health={"every": 0})
    wait_for(lambda: status(config, "callers"), "the trunk is there")
    time.sleep(0.3)
    with Phone(node.sip_port, "127.0.0.2") as phone:
        assert phone.invite() == 200
        phone.bye()
    trunks.remove(config.database_url, "callers")
    time.sleep(1.0)
    with Phone(node.sip_port, "127.0.0.2") as phone:
        assert phone.invite() == 403


def test_a_trunk_goes_down_and_comes_up_again_with_hysteresis(node: Node, config: Config):
    with Answerer() as far:
        put(config, "line", hosts=[f"127.0.0.1:{far.port}"])
        up = wait_for_state(config, "line", "up")
        assert up["latency_ms"]["last"] > 0 and up["error"] == ""
        far.status["OPTIONS"] = 0
        wait_for_state(config, "line", "degraded")
        down = wait_for_state(config, "line", "down")
        assert "no answer" in down["error"] and down["failures"]["options"] >= HEALTH["fall"]
        assert node.metrics()['softswitch_trunk_state{state="down",trunk="line"}'] == 1
        assert "trunk line is down" in node.log
        answered = len(far.of("OPTIONS"))
        del far.status["OPTIONS"]
        wait_for_state(config, "line", "up")
        assert len(far.of("OPTIONS")) - answered >= HEALTH["rise"]
        assert (
            node.metrics()[f'softswitch_trunk_options_seconds{{target="127.0.0.1:{far.port}",trunk="line"}}']
            > 0
        )


def test_srv_records_are_followed_and_told(config: Config, names: Nameserver):
    with Answerer() as far:
        names.put("_sip._udp.carrier.test", "SRV", f"10 5 {far.port} edge.carrier.test.")
        names.put("edge.carrier.test", "A", "127.0.0.1")
        put(config, "line", hosts=["carrier.test"])
        (target,) = wait_for_state(config, "line", "up")["targets"]
        assert (target["host"], target["address"]) == ("carrier.test", f"127.0.0.1:{far.port}")


def test_when_a_registrar_dies_its_trunk_registers_with_the_next(config: Config, tmp_path: Path):
    with Kamailio(tmp_path / "first") as first, Kamailio(tmp_path / "second") as second:
        hosts = [f"127.0.0.1:{first.port}", f"127.0.0.1:{second.port}"]
        put(config, "line", PASSWORD, kind="register", hosts=hosts, username="line1", domain="carrier")
        told = wait_for_state(config, "line", "up")
        assert told["registration"]["at"] == hosts[0] and first.saved("line1")
        assert told["registration"]["expires_in"] > 200
        for pid in (first._process.pid, *children(first._process.pid)):
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: second.saved("line1"), "it is registered with the second", 10)
        told = wait_for_state(config, "line", "degraded")
        assert told["registration"]["at"] == hosts[1]
        assert [target["state"] for target in told["targets"]] == ["down", "up"]


def test_a_wrong_password_is_told_by_status_and_by_the_doctor(node: Node, config: Config, tmp_path: Path):
    with Kamailio(tmp_path / "registrar") as registrar:
        host = f"127.0.0.1:{registrar.port}"
        put(config, "line", "hunter2", kind="register", hosts=[host], username="line1", domain="carrier")
        wait_for_state(config, "line", "down")
        shown = command(node, "status", "line")
        assert shown.returncode == 0 and "failed, again in" in shown.stdout
        assert "REGISTER: 40" in shown.stdout and "password is wrong" in shown.stdout
        assert "hunter2" not in shown.stdout + node.log
        tested = command(node, "test", "line", "--to", "+49301234567", "--json")
        report = json.loads(tested.stdout)
        assert tested.returncode == 1 and not report["ok"]
        assert [(each["step"], each["ok"]) for each in report["findings"]] == [
            ("resolve", True),
            ("reach", True),
            ("options", True),
            ("register", False),
            ("call", None),
        ]
        assert (
            "password" in report["findings"][3]["remedy"]
            and "trunk edit line" in report["findings"][3]["remedy"]
        )


def test_a_registrar_that_wants_to_be_left_alone_is_and_the_doctor_may_ask_sooner(node: Node, config: Config):
    with Answerer() as far:
        far.status["REGISTER"], far.headers = 503, ["Retry-After: 77"]
        put(config, "line", "x", kind="register", hosts=[f"127.0.0.1:{far.port}"], username="line1")
        told = wait_for_state(config, "line", "down")
        assert 70 < told["registration"]["next_try_in"] <= 77
        del far.status["REGISTER"]
        assert "ok    register" in command(node, "test", "line").stdout
        assert status(config, "line")["state"] == "up"


def test_the_doctor_hears_an_echo_and_gets_its_keys_back(node: Node, config: Config, tmp_path: Path):
    with EchoPhone(tmp_path / "echo") as echo:
        put(config, "line", hosts=[f"127.0.0.1:{echo.port}"])
        wait_for_state(config, "line", "up")
        tested = command(node, "test", "line", "--to", "phone")
        assert tested.returncode == 0, tested.stdout + tested.stderr
        steps = [line.split()[:2] for line in tested.stdout.splitlines()]
        assert steps == [["ok", step] for step in ("resolve", "reach", "options", "call", "audio", "dtmf")]
        assert "both ways: back after" in tested.stdout and "the keys 159 came back" in tested.stdout
        (call,) = [call for call in node.calls() if call.trunk == "line"]
        assert (call.direction, call.route, call.cause) == ("out", "trunk test", 16)


def test_the_doctor_tells_why_a_call_is_not_answered_and_a_silent_one_from_an_echo(
    node: Node, config: Config
):
    with Callees() as far:
        far.numbers["+49301111111"] = Callee(486)
        far.numbers["+49302222222"] = Callee()
        put(config, "line", hosts=[f"127.0.0.1:{far.port}"])
        wait_for_state(config, "line", "up")
        busy = json.loads(command(node, "test", "line", "--to", "+49301111111", "--json").stdout)
        assert (busy["ok"], busy["findings"][-1]["status"]) == (False, 486)
        assert "the number is busy" in busy["findings"][-1]["detail"]
        forbidden = json.loads(command(node, "test", "line", "--to", "+12125550100", "--json").stdout)
        assert "dialing.prefixes" in forbidden["findings"][-1]["detail"]
        silent = json.loads(command(node, "test", "line", "--to", "+49302222222", "--json").stdout)
        audio, dtmf = silent["findings"][-2:]
        assert (audio["step"], audio["ok"]) == ("audio", False) and "echo target" in audio["remedy"]
        assert (dtmf["step"], dtmf["ok"]) == ("dtmf", None)
        assert not far.calls_to("+12125550100") and far.calls_to("+49302222222")[0].ended == "BYE"


def test_registrations_outlive_either_process(node: Node, config: Config):
    with Answerer() as far:
        put(config, "line", "x", kind="register", hosts=[f"127.0.0.1:{far.port}"], username="line1")
        wait_for_state(config, "line", "up")
        for kill in (node.kill_control, node.kill_gateway):
            before = len(far.of("REGISTER"))
            kill()
            wait_for(lambda known=before: len(far.of("REGISTER")) > known, "it registers anew", 15)
            wait_for(lambda: node.http("/readyz") == 200, "the node is ready")
            wait_for_state(config, "line", "up")
        assert not any("Expires: 0" in each.text for each in far.of("REGISTER")), "and never unregisters"


def test_the_doctor_stops_where_nobody_answers(node: Node, config: Config):
    put(config, "line", hosts=[f"127.0.0.1:{free_port()}"])
    wait_for_state(config, "line", "down")
    tested = command(node, "test", "line", "--to", "9196")
    assert tested.returncode == 1
    assert [line.split()[:2] for line in tested.stdout.splitlines() if "->" not in line] == [
        ["ok", "resolve"],
        ["FAIL", "reach"],
        ["skip", "call"],
    ]
