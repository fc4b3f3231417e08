"""CITATION.cff says what is true."""

from pathlib import Path

import yaml

import fw

CITATION = Path(__file__).parents[1] / "CITATION.cff"


def test_the_citation_is_of_this_version_and_licence():
    cited = yaml.safe_load(CITATION.read_text(encoding="utf-8"))
    assert cited["cff-version"] == "1.2.0"
    assert cited["version"] == fw.__version__
    assert cited["license"] == "MIT"
    assert cited["authors"] == [{"name": "The fw developers"}]
    assert {"title", "message", "type"} <= set(cited)
