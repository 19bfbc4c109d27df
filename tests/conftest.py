"""Fixtures for whole nodes; see node.py."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from node import Node

StartNode = Callable[..., Node]

# A shell's background job ignores Ctrl-C, and so would all that the tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def prompts(pytestconfig: pytest.Config) -> Path:
    """One prompt cache for all tests, kept between runs: its files are named by what they hold."""
    return pytestconfig.cache.mkdir("prompts")


@pytest.fixture
def start_node(tmp_path: Path, prompts: Path) -> Iterator[StartNode]:
    """`start_node("media.max_calls=5")` starts a node; all of them are stopped after the test."""
    nodes: list[Node] = []

    def start(*settings: str) -> Node:
        node = Node(tmp_path / f"node-{len(nodes)}", prompts, *settings)
        nodes.append(node)
        node.start()
        return node

    yield start
    for node in nodes:
        node.stop()
        print(node.log)


@pytest.fixture
def node(start_node: StartNode) -> Node:
    return start_node()
