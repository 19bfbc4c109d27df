"""Documents lead somewhere: every link has its target, every document is in the index."""

import ast
import re
from pathlib import Path

import pytest
from documents import DOCUMENTS, ROOT, anchors, every_block, links, prose

INDEX = ROOT / "docs/index.md"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(document: Path):
    broken = []
    for link in links(document):
        path, _, heading = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists() or (heading and heading not in anchors(target)):
            broken.append(link)
    assert not broken, f"{name(document)} has links that lead nowhere: {', '.join(broken)}"


def test_every_document_is_in_the_index():
    listed = {(INDEX.parent / link.partition("#")[0]).resolve() for link in links(INDEX)}
    missing = [name(found) for found in ROOT.glob("docs/**/*.md") if found not in listed | {INDEX}]
    assert not missing, f"docs/index.md does not list {', '.join(missing)}"


def test_every_file_of_the_checkout_that_is_named_exists():
    """In code marks and shell blocks: scripts/serve, dialplans/reception, softswitch/speech/data/..."""
    path = re.compile(r"(?<![\w./-])((?:scripts|dialplans|softswitch/speech|migrations)/[\w./-]*[\w-])")
    texts = [(document, prose(document)) for document in DOCUMENTS]
    texts += [(block.document, block.text) for block in every_block("sh", "console")]
    named = {(document, found) for document, text in texts for found in path.findall(text)}
    assert len(named) > 5
    assert not [f"{name(document)}: {found}" for document, found in named if not (ROOT / found).exists()]


def test_every_module_says_what_lives_in_it():
    modules = list(ROOT.glob("softswitch/**/*.py"))
    assert len(modules) > 50
    silent = [name(found) for found in modules if not ast.get_docstring(ast.parse(found.read_text()))]
    assert not silent, f"modules without a docstring: {', '.join(silent)}"
