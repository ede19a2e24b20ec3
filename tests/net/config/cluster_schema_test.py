#!/usr/bin/python3
"""The schemas of a cluster's file and of a file of clients: each is a valid schema, it describes every key, it accepts the shipped
example, and it refuses what an editor should underline."""

import json
import pathlib
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDER = ROOT / "tools" / "raftd"

BASE = {"cluster": "demo", "nodes": {"n0": {"address": "127.0.0.1:7000"}}}
NODE = BASE["nodes"]["n0"]
ACCEPTED = [
    BASE, {**BASE, "$schema": "cluster.schema.json"}, {**BASE, "config": {}, "limits": {}},
    {**BASE, "nodes": {"n2147483647": {"address": "[::1]:65535", "listen": "0.0.0.0:1", "metrics": "h:1"}}},
    {**BASE, "nodes": {"n0": {**NODE, "peer_port": 7001}}},
    {**BASE, "config": {"election_timeout": ["1s", "2s"], "pre_vote": False}},
]
REFUSED = [
    {}, {"cluster": "demo"}, {"nodes": BASE["nodes"]},
    {**BASE, "unknown": 1}, {**BASE, "cluster": ""}, {**BASE, "cluster": "a b"},
    {**BASE, "cluster": "x" * 65}, {**BASE, "nodes": {}}, {**BASE, "nodes": []},
    {**BASE, "nodes": {f"n{i}": NODE for i in range(32)}}, {**BASE, "nodes": {"x0": NODE}},
    {**BASE, "nodes": {"n01": NODE}}, {**BASE, "nodes": {"n0": {}}},
    {**BASE, "nodes": {"n0": {**NODE, "peer_port": 0}}}, {**BASE, "nodes": {"n0": {**NODE, "peer_port": "7001"}}},
    {**BASE, "nodes": {"n0": {**NODE, "port": 1}}}, {**BASE, "nodes": {"n0": {"address": 7000}}},
    {**BASE, "nodes": {"n0": {"address": "host"}}}, {**BASE, "nodes": {"n0": {"address": ":7000"}}},
    {**BASE, "nodes": {"n0": {"address": "::1:7000"}}}, {**BASE, "nodes": {"n0": {"address": "h:0"}}},
    {**BASE, "nodes": {"n0": {**NODE, "listen": ""}}}, {**BASE, "nodes": {"n0": {**NODE, "metrics": "h:x"}}},
    {**BASE, "config": {"snapshot_every": -5}}, {**BASE, "config": {"election_timeout": "150ms"}},
    {**BASE, "limits": {"unknown": 1}}, {**BASE, "limits": {"connection_memory": 1000}},
    {**BASE, "limits": {"stream_operations": 0}}, {**BASE, "limits": {"concurrent_calls": "many"}},
]

# The file of clients.
CLIENTS_ACCEPTED = [
    {"clients": {}}, {"clients": {}, "others": ["read"], "$schema": "clients.schema.json"},
    {"clients": {"a": {"certificate": "c", "may": []}}},
    {"clients": {"a": {"certificate": "c", "token_sha256": "a" * 64, "may": ["read", "write", "admin"]}}},
]
CLIENTS_REFUSED = [
    {}, {"clients": []}, {"clients": {"a": {"may": ["read"]}}}, {"clients": {"a": {"certificate": "c"}}},
    {"clients": {"a": {"certificate": "", "may": []}}}, {"clients": {"a": {"certificate": "c", "may": ["all"]}}},
    {"clients": {"a": {"token_sha256": "A" * 64, "may": []}}}, {"clients": {"a": {"token": "x", "may": []}}},
    {"clients": {}, "others": "read"}, {"clients": {}, "unknown": 1},
]


def undescribed(where, schema, definitions):
    """The paths of properties that neither have a description nor refer to one."""
    for key, value in schema.get("properties", {}).items():
        if "description" not in value:
            yield f"{where}/{key}"
    for name, definition in definitions.items():
        yield from undescribed(name, definition, {})


def failures_of(name, accepted, refused):
    schema = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    failures = [f"{where}: no description" for where in undescribed("", schema, schema["definitions"])]
    for document in accepted:
        for error in validator.iter_errors(document):
            failures.append(f"should be valid: {json.dumps(document)}: {error.message}")
    for document in refused:
        if validator.is_valid(document):
            failures.append(f"should be refused: {json.dumps(document)}")
    return failures


def main():
    example = json.loads((FOLDER / "cluster.example.json").read_text(encoding="utf-8"))
    accepted = [example, *ACCEPTED]
    failures = failures_of("cluster.schema.json", accepted, REFUSED)
    failures += failures_of("clients.schema.json", CLIENTS_ACCEPTED, CLIENTS_REFUSED)
    count = len(accepted) + len(REFUSED) + len(CLIENTS_ACCEPTED) + len(CLIENTS_REFUSED)
    for failure in failures:
        print(failure)
    print(f"{count} documents, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
