#!/usr/bin/env python3
"""Files from disk to disk over loopback: p2pchat against scp and magic-wormhole, alternating, in one run.

usage: files.py P2PCHAT [--size MiB] [--rounds N]

Each time is that of the whole command, from its start until the receiver has the file. What p2pchat reports as done was
checked and synced; the others neither check a hash tree nor sync. A program that is not there is left out, and that is said.
Needs sshd and scp (Debian: openssh-server), and wormhole and twist (PyPI: magic-wormhole, magic-wormhole-mailbox-server) in PATH.
"""
import argparse, json, os, shutil, socket, statistics, subprocess, tempfile, threading, time

HOST = "127.0.0.1"


def free_port():
    with socket.socket() as s:
        s.bind((HOST, 0))
        return s.getsockname()[1]


def run(*words, **options):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)


class P2PChat:
    """alice sends to bob; bob takes every file."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.running = []
        self.target = os.path.join(folder, "p2pchat")
        os.mkdir(self.target)
        server = self.start("server", "--listen", HOST + ":0", "--state", os.path.join(folder, "directory"))
        reference = server.stdout.readline().split()[1]
        keys = {}
        for name in ("alice", "bob"):
            keys[name] = self.call(name, "keygen", "--no-passphrase").split()[0]
            self.call(name, "register", "--directory", reference, "--handle", name, "--listen", HOST + ":0",
                      "--discoverable")
        self.online("bob", "--accept-files", self.target)
        self.call("alice", "send", "bob", "hello")
        self.call("bob", "contacts", "accept", keys["alice"])

    def start(self, *words):
        process = subprocess.Popen([self.program, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.running.append(process)
        return process

    def online(self, name, *words):
        process = self.start("listen", "--json", "--home", os.path.join(self.folder, name), *words)
        while '"online"' not in process.stdout.readline():
            pass
        threading.Thread(target=lambda: [None for _ in process.stdout], daemon=True).start()

    def call(self, name, *words):
        return run(self.program, *words, "--home", os.path.join(self.folder, name)).stdout

    def copy(self, path):
        self.call("alice", "send-file", "bob", path)
        return os.path.join(self.target, os.path.basename(path))

    def messages(self, path):
        """How long messages take, in seconds, from the call to the receipt, while a file is on its way; and in quiet."""
        self.online("alice")
        control = os.path.join(self.folder, "alice", "control.sock")
        quiet = [self.message(control) for _ in range(50)]
        busy = []
        sending = subprocess.Popen([self.program, "send-file", "bob", path, "--home", os.path.join(self.folder, "alice")],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # Only while chunks move: the file is read before, and synced after.
        while sending.poll() is None:
            state = self.ask(control, "files", {})["files"][-1]
            if state["state"] == "accepted" and 0 < state["bytes"] < state["size"]:
                busy.append(self.message(control))
        os.remove(os.path.join(self.target, os.path.basename(path)))
        return quiet, busy

    def message(self, control):
        began = time.perf_counter()
        self.ask(control, "send", {"peer": "bob", "text": "a message", "timeout": 30})
        return time.perf_counter() - began

    def ask(self, control, method, parameters):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(control)
            s.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode() + b"\n")
            answer = json.loads(s.makefile().readline())
        if "result" not in answer:
            raise RuntimeError(answer)
        return answer["result"]

    def stop(self):
        for process in reversed(self.running):
            process.terminate()
            process.wait()


class SCP:
    def __init__(self, folder, cipher):
        self.folder, self.cipher, self.port = folder, cipher, free_port()
        self.target = os.path.join(folder, "scp-" + cipher)
        os.mkdir(self.target)
        self.key = os.path.join(self.target, "key")
        for name in ("key", "host"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", os.path.join(self.target, name))
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        self.server = subprocess.Popen(
            [shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin"), "-D", "-e", "-f", "/dev/null", "-p", str(self.port),
             *sum((["-o", o] for o in ("ListenAddress=" + HOST, "HostKey=" + os.path.join(self.target, "host"),
                                       "AuthorizedKeysFile=" + self.key + ".pub", "StrictModes=no", "PidFile=none",
                                       "UsePAM=no", "Subsystem=sftp internal-sftp", "Ciphers=" + cipher)), [])],
            stderr=subprocess.DEVNULL)
        wait_for(self.port)

    def copy(self, path):
        target = os.path.join(self.target, os.path.basename(path))
        run("scp", "-q", "-P", str(self.port), "-i", self.key, "-c", self.cipher, "-o", "StrictHostKeyChecking=no",
            "-o", "UserKnownHostsFile=/dev/null", path, HOST + ":" + target)
        return target

    def stop(self):
        self.server.terminate()
        self.server.wait()


class Wormhole:
    def __init__(self, folder):
        self.target = os.path.join(folder, "wormhole")
        os.mkdir(self.target)
        self.port, self.number = free_port(), 0
        self.server = subprocess.Popen(
            ["twist", "wormhole-mailbox", "--port=tcp:%d:interface=%s" % (self.port, HOST),
             "--channel-db=" + os.path.join(self.target, "mailbox.sqlite")],
            cwd=self.target, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port)
        self.common = ["wormhole", "--relay-url", "ws://%s:%d/v1" % (HOST, self.port), "--transit-helper", ""]

    def copy(self, path):
        self.number += 1
        target = os.path.join(self.target, os.path.basename(path))
        code = "%d-a-b" % self.number
        sending = subprocess.Popen([*self.common, "send", "--hide-progress", "--code", code, path],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run(*self.common, "receive", "--hide-progress", "--accept-file", "-o", target, code)
        if sending.wait() != 0:
            raise RuntimeError("wormhole send failed")
        return target

    def stop(self):
        self.server.terminate()
        self.server.wait()


def wait_for(port):
    for _ in range(200):
        try:
            socket.create_connection((HOST, port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("nothing listens on port %d" % port)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--size", type=int, default=512, help="MiB")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="p2pchat-files.")
    copies, everything = {}, []
    try:
        path = os.path.join(folder, "file")
        with open("/dev/urandom", "rb") as source, open(path, "wb") as file:
            for _ in range(options.size):
                file.write(source.read(1 << 20))
            os.fsync(file.fileno())
        p2pchat = P2PChat(options.program, folder)
        everything.append(p2pchat)
        copies["p2pchat"] = p2pchat
        if shutil.which("scp") and shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin"):
            for cipher in ("aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"):
                copies["scp " + cipher.split("@")[0]] = SCP(folder, cipher)
                everything.append(copies["scp " + cipher.split("@")[0]])
        else:
            print("scp: left out, there is no scp or no sshd")
        if shutil.which("wormhole") and shutil.which("twist"):
            copies["magic-wormhole"] = Wormhole(folder)
            everything.append(copies["magic-wormhole"])
        else:
            print("magic-wormhole: left out, there is no wormhole or no twist (magic-wormhole-mailbox-server)")
        times = {name: [] for name in copies}
        for number in range(options.rounds + 1):
            for name, copy in copies.items():
                began = time.perf_counter()
                target = copy.copy(path)
                took = time.perf_counter() - began
                run("cmp", path, target)
                os.remove(target)
                if number:  # The first round warms up.
                    times[name].append(took)
        rates = {name: options.size / statistics.median(taken) for name, taken in times.items()}
        print("%d MiB, median of %d, load %.1f on %d cores" % (
            options.size, options.rounds, os.getloadavg()[0], os.cpu_count()))
        for name, taken in times.items():
            print("  %-24s %6.0f MiB/s  %5.2f s (%.2f to %.2f)  p2pchat is %.2f times as fast" % (
                name, rates[name], statistics.median(taken), min(taken), max(taken), rates["p2pchat"] / rates[name]))
        quiet, busy = p2pchat.messages(path)
        for name, taken in (("in quiet", quiet), ("during a transfer", busy)):
            if taken:
                print("  a message %-18s median %.1f ms, worst %.1f ms of %d" % (
                    name, 1000 * statistics.median(taken), 1000 * max(taken), len(taken)))
    finally:
        for each in reversed(everything):
            each.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
