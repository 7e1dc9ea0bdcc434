#!/usr/bin/env python3
"""Two people whose processes are killed (kill -9) at random points of a conversation with files; several pairs beside each other.

At the end: every message that was acknowledged or queued is in the peer's history, once, in the sender's order; a follower that
reads with --since was shown each message once; every database opens; every file that was taken into the outbox arrives whole.

    soak.py [--rounds 500] [--pairs 10] [--pace 5] [--seed N] [--p2pchat PATH]
"""
import argparse, collections, concurrent.futures, hashlib, json, os, random, select, shutil, signal, subprocess, sys, tempfile, time

SETTLED = 120  # seconds that everything may take to arrive once nobody is killed any more


class Failed(Exception):
    pass


class Program:
    """A `listen --json` of one home, and what it has printed."""

    def __init__(self, soak, name):
        self.soak, self.name, self.process, self.rest = soak, name, None, b""
        self.seen, self.last, self.started = collections.Counter(), None, 0

    def start(self):
        time.sleep(max(0, self.started + self.soak.pace - time.monotonic()))
        self.started = time.monotonic()
        words = ["listen", "--json", "--accept-requests", "--accept-files", self.soak.downloads(self.name)]
        words += ["--since", self.last] if self.last else []
        self.rest = b""
        self.process = subprocess.Popen(
            [self.soak.program, *words, "--home", self.soak.home(self.name)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=self.soak.log, bufsize=0)
        os.set_blocking(self.process.stdout.fileno(), False)

    def read(self):
        while True:
            part = self.process.stdout.read(1 << 16)
            if not part:
                return
            *lines, self.rest = (self.rest + part).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["event"] == "message":
                    self.seen[event["id"]] += 1
                    self.last = event["id"]

    def pause(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.process.stdout], [], [], left)[0]:
                self.read()
                if self.process.poll() is not None:
                    self.soak.fail(f"{self.name}'s listen ended by itself with {self.process.returncode}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.read()
        self.process.stdout.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.soak.fail(f"{self.name} does not end on SIGTERM")
        self.read()
        self.process.stdout.close()


class Soak:
    def __init__(self, program, rounds, pace, seed):
        self.program, self.rounds, self.pace = program, rounds, pace
        self.random = random.Random(seed)
        self.folder = tempfile.mkdtemp(prefix="p2pchat-soak-")
        self.log = open(self.folder + "/log", "wb")
        self.sent = {"alice": [], "bob": []}  # (text, certain) in the order of sending
        self.files = {}  # name → hash
        self.counts = collections.Counter()

    def home(self, name): return f"{self.folder}/{name}"

    def downloads(self, name): return f"{self.folder}/{name}-files"

    def fail(self, what):
        raise Failed(f"{what}\nsoak: left for a look: {self.folder}")

    def run(self, *words, timeout=60, name=None, check=True):
        words = [self.program, *words] + (["--home", self.home(name)] if name else [])
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, timeout=timeout)
        if check and done.returncode != 0:
            self.fail(f"exit {done.returncode}: {' '.join(words)}")
        return done

    def prepare(self):
        self.server = subprocess.Popen(
            [self.program, "server", "--listen", "127.0.0.1:0", "--state", self.folder + "/directory"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        reference = self.server.stdout.readline().decode().split()[1]
        for name in ("alice", "bob"):
            os.mkdir(self.downloads(name))
            self.run("keygen", "--no-passphrase", name=name)
            self.run("register", "--directory", reference, "--handle", name, "--listen", "127.0.0.1:0",
                     "--discoverable", name=name)

    def message(self, name, peer):
        """Sends one message, by whichever process is online; tells what is known of it afterwards."""
        text = f"{name} {len(self.sent[name])} " + "x" * self.random.choice([0, 10, 300, 5000])
        # Sometimes long enough for the two to find each other again.
        timeout = self.random.choice(["0.3", "3"])
        done = self.run("send", "--queue", "--timeout", timeout, peer, text, name=name, check=False)
        # 0: the peer has it. 75 with an id: it is in the outbox. Otherwise its process died in the middle.
        certain = done.returncode == 0 or (done.returncode == 75 and len(done.stdout.split()) == 1)
        self.sent[name].append((text, certain))
        self.counts["acknowledged" if done.returncode == 0 else "queued" if certain else "interrupted"] += 1

    def file(self, name, peer):
        path = f"{self.folder}/{name}-{len(self.files)}.bin"
        data = self.random.randbytes(self.random.choice([0, 1, 65_024, 3_000_000, 40_000_000]))
        with open(path, "wb") as file:
            file.write(data)
        done = self.run("send-file", "--queue", "--timeout", "0.3", peer, path, name=name, check=False)
        if done.returncode in (0, 75):
            self.files[os.path.basename(path)] = (peer, hashlib.sha256(data).hexdigest())
            self.counts["files"] += 1

    def history(self, name, peer):
        out = self.run("history", peer, "--json", name=name).stdout
        return [json.loads(line) for line in out.splitlines()]

    def go(self):
        self.prepare()
        people = {name: Program(self, name) for name in ("alice", "bob")}
        for person in people.values():
            person.start()
        time.sleep(1)
        for number in range(self.rounds):
            for _ in range(self.random.randint(1, 3)):
                name, peer = self.random.choice([("alice", "bob"), ("bob", "alice")])
                if self.random.random() < 0.1 and len(self.files) < 20 + self.rounds // 10:
                    self.file(name, peer)
                else:
                    self.message(name, peer)
                people[name].read()
                people[peer].read()
            victims = self.random.choice([["alice"], ["bob"], ["alice", "bob"]])
            people["alice"].pause(self.random.random() * 0.2)
            for name in victims:
                people[name].kill()
                self.counts["kills"] += 1
            for name in victims:
                people[name].start()
            if self.random.random() < 0.4:
                # Long enough for both to find each other again, or little would ever be under way.
                people["alice"].pause(0.7)
                people["bob"].pause(0.1)
        self.settle(people)
        for person in people.values():
            person.stop()
        self.judge(people)
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(20)
        self.log.close()
        shutil.rmtree(self.folder)

    def missing(self):
        left = []
        for name, peer in (("alice", "bob"), ("bob", "alice")):
            there = {line.get("text") for line in self.history(peer, name) if line["direction"] == "in"}
            left += [text[:20] for text, certain in self.sent[name] if certain and text not in there]
        for name, (peer, digest) in self.files.items():
            try:
                with open(f"{self.downloads(peer)}/{name}", "rb") as file:
                    if hashlib.sha256(file.read()).hexdigest() != digest:
                        self.fail(f"the file {name} arrived damaged")
            except FileNotFoundError:
                left.append(name)
        return left

    def unshown(self, people):
        """What a follower still has to print is not lost, only late."""
        return [line["id"] for name, peer in (("alice", "bob"), ("bob", "alice")) for line in self.history(peer, name)
                if line["direction"] == "in" and line["id"] not in people[peer].seen]

    def settle(self, people):
        end = time.monotonic() + SETTLED
        while left := self.missing() + self.unshown(people):
            if time.monotonic() > end:
                self.fail(f"{len(left)} never arrived: {left[:5]}")
            for person in people.values():
                person.pause(0.5)

    def judge(self, people):
        for name, peer in (("alice", "bob"), ("bob", "alice")):
            lines = [line for line in self.history(peer, name) if line["direction"] == "in"]
            texts = [line["text"] for line in lines if line.get("text") is not None]
            if len(set(texts)) != len(texts):
                self.fail(f"{peer} has a message of {name} twice")
            order = [int(text.split()[1]) for text in texts]
            if order != sorted(order):
                self.fail(f"{peer} has messages of {name} out of order")
            shown = people[peer].seen
            twice = [id for id, count in shown.items() if count > 1]
            if twice:
                self.fail(f"{peer} was shown {len(twice)} messages twice")
            lost = [line["id"] for line in lines if line["id"] not in shown]
            if lost:
                self.fail(f"{peer} was never shown {len(lost)} messages")


def pair(program, rounds, pace, seed):
    soak = Soak(program, rounds, pace, seed)
    soak.go()
    return soak.counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=500, help="of all pairs together")
    parser.add_argument("--pairs", type=int, default=10)
    # Each start asks the directory some six times, and it answers one identity 60 times a minute.
    parser.add_argument("--pace", type=float, default=5, help="seconds between two starts of one home, at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--p2pchat", default="p2pchat")
    arguments = parser.parse_args()
    rounds = -(-arguments.rounds // arguments.pairs)
    with concurrent.futures.ProcessPoolExecutor(arguments.pairs) as pool:
        runs = [pool.submit(pair, arguments.p2pchat, rounds, arguments.pace, arguments.seed * 1000 + number)
                for number in range(arguments.pairs)]
    failures = [run.exception() for run in runs if run.exception()]
    for failure in failures:
        print(f"soak: {failure}")
    counts = sum((run.result() for run in runs if not run.exception()), collections.Counter())
    print("soak: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
          + ("" if failures else ": nothing lost, nothing twice, every file whole"))
    sys.exit(1 if failures else 0)
