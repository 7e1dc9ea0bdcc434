#!/usr/bin/env python3
"""Lines through a pipe: how many a second `send --lines` gets delivered to `listen`, over loopback.

usage: lines.py P2PCHAT [--lines N] [--rounds N]

A line counts once it is durable with the sender, durable with the receiver, and acknowledged. Each time is that of the whole command,
its start included: alone with its home, and through a process that is online. What the receiver prints goes to a file, and is
compared with what was sent.
"""
import argparse, os, shutil, statistics, subprocess, tempfile, time

HOST = "127.0.0.1"


def start(*words, **options):
    return subprocess.Popen(words, stderr=subprocess.DEVNULL, text=True, **options)


def call(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def stop(process):
    process.terminate()
    process.wait()


class Ends:
    """alice sends to bob, who accepts everybody."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.server = start(program, "server", "--listen", HOST + ":0", "--state", self.path("directory"), stdout=subprocess.PIPE)
        reference = self.server.stdout.readline().split()[1]
        for name in ("alice", "bob"):
            call(program, "keygen", "--no-passphrase", "--home", self.path(name))
            call(program, "register", "--directory", reference, "--handle", name, "--listen", HOST + ":0", "--discoverable",
                 "--home", self.path(name))
        self.heard = self.path("heard")
        self.receiver = self.listen("bob", self.heard, "--accept-requests", "--json")
        call(program, "send", "bob", "hello", "--home", self.path("alice"))

    def path(self, name):
        return os.path.join(self.folder, name)

    def listen(self, name, output, *words):
        with open(output, "w") as file:
            process = start(self.program, "listen", "--home", self.path(name), *words, stdout=file)
        while not call(self.program, "status", "--json", "--home", self.path(name)).count('"online":true'):
            time.sleep(0.05)
        return process

    def send(self, lines):
        """Lines a second."""
        with open(self.heard) as heard:
            heard.seek(0, os.SEEK_END)
            began = time.perf_counter()
            with open(self.path("lines")) as file:
                subprocess.run([self.program, "send", "--lines", "bob", "--home", self.path("alice")], stdin=file, check=True,
                               stderr=subprocess.DEVNULL)
            took = time.perf_counter() - began
            numbers = []
            deadline = time.monotonic() + 60
            while len(numbers) < lines and time.monotonic() < deadline:
                numbers += [int(line.split('"text":"')[1].split()[0]) for line in heard if " is a line of " in line]
        if numbers != list(range(lines)):
            raise RuntimeError("not what was sent, or not in order")
        return lines / took

    def close(self):
        stop(self.receiver)
        stop(self.server)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="p2pchat-lines.", dir="/var/tmp")
    try:
        ends = Ends(options.program, folder)
        with open(ends.path("lines"), "w") as file:
            for number in range(options.lines):
                file.write("%d is a line of a hundred bytes or so, as a program that does something for long may write it\n" % number)
        print("  load %.1f on %d cores" % (os.getloadavg()[0], os.cpu_count()))
        try:
            for what in ("alone with the home", "through the process that is online"):
                online = ends.listen("alice", os.devnull) if what.startswith("through") else None
                rates = [ends.send(options.lines) for _ in range(options.rounds)]
                if online:
                    stop(online)
                print("  send --lines, %-36s %6.0f a second (%.0f to %.0f)" % (
                    what, statistics.median(rates), min(rates), max(rates)))
        finally:
            ends.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
