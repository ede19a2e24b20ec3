#!/usr/bin/python3
"""The schema of scenarios: it is a valid schema, it accepts every shipped scenario and all that the
parser's own tests accept, and it refuses what an editor should underline."""

import json
import pathlib
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[3]
SCHEMA = ROOT / "scenarios" / "schema" / "scenario.schema.json"

EVENT = {"at": "1s"}
REFUSED = [  # members that are added to a small valid scenario
    {"unknown": 1}, {"version": 2}, {"name": "Bad Name"}, {"name": ""}, {"nodes": 0}, {"nodes": 16},
    {"nodes": 1.5}, {"founders": 0}, {"until": 5}, {"until": "5"}, {"until": "-5s"}, {"until": "5 s"}, {"until": "5h"},
    {"seed": -1}, {"tags": ["a", "a"]}, {"config": {"snapshot_every": -5}},
    {"config": {"election_timeout": "150ms"}}, {"config": {"segment_bytes": 1000}},
    {"network": {"loss": 1.5}}, {"network": {"loss": "10%"}}, {"network": {"latency": 5}},
    {"network": {"latency": {"model": "uniform", "min": "1ms"}}},
    {"network": {"latency": {"model": "gamma"}}},
    {"network": {"client_latency": {"model": "matrix", "unit": "ms", "kind": "rtt", "rows": [[None]]}}},
    {"network": {"links": [{"from": "n0", "to": "n1"}]}}, {"network": {"links": [{"from": "n0", "loss": 1}]}},
    {"workload": {}}, {"workload": {"clients": 0}}, {"workload": {"clients": 1, "max_in_flight": 2}},
    {"workload": {"clients": 1, "rate": 5, "think_time": "1s"}},
    {"workload": {"clients": 1, "mix": {"put": -1}}}, {"disk": {"fsync": 5}},
    {"pins": [{"stream": "n0", "decision": "latency", "ordinal": 0}]},
    {"pins": [{"stream": "x0", "decision": "latency", "ordinal": 0, "value": "1s"}]},
    {"pins": [{"stream": "n0>n1", "decision": "latency", "ordinal": 0, "value": 1}]},
    {"pins": [{"stream": "n0>n1", "decision": "loss", "ordinal": 0, "value": 1}]},
    {"pins": [{"stream": "scenario", "decision": "pick", "ordinal": 0, "value": True}]},
]
REFUSED_EVENTS = [
    {"do": "crash", "node": "n0", "at": 1}, {"do": "crash"}, {"do": "crash", "node": []},
    {"do": "crash", "node": "n0", "nod": 1}, {"do": "crash", "node": "n15"},
    {"do": "crash", "node": ["all"]}, {"do": "crash", "node": ["n0", "n0"]},
    {"do": "crash", "node": "n0", "as": "$x"}, {"do": "crash", "node": "n0", "lose": "all"},
    {"do": "crash", "node": "n0", "lose": "everything", "for": "1s"}, {"do": "restart"},
    {"do": "restart", "node": "n0", "for": "1s"}, {"do": "suspend"}, {"do": "pause", "node": 0},
    {"do": "partition", "groups": ["n0"]}, {"do": "partition", "groups": "n0"}, {"do": "heal", "for": "1s"},
    {"do": "set_network"}, {"do": "set_network", "network": {}}, {"do": "filter", "types": []},
    {"do": "filter", "types": ["ping"]}, {"do": "filter", "drop": 1, "delay": "1s"},
    {"do": "set_clock", "node": "n0"}, {"do": "set_clock", "node": "n0", "rate": 0},
    {"do": "set_clock", "node": "n0", "jump": "1s", "for": "1s"}, {"do": "disk", "node": "n0"},
    {"do": "disk", "node": "n0", "torn": 2}, {"do": "corrupt", "node": "n0", "bit": 8},
    {"do": "put", "key": "k"}, {"do": "put", "key": "k", "value": "v", "value_bytes": 1},
    {"do": "put", "key": "k", "value": "v", "expect": "not_found"}, {"do": "get", "key": "k", "value": "v"},
    {"do": "put", "key": "k", "value": "v", "expect": {"value": "v"}},
    {"do": "put", "key": "k", "value": "v", "session": "a"}, {"do": "delete", "key": "k", "sequence": 1},
    {"do": "delete", "key": "k", "session": "a", "sequence": 0}, {"do": "get", "key": "k", "session": "a", "sequence": 1},
    {"do": "put", "key": "k", "value": "v", "via": "all"}, {"do": "cas", "key": "k", "value": "v"},
    {"do": "cas", "key": "k", "value": "v", "expected": 1}, {"do": "note"},
] + [{"do": word, "node": "n0"} for word in
     ("transfer_leader", "replace", "crsh")] + [
    {"do": "add"}, {"do": "remove"}, {"do": "promote"}, {"do": "replace", "with": "n0"}, {"do": "wipe"},
    {"do": "refound"}, {"do": "refound", "node": ["n0", "n1"]},
    {"do": "wipe", "node": "n0", "for": "1s"}, {"do": "add", "node": "n0", "as_learner": 1},
    {"do": "remove", "node": "n0", "as_learner": True}, {"do": "demote", "node": "n0", "expect": "ok"},
]
REFUSED_EXPECTATIONS = [
    {}, {"that": "peace"}, {"that": "one_leader", "node": "n0"}, {"that": "role", "node": "n0"},
    {"that": "role", "node": "n0", "is": []}, {"that": "role", "node": "n0", "is": ["boss"]},
    {"that": "new_leader"}, {"that": "value", "key": "k"}, {"that": "value", "value": "v"},
    {"that": "linearizable", "by": "1s"}, {"that": "linearizable", "at": "1s"},
    {"that": "progress", "at": "1s"}, {"that": "elections"}, {"that": "busy"}, {"that": "uncommitted", "at_most": 1},
    {"that": "uncommitted", "node": "n0"}, {"that": "calls_answered", "at_most": 1}, {"that": "halted"}, {"that": "out"},
    {"that": "members"}, {"that": "members", "voters": []},
    {"that": "one_leader", "by": "1s", "at": "end"}, {"that": "one_leader", "during": ["1s"]},
]


