"""softswitch trunk, on a real database: what people and programs do, see, and are told when it fails."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from softswitch.cli.trunk import trunk
from softswitch.config import Config
from softswitch.errors import SoftswitchError
from softswitch.sections.dialing import Dialing
from softswitch.store import changes, declared, migrate, secrets

SECRET = "correct horse battery"
BERLIN = ("add", "berlin", "--kind", "register", "--host", "sip.example.com", "--user", "4711")
CARRIER = ("add", "carrier", "--kind", "ip", "--host", "192.0.2.1", "--allow", "192.0.2.0/24")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.delenv(secrets.VARIABLE, raising=False)
    config = Config(data_dir=tmp_path, dialing=Dialing(prefixes=("+49",)))
    migrate.upgrade(config.database_url)
    return config


def run(config: Config, *arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(trunk, arguments, obj=config, input=stdin)


def done(config: Config, *arguments: str, stdin: str = "") -> str:
    result = run(config, *arguments, stdin=stdin)
    assert result.exit_code == 0, result.output + repr(result.exception)
    assert SECRET not in result.output
    return result.output


def fails(config: Config, *arguments: str, stdin: str = "") -> str:
    error = run(config, *arguments, stdin=stdin).exception
    assert isinstance(error, SoftswitchError), error
    assert SECRET not in str(error)
    return str(error)


def shown(config: Config, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(done(config, "show", name, "--json"))
    return found


def password_of(config: Config, name: str) -> str:
    found = declared.read(config).find(name)
    assert found and not found.problem
    return found.trunk.password.get_secret_value()


def revision(config: Config) -> int:
    return changes.revision(config.database_url, "trunks")


def test_a_trunk_is_added_and_shown_without_its_password(config: Config) -> None:
    assert "no trunks" in done(config, "list")
    told = done(config, *BERLIN, "--password-stdin", "--set", "limits.calls=10", stdin=f"{SECRET}\n")
    assert told.startswith("added berlin, password kept encrypted")
    assert password_of(config, "berlin") == SECRET
    found = yaml.safe_load(done(config, "show", "berlin"))
    assert found == {
        "name": "berlin",
        "kind": "register",
        "hosts": ["sip.example.com"],
        "username": "4711",
        "limits": {"calls": 10},
    }
    everything = shown(config, "berlin")
    assert (everything["health"]["every"], everything["source"], everything["has_password"]) == (
        30,
        "sql",
        True,
    )
    assert "password" not in everything


def test_list_is_a_table(config: Config) -> None:
    done(config, *BERLIN)
    done(config, *CARRIER, "--disabled")
    lines = [line.split() for line in done(config, "list").splitlines()]
    assert lines == [
        ["NAME", "KIND", "HOSTS", "ENABLED", "SOURCE"],
        ["berlin", "register", "sip.example.com", "yes", "sql"],
        ["carrier", "ip", "192.0.2.1", "no", "sql"],
    ]
    assert [each["name"] for each in json.loads(done(config, "list", "--json"))["trunks"]] == [
        "berlin",
        "carrier",
    ]


def test_lists_and_rules_can_be_set(config: Config) -> None:
    rules = 'numbers.rewrite_in=[{match: "9(\\\\d+)", to: "\\\\1"}, {match: "0+", to: ""}]'
    done(config, *CARRIER, "--set", "codecs=PCMA,G722", "--set", "prefixes=+49", "--set", rules)
    found = shown(config, "carrier")
    assert (found["codecs"], found["prefixes"]) == (["PCMA", "G722"], ["+49"])
    assert found["numbers"]["rewrite_in"] == [{"match": r"9(\d+)", "to": r"\1"}, {"match": "0+", "to": ""}]
    done(
        config, "edit", "carrier", "--set", "prefixes=", "--unset", "numbers.rewrite_in", "--unset", "codecs"
    )
    found = shown(config, "carrier")
    assert (found["codecs"], found["prefixes"]) == (["PCMU", "PCMA"], [])
    assert found["numbers"]["rewrite_in"] == []


def test_an_address_of_ipv6_is_a_host_and_no_list(config: Config) -> None:
    done(config, *CARRIER, "--set", "hosts=[2001:db8::1]:5061,[2001:db8::2]")
    assert shown(config, "carrier")["hosts"] == ["[2001:db8::1]:5061", "[2001:db8::2]"]


def test_every_mistake_is_told_by_the_option_that_made_it(config: Config) -> None:
    told = fails(config, *BERLIN, "--set", "limits.cals=3", "--set", "health.every=soon", "--host", "a b")
    assert "--set limits.cals: unknown key 'cals'; did you mean 'calls'?" in told
    assert "--set health.every: expected a duration such as 200ms" in told
    assert "--host: hosts.1: expected a host such as sip.example.com" in told
    assert "needs --host and --user" in fails(config, "add", "x", "--kind", "register")
    assert "NAME: expected up to 40 of a-z" in fails(config, "add", "A b", *CARRIER[2:])
    assert "65535" in fails(config, *CARRIER, "--host", "192.0.2.1:99999")
    assert "an IP address such as" in fails(config, *CARRIER, "--set", "nat.public_address=my.example")
    assert "expected key=value" in fails(config, *BERLIN, "--set", "limits.calls")
    assert revision(config) == 0


def test_a_password_on_the_command_line_is_refused(config: Config) -> None:
    told = fails(config, *BERLIN, "--set", f"password={SECRET}")
    assert "use --password-stdin or --password-file" in told


def test_a_name_is_given_once(config: Config) -> None:
    done(config, *BERLIN)
    assert "there is a trunk berlin already: change it with softswitch trunk edit berlin" in fails(
        config, *BERLIN
    )


def test_edit_changes_what_it_names_and_keeps_the_rest(config: Config, tmp_path: Path) -> None:
    done(config, *BERLIN, "--password-stdin", stdin=f"{SECRET}\n")
    assert done(config, "edit", "berlin", "--set", "weight=3") == "changed berlin\n"
    assert done(config, "edit", "berlin", "--set", "weight=3") == "berlin is so already\n"
    assert password_of(config, "berlin") == SECRET
    assert revision(config) == 2
    (tmp_path / "pw").write_text("another\n")
    done(config, "edit", "berlin", "--password-file", str(tmp_path / "pw"))
    assert password_of(config, "berlin") == "another"
    done(config, "edit", "berlin", "--ask-password", stdin="a third\n")
    assert password_of(config, "berlin") == "a third"
    done(config, "edit", "berlin", "--unset", "password")
    assert not shown(config, "berlin")["has_password"]
    assert run(config, "edit", "berlin").exit_code == 2
    assert "did you mean 'weight'?" in fails(config, "edit", "berlin", "--unset", "wieght")


def test_an_edit_that_is_wrong_changes_nothing(config: Config) -> None:
    done(config, *BERLIN)
    fails(config, "edit", "berlin", "--set", "weight=3", "--set", "limits.calls=many")
    assert shown(config, "berlin")["weight"] == 10


def test_enable_and_disable_may_be_said_twice(config: Config) -> None:
    done(config, *BERLIN)
    assert done(config, "disable", "berlin") == "berlin is disabled\n"
    assert done(config, "disable", "berlin") == "berlin is disabled already\n"
    assert json.loads(done(config, "enable", "berlin", "--json")) == {"trunk": "berlin", "changed": True}
    assert revision(config) == 3


def test_remove_asks_first(config: Config) -> None:
    done(config, *BERLIN)
    assert run(config, "remove", "berlin", stdin="n\n").exit_code == 1
    assert shown(config, "berlin")["name"] == "berlin"
    assert done(config, "remove", "berlin", "--yes") == "removed berlin\n"
    assert "no trunks" in done(config, "list")


@pytest.mark.parametrize("command", [("edit", "--set", "weight=1"), ("remove",), ("enable",), ("show",)])
def test_a_name_that_is_not_there_is_told(config: Config, command: tuple[str, ...]) -> None:
    assert fails(config, command[0], "nobody", *command[1:]) == (
        "there is no trunk nobody: see softswitch trunk list"
    )


def test_trunks_of_the_file_are_seen_but_changed_there(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "trunks.yaml"
    file.write_text(
        "trunks:\n- {name: pbx, kind: extension, hosts: pbx, username: 201, password_env: NOT_SET}\n"
    )
    config = config.model_copy(update={"trunks_file": file})
    done(config, *BERLIN)
    assert f"{file}:2" in done(config, "list")
    assert yaml.safe_load(done(config, "show", "pbx"))["username"] == "201"
    for words in (
        ("edit", "pbx", "--set", "weight=1"),
        ("remove", "pbx"),
        ("disable", "pbx"),
        ("export", "pbx"),
    ):
        assert fails(config, *words) == f"trunk pbx is declared in {file}:2: change it there"
    assert "is declared in" in fails(config, "add", "pbx", *BERLIN[2:])
    file.write_text("trunks:\n- {name: berlin, kind: ip, allow: 10.0.0.0/8}\n")
    assert "trunk berlin is declared twice" in fails(config, "list")


def test_what_is_exported_can_be_imported(config: Config, tmp_path: Path) -> None:
    done(config, *BERLIN, "--password-stdin", "--set", "health.every=200ms", stdin=f"{SECRET}\n")
    done(config, *CARRIER, "--set", "tls_verify=no")
    text = done(config, "export")
    assert "# its password is not exported: add password_file: PATH or password_env: NAME" in text
    file = tmp_path / "exported.yaml"
    file.write_text(text)
    before = [shown(config, name) for name in ("berlin", "carrier")]
    assert done(config, "import", str(file)) == "unchanged berlin\nunchanged carrier\n"
    assert revision(config) == 2
    done(config, "remove", "berlin", "--yes")
    done(config, "edit", "carrier", "--set", "weight=3")
    assert done(config, "import", str(file)) == "added berlin\nchanged carrier\n"
    before[0]["has_password"] = False
    assert [shown(config, name) for name in ("berlin", "carrier")] == before
    assert json.loads(done(config, "export", "carrier", "--json"))["trunks"][0]["tls_verify"] is False


def test_imported_passwords_are_kept_and_the_same_one_changes_nothing(config: Config, tmp_path: Path) -> None:
    (tmp_path / "pw").write_text(SECRET)
    (tmp_path / "pw").chmod(0o600)
    file = tmp_path / "trunks.yaml"
    file.write_text("trunks:\n- {name: berlin, kind: register, hosts: h, username: u, password_file: pw}\n")
    assert done(config, "import", str(file)) == "added berlin\n"
    assert password_of(config, "berlin") == SECRET
    assert json.loads(done(config, "import", str(file), "--json")) == {"trunks": {"berlin": "unchanged"}}
    file.write_text("trunks:\n- {name: berlin, kind: register, hosts: h, username: u}\n")
    assert done(config, "import", str(file)) == "unchanged berlin\n"
    assert password_of(config, "berlin") == SECRET


def test_an_import_with_a_mistake_imports_nothing(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "trunks.yaml"
    file.write_text("trunks:\n- {name: a, kind: ip, allow: 10.0.0.0/8}\n- {name: b, kind: ip}\n")
    assert f"{file}:3:3: trunks.1: a trunk of kind ip needs" in fails(config, "import", str(file))
    assert "no trunks" in done(config, "list")
    assert "cannot be read" in fails(config, "import", str(tmp_path / "nowhere"))


def test_explain_tells_each_rule_of_a_number_that_arrives(config: Config) -> None:
    rules = 'numbers.rewrite_in=[{match: "9(\\\\d+)", to: "\\\\1"}]'
    done(config, *BERLIN, "--set", rules, "--set", "numbers.country=DE")
    assert done(config, "explain", "sip:9030123456@192.0.2.1").splitlines() == [
        "sip:9030123456@192.0.2.1 arrives on berlin",
        r"  rewrite_in 1 '9(\d+)' fits: 030123456",
        "  030123456 is +4930123456 (DE notation)",
        "  = +4930123456",
    ]
    (reading,) = json.loads(done(config, "explain", "030123456", "--json"))["trunks"]
    assert (reading["trunk"], reading["number"]) == ("berlin", "+4930123456")


def test_explain_tells_by_which_trunks_a_number_goes_out(config: Config) -> None:
    german = ("--set", "numbers.country=DE", "--set", "numbers.send=national", "--set", "priority=1")
    done(config, *BERLIN, *german, "--set", "caller_id.number=+4930999999")
    done(config, *CARRIER)
    for name, key in (("abroad", "prefixes=+44"), ("silent", "outbound=no"), ("off", "enabled=no")):
        done(config, "add", name, *CARRIER[2:], "--set", key)
    done(config, "add", "listens", "--kind", "ip", "--allow", "10.0.0.0/8")
    assert done(config, "explain", "030123456", "--out").splitlines() == [
        "+4930123456 goes out",
        "  dialing: it may be dialled",
        "1. berlin (priority 1, weight 10): dials 030123456, shows 030999999",
        "  send: national makes it 030123456",
        "  caller_id.number is +4930999999",
        "  send: national makes it 030999999",
        "2. carrier (priority 10, weight 10): dials +4930123456, shows nothing",
        "  send: e164 makes it +4930123456",
        "  caller_id.number is not set",
        "  username is not set",
        "not by abroad: prefixes are +44",
        "not by listens: it has no hosts to call",
        "not by off: it is disabled",
        "not by silent: outbound is no",
    ]
    told = json.loads(done(config, "explain", "+33123456789", "--out", "--trunk", "berlin", "--json"))
    assert "begins with none of `dialing.prefixes`" in told["forbidden"]
    assert [each["dials"] for each in told["trunks"]] == ["0033123456789"]
    assert "there is no trunk nobody" in fails(config, "explain", "1", "--trunk", "nobody")


def test_rekey_changes_the_key_in_its_place_or_takes_another_file(config: Config, tmp_path: Path) -> None:
    assert "there is no key yet" in fails(config, "rekey")
    done(config, *BERLIN, "--password-stdin", stdin=f"{SECRET}\n")
    assert done(config, "rekey").startswith("1 password encrypted anew with the key in")
    assert password_of(config, "berlin") == SECRET
    new = tmp_path / "new.key"
    assert f"now set secret_key_file: {new}" in done(config, "rekey", "--new-key-file", str(new))
    found = declared.read(config).find("berlin")
    assert found and "cannot be decrypted" in found.problem
    assert password_of(config.model_copy(update={"secret_key_file": new}), "berlin") == SECRET


def test_without_a_database_the_remedy_is_told(tmp_path: Path) -> None:
    assert "run softswitch db upgrade" in fails(Config(data_dir=tmp_path), "list")


@pytest.mark.parametrize("name", sorted(trunk.commands))
def test_every_command_has_help_with_an_example(name: str) -> None:
    told = CliRunner().invoke(trunk, [name, "--help"]).output
    assert f"softswitch trunk {name}" in told.partition("Example")[2]
    assert "--json" in told
