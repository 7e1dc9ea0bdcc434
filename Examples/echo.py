#!/usr/bin/env python3
"""Answers every text with the same text, over the control socket of a process that is online with the home.

    p2pchat listen --accept-requests --home ./bot &
    Examples/echo.py ./bot
"""
import json
import os
import socket
import sys

os.chdir(sys.argv[1])  # The socket's path may be longer than a socket address can be.
connection = socket.socket(socket.AF_UNIX)
connection.connect("control.sock")
lines = connection.makefile("rw", encoding="utf-8", newline="\n")


def ask(id, method, **params):
    print(json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params}), file=lines, flush=True)


ask("subscribe", "subscribe")
for line in lines:
    answer = json.loads(line)
    if "error" in answer:
        print(answer["id"], answer["error"]["message"], file=sys.stderr)
    elif answer.get("id") == "subscribe":
        print("ready", flush=True)
    event = answer.get("params", {})
    if event.get("event") == "message" and "text" in event:
        # The message's id names the request, and so its answer.
        ask(event["id"], "send", peer=event["peer"]["fingerprint"], text=event["text"], queue=True)
