"""Recipes: each is whole, mistakes in naming one are told with their place, and the command prints them."""

import json

import pytest
from acting import integrations
from click.testing import CliRunner

from softswitch import marked_yaml, validation
from softswitch.actions.actions_file import ActionsFile
from softswitch.actions.recipes.expanding import PLACE, every, expand
from softswitch.cli.queue_recipes import whole
from softswitch.cli.root import softswitch
from softswitch.errors import InvalidFile


def test_there_are_recipes_for_what_is_promised() -> None:
    assert {name.partition(".")[0] for name in every()} == {
        "hubspot",
        "salesforce",
        "zendesk",
        "rest",
        "twilio",
    }


@pytest.mark.parametrize("name", every())
def test_the_example_of_a_recipe_is_a_whole_file_of_actions(name: str) -> None:
    text = "\n".join(whole(name, every()[name]))
    document = marked_yaml.parse(text, "actions.yaml")
    file = validation.validate(document, ActionsFile)
    (action,) = (*file.actions.values(), *file.lookups.values())
    assert "<" not in repr(action).replace("<class", "")
    assert [host for _, host in action.hosts]


@pytest.mark.parametrize("name", every())
def test_a_recipe_uses_every_parameter_and_no_other(name: str) -> None:
    recipe = every()[name]
    assert set(PLACE.findall(json.dumps(recipe.action))) == recipe.parameters.keys()


@pytest.mark.parametrize("name", every())
def test_a_recipe_has_all_that_it_needs_without_what_may_be_left_out(name: str) -> None:
    recipe = every()[name]
    needed = {key: each.example for key, each in recipe.parameters.items() if each.is_required}
    entry = {"recipe": name, "with": needed}
    hosts = "[api.hubapi.com, api.twilio.com, acme.my.salesforce.com, acme.zendesk.com, crm.example.com]"
    names = ("hubspot", "salesforce_id", "salesforce_secret", "zendesk", "crm", "twilio")
    secrets = {each: {"env": "PATH"} for each in names}
    assert integrations(
        f"hosts: {hosts}\nsecrets: {json.dumps(secrets)}\n{recipe.used_in}: {{x: {json.dumps(entry)}}}"
    )


def entry(*lines: str) -> list[str]:
    text = "hosts: crm.example.com\nactions:\n  order:\n" + "".join(f"    {line}\n" for line in lines)
    with pytest.raises(InvalidFile) as raised:
        integrations(text)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            ["recipe: rest.creat"],
            "actions.yaml:4:13: actions.order.recipe: there is no recipe 'rest.creat'; did you",
        ),
        (
            ["recipe: rest.find", "with: {url: x}"],
            "actions.yaml:5:11: actions.order.with: rest.find wants `token`",
        ),
        (["recipe: rest.find"], "rest.find wants `url`, `token`, `result`"),
        (["recipe: rest.find", "with: [url]"], "actions.order.with: expected parameters and their values"),
        (
            ["recipe: rest.find", "with:", "  urll: x"],
            "actions.yaml:6:13: actions.order.with.urll: rest.find has no",
        ),
        (["recipe: rest.find", "with:", "  url: [x]", "  token: x", "  result: {a: b}"], "expected a text"),
        (
            ["recipe: rest.find", "with: {url: 'https://x.example.com/', token: x, result: {a: b}}"],
            "x.example.com is not listed in `hosts`",
        ),
        (
            [
                "recipe: rest.find",
                "timeoutt: 3s",
                "with: {url: 'https://crm.example.com/', token: x, result: {}}",
            ],
            "actions.yaml:5:5: unknown key 'timeoutt'",
        ),
    ],
)
def test_a_mistake_in_naming_a_recipe_is_told_with_its_place(lines: list[str], told: str) -> None:
    (problem,) = entry(*lines)
    assert told in problem


def test_what_stands_beside_a_recipe_goes_before_it() -> None:
    given = {"url": "https://crm.example.com/a", "token": "t", "fields": {"a": "1", "b": "{b}"}}
    more = {"timeout": "3s", "json": {"b": "2", "c": "3"}, "headers": {"X-Shop": "x"}}
    expanded = expand({"recipe": "rest.create", "with": given, **more})
    assert isinstance(expanded, dict)
    assert expanded["json"] == {"a": "1", "b": "2", "c": "3"}
    assert expanded["headers"] == {"Authorization": "Bearer t", "X-Shop": "x"}
    assert expanded["timeout"] == "3s"
    assert "recipe" not in expanded
    assert "with" not in expanded


def test_the_command_lists_them_and_prints_one_to_be_filled_in() -> None:
    listed = CliRunner().invoke(softswitch, ["queue", "recipes"])
    assert [line.split()[0] for line in listed.output.splitlines()] == list(every())
    printed = CliRunner().invoke(softswitch, ["queue", "recipes", "hubspot.create_ticket"])
    assert printed.output.startswith(
        "hosts: [api.hubapi.com]\nsecrets:\n  hubspot: {env: HUBSPOT}\nactions:\n"
    )
    assert CliRunner().invoke(softswitch, ["queue", "recipes", "hubspot.nothing"]).exit_code == 1
