"""Reads the JSON report of a vitest run: its figures to stdout (`<passed> <failed>`), the tests that failed or needed a second
try to stderr, each with the first lines of why. What is kept of CI's output may be no more than its end."""

import json
import os
import sys

LINES = 12  # of each try


def why(message: str) -> str:
    lines = [line for line in message.splitlines() if "/node_modules/" not in line and "new Promise (<anonymous>)" not in line]
    return "\n".join(f"  {line}" for line in lines[:LINES])


def main(path: str) -> None:
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    print(report["numPassedTests"], report["numFailedTests"])
    for file in report["testResults"]:
        name = os.path.relpath(file["name"])
        if file.get("message"):
            print(f"failed: {name}\n{why(file['message'])}", file=sys.stderr)
        for test in file["assertionResults"]:
            tries = test.get("failureMessages") or []
            if tries:
                word = "failed" if test["status"] == "failed" else "needed a second try"
                print(f"{word}: {name} > {test['fullName']}", *map(why, tries), sep="\n", file=sys.stderr)


main(sys.argv[1])