def main():
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    failures = []

    def check(name, document, valid):
        errors = [error.message for error in validator.iter_errors(document)]
        if valid and errors:
            failures.append(f"{name}: should be valid: {errors[0]}")
        if not valid and not errors:
            failures.append(f"{name}: should be refused: {json.dumps(document)}")

    fuzz = json.loads((ROOT / "scenarios/schema/fuzz.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(fuzz)
    for path in sorted((ROOT / "scenarios/fuzz").glob("*.json")):
        profile = json.loads(path.read_text(encoding="utf-8"))
        failures += [f"{path}: {error.message}"
                     for error in jsonschema.Draft7Validator(fuzz).iter_errors(profile)]

    files = [path for path in sorted((ROOT / "scenarios").rglob("*.json"))
             if "schema" not in path.parts and "fuzz" not in path.parts]
    for path in files:
        check(str(path), json.loads(path.read_text(encoding="utf-8")), True)
    accepted = json.loads((pathlib.Path(__file__).parent / "accepted.json").read_text(encoding="utf-8"))
    for document in accepted:
        check(document["name"], document, True)
    base = {"version": 1, "name": "small", "nodes": 3, "until": "10s"}
    check("base", base, True)
    for members in REFUSED:
        check("member", {**base, **members}, False)
    for event in REFUSED_EVENTS:
        check("event", {**base, "events": [{**EVENT, **event}]}, False)
    for expectation in REFUSED_EXPECTATIONS:
        check("expectation", {**base, "expect": [expectation]}, False)
    for missing in base:
        check("missing", {key: value for key, value in base.items() if key != missing}, False)

    def described(where, node):
        for key, value in node.get("properties", {}).items():
            plain = not value or set(value) == {"const"}
            reference = value.get("$ref", "").rpartition("/")[2] if isinstance(value, dict) else ""
            if not plain and "description" not in value and \
                    "description" not in schema["definitions"].get(reference, {}):
                failures.append(f"{where}/{key}: no description")
        for key, value in node.items():
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, dict):
                    # Conditions and exclusions only test properties; they do not define any.
                    if key not in ("if", "not", "default"):
                        described(f"{where}/{key}", child)

    # What depends on another key only narrows a property that is described where it stands.
    del schema["definitions"]["pin"]["allOf"]
    described("", schema)
    for failure in failures:
        print(failure)
    count = len(files) + len(accepted) + len(REFUSED) + len(REFUSED_EVENTS) + len(REFUSED_EXPECTATIONS)
    print(f"{count} documents, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
