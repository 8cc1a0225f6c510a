"""The alert rules and the dashboard for Grafana name nothing that /metrics does not tell."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from queuectl_core.model.state import State
from tests.opened import opened
from tests.running import ROOT, migrate, running_api
from tests.signed_in import client
from tests.store.attempts import job_in_state

ALERTS = ROOT / "deploy/prometheus/alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/queuectl.json"

OF_PROMETHEUS = frozenset({"instance", "job"})
"""Labels that it adds to everything."""

WORDS = {"and", "or", "unless", "bool", "offset"}
_MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"\s*,?')
_GROUPED = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_RANGE = re.compile(r"\[[^\]]*\]")
_SELECTOR = re.compile(r"(?<![\w.])([a-z_:][\w:]*)\b(?!\s*\()(?:\{([^}]*)\})?", re.I)


@dataclass(frozen=True)
class Told:
    """What is at /metrics: by name of a sample the values of each of its labels."""

    samples: dict[str, dict[str, set[str]]]

    @classmethod
    def of(cls, text: str) -> "Told":
        samples: dict[str, dict[str, set[str]]] = {"up": {}}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = samples.setdefault(sample.name, {})
                for label, value in sample.labels.items():
                    labels.setdefault(label, set()).add(value)
        return cls(samples)

    def faults(self, expression: str, shown: str = "") -> list[str]:
        """What an expression, and the text that is `shown` of its labels, names and nobody tells."""
        grouped = [label.strip() for labels in _GROUPED.findall(expression) for label in labels.split(",")]
        bare = _RANGE.sub("", _GROUPED.sub("", expression))
        selectors = [(name, of) for name, of in _SELECTOR.findall(bare) if name not in WORDS]
        faults = [f"no metric {name}" for name, _ in selectors if name not in self.samples]
        known = [(self.samples[name], of) for name, of in selectors if name in self.samples]
        for labels, of in known:
            faults += self._of_matchers(labels, of)
        possible = OF_PROMETHEUS.union(*(labels for labels, _ in known))
        faults += [f"no label {label} to group by" for label in grouped if label not in possible]
        visible = set(grouped) if grouped else possible
        named = re.findall(r"\{\{ *(?:\$labels\.)?(\w+) *\}\}", shown)
        return faults + [f"no label {label} to show" for label in named if label not in visible]

    @staticmethod
    def _of_matchers(labels: dict[str, set[str]], matchers: str) -> Iterator[str]:
        if _MATCHER.sub("", matchers):
            yield f"cannot read {{{matchers}}}"
        for label, operator, value in _MATCHER.findall(matchers):
            if label in OF_PROMETHEUS:
                continue
            if label not in labels:
                yield f"no label {label}"
            elif operator in ("=", "!=") and value not in labels[label]:
                yield f"{label} is never {value}"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """At an API that has seen something of everything."""
    directory: Path = tmp_path_factory.mktemp("monitoring")
    migrate(directory)
    database, away = directory / "queue.db", directory / "away.db"
    with running_api(directory) as url, client(url) as api:
        with opened(database) as store:
            for state in State:
                job_in_state(store, state)
        api.post("/api/restore", content=b"no backup", headers={"content-type": "application/x-tar"})
        database.rename(away)
        assert httpx.get(f"{url}/readyz").status_code == 503
        away.rename(database)
        return Told.of(api.get("/metrics").raise_for_status().text)


def alerts() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_names_what_is_told(told: Told, rule: dict[str, Any]) -> None:
    annotations = rule["annotations"]
    assert told.faults(rule["expr"], " ".join(annotations.values())) == []
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert annotations.keys() == {"summary", "description"}


def test_alerts_are_told_apart() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_names_what_is_told(told: Told, panel: dict[str, Any]) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        assert told.faults(target["expr"], target["legendFormat"]) == []


def test_the_choices_of_the_dashboard_are_of_what_is_told(told: Told) -> None:
    choices = json.loads(DASHBOARD.read_text())["templating"]["list"]
    asked = [choice["query"]["query"] for choice in choices if choice["type"] == "query"]
    assert asked
    for query in asked:
        found = re.fullmatch(r"label_values\((.*), (\w+)\)", query)
        assert found
        assert told.faults(found[1], f"{{{{{found[2]}}}}}") == []


def test_no_two_panels_lie_on_each_other() -> None:
    places = [panel["gridPos"] for panel in json.loads(DASHBOARD.read_text())["panels"]]
    cells = [(place["x"] + x, place["y"] + y) for place in places for x in range(place["w"]) for y in range(place["h"])]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


@pytest.mark.parametrize(
    ("expression", "shown", "fault"),
    [
        ("queuectl_job > 0", "", "no metric queuectl_job"),
        ("rate(queuectl_jobs_dead[5m])", "", "no metric queuectl_jobs_dead"),
        ('queuectl_jobs{queue="a"}', "", "no label queue"),
        ('queuectl_jobs{state="ded"}', "", "state is never ded"),
        ("sum by (state, queue) (queuectl_jobs)", "", "no label queue to group by"),
        ("queuectl_jobs", "{{ $labels.queue }}", "no label queue to show"),
        ("sum by (state) (queuectl_jobs)", "{{instance}}", "no label instance to show"),
        ("queuectl_jobs{state}", "", "cannot read {state}"),
        ("queuectl_jobs and queuectl_jobz", "", "no metric queuectl_jobz"),
    ],
)
def test_what_is_not_told_would_be_found(told: Told, expression: str, shown: str, fault: str) -> None:
    assert told.faults(expression, shown) == [fault]
