#!/usr/bin/env python3
"""Writes one directory for ctest out of the tests of several build trees.

  merged_ctest.py OUTPUT PREFIX=BUILD=LABELS[=NAMES]...

LABELS and NAMES are regular expressions; a test's label must match the first, its whole name the second. PREFIX goes
in front of the names, so that `asan/model` and `tsan/model` are told apart. PLIMSOLL_TIMEOUT, in seconds, replaces every
timeout.
"""
import json
import os
import re
import subprocess
import sys


def bracket(text):
    """A CMake bracket argument: taken as it stands."""
    return f"[==[{text}]==]"


def tests_of(prefix, build, labels, names=".*"):
    listing = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], check=True, capture_output=True)
    for test in json.loads(listing.stdout)["tests"]:
        properties = {one["name"]: one["value"] for one in test.get("properties", [])}
        if not any(re.fullmatch(labels, label) for label in properties.get("LABELS", [])):
            continue
        if re.fullmatch(names, test["name"]):
            yield f"{prefix}/{test['name']}" if prefix else test["name"], test["command"], properties


def main():
    output, *groups = sys.argv[1:]
    lines = []
    for group in groups:
        for name, command, properties in tests_of(*group.split("=")):
            lines.append(f"add_test({bracket(name)} {' '.join(map(bracket, command))})")
            if "PLIMSOLL_TIMEOUT" in os.environ:
                properties["TIMEOUT"] = os.environ["PLIMSOLL_TIMEOUT"]
            for key, value in properties.items():
                value = ";".join(value) if isinstance(value, list) else value
                lines.append(f"set_tests_properties({bracket(name)} PROPERTIES {key} {bracket(value)})")
    os.makedirs(output, exist_ok=True)
    with open(os.path.join(output, "CTestTestfile.cmake"), "w") as out:
        out.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
