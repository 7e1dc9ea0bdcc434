#!/usr/bin/env python3
"""A home with many messages: how long it takes to start, to find something, and to find nothing.

usage: history.py P2PCHAT [--messages N] [--rounds N]

The messages are sent by one home and received by another over loopback, as anybody's are. Each time is that of the whole command,
its start included; "from cold" is after the system was made to forget what it had read of the database.
"""
import argparse, json, os, random, shutil, signal, statistics, subprocess, tempfile, time

HOST = "127.0.0.1"
WORDS = """river mountain signal window garden paper engine letter market winter summer bridge forest silver copper station harbour
morning evening number answer question yellow purple orange village kitchen mirror pocket basket candle thunder""".split()


def start(*words, **options):
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options)


def call(*words, **options):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **options).stdout


def until(process, text):
    """Reads lines until one has the text in it, and returns when that was."""
    for line in process.stdout:
        if text in line:
            return time.perf_counter()
    raise RuntimeError("it ended without: " + text)


def forget(home):
    """Has the system forget what it read of the home's files, so that they come from the disk."""
    for name in os.listdir(home):
        path = os.path.join(home, name)
        if os.path.isfile(path):
            with open(path, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def resident(pid):
    with open("/proc/%d/status" % pid) as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


def fill(program, folder, count):
    """Two homes between which `count` messages went; returns bob's, who received them, and alice's key."""
    server = start(program, "server", "--listen", HOST + ":0", "--state", os.path.join(folder, "directory"))
    receiving = None
    try:
        reference = server.stdout.readline().split()[1]
        homes = {name: os.path.join(folder, name) for name in ("alice", "bob")}
        keys = {}
        for name, home in homes.items():
            keys[name] = call(program, "keygen", "--no-passphrase", "--home", home).split()[0]
            call(program, "register", "--directory", reference, "--handle", name, "--listen", HOST + ":0", "--discoverable",
                 "--home", home)
        receiving = start(program, "listen", "--accept-requests", "--json", "--home", homes["bob"])
        until(receiving, '"online"')
        random.seed(1)
        lines = os.path.join(folder, "lines")
        with open(lines, "w", encoding="utf-8") as file:
            for number in range(count):
                file.write("%s%s %d\n" % (" ".join(random.choices(WORDS, k=10)), "" if number else " Zürich", number))
        began = time.perf_counter()
        with open(lines) as file:
            sending = subprocess.Popen([program, "send", "bob", "--lines", "--home", homes["alice"]], stdin=file,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(count):
            until(receiving, '"message"')
        if sending.wait() != 0:
            raise RuntimeError("send --lines failed")
        print("  %d messages by send --lines: %.0f a second" % (count, count / (time.perf_counter() - began)))
        return homes["bob"], keys["alice"]
    finally:
        for process in (receiving, server):
            if process:
                process.terminate()
                process.wait()


def chat(program, home):
    """From the start of the chat until it can be typed into, without a directory that answers; and what it takes of memory."""
    began = time.perf_counter()
    process = subprocess.Popen([program, "chat", "--plain", "--home", home], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    process.stdin.write("/help\n")
    process.stdin.flush()
    took = until(process, "/quit") - began
    memory = resident(process.pid)
    process.stdin.write("/quit\n")
    process.stdin.close()
    process.stdout.read()
    process.wait()
    return took, memory


def search(program, home, peer, word):
    """The whole of a search, until its first line, and its memory."""
    began = time.perf_counter()
    process = subprocess.Popen([program, "history", peer, "--search", word, "--home", home], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    line = process.stdout.readline()
    first = time.perf_counter() - began
    if not line:
        first = None
    rest = process.stdout.read()
    _, _, usage = os.wait4(process.pid, 0)
    return time.perf_counter() - began, first, usage.ru_maxrss / 1024, bool(line or rest)


def show(what, times, memory):
    print("  %-46s %5.0f ms (%.0f to %.0f), resident %.0f MB" % (
        what, 1000 * statistics.median(times), 1000 * min(times), 1000 * max(times), max(memory)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="p2pchat-history.")
    try:
        home, peer = fill(options.program, folder, options.messages)
        size = sum(os.path.getsize(os.path.join(home, name)) for name in os.listdir(home) if name.startswith("home.sqlite"))
        print("  database %.1f MB, load %.1f on %d cores" % (size / 1e6, os.getloadavg()[0], os.cpu_count()))
        for cold in (True, False):
            how = "from cold" if cold else "again"
            starts, common, finds, misses = [], [], [], []
            for _ in range(options.rounds):
                for times, run in ((starts, lambda: chat(options.program, home)),
                                   (common, lambda: search(options.program, home, peer, "river")[1:3]),
                                   (finds, lambda: search(options.program, home, peer, "zurich")[1:3]),
                                   (misses, lambda: search(options.program, home, peer, "absent")[0:3:2])):
                    if cold:
                        forget(home)
                    times.append(run())
            for what, taken in (("start of the chat to its prompt", starts), ("search: first hit, a usual word", common),
                                ("search: first hit, the oldest message", finds),
                                ("search without a hit", misses)):
                show(what + ", " + how, [each[0] for each in taken], [each[1] for each in taken])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
