#!/usr/bin/env python3
"""The full screen under load, seen from the terminal's side of a pty.

usage: screen.py P2PCHAT [--messages N] [--keys N] [--idle SECONDS]

A key's time is that from writing it to the pty until the terminal was told to show it; a page's, until the terminal was told the
last of it (no more for 30 ms). One home holds many messages; while keys are typed another sends a thousand lines a second, and a file.
The sender stands for another computer, so it steps back. Beside each key another is typed that the kernel alone echoes: that is the limit.
"""
import argparse, fcntl, os, pty, select, shutil, signal, statistics, struct, subprocess, sys, tempfile, termios, threading, time

import history

sys.setswitchinterval(0.0005)


def step_forward():
    """Whoever measures must not wait for a processor itself. Of this thread alone; what it starts inherits it."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), -15)
        return True
    except PermissionError:
        return False


def step_back():
    """For whoever stands for another computer. Linux weighs sessions against each other, whatever the niceness in them (sched(7), "autogroup")."""
    os.setsid()
    os.nice(15)
    try:
        with open("/proc/self/autogroup", "w") as file:
            file.write("19")
    except OSError:
        pass


class Echo:
    """A terminal in which nothing but the kernel answers."""

    def __init__(self):
        self.fd, self.other = pty.openpty()

    def time_of(self, key):
        began = time.perf_counter()
        os.write(self.fd, key)
        os.read(self.fd, 64)
        took = time.perf_counter() - began
        # What is typed is taken, so that the line does not get full.
        os.write(self.fd, b"\n")
        os.read(self.other, 64)
        while select.select([self.fd], [], [], 0)[0]:
            os.read(self.fd, 64)
        return took


class Screen:
    """p2pchat chat in a terminal of this program's."""

    def __init__(self, program, home, columns=200, rows=60):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
            os.execv(program, [program, "chat", "--home", home])
        self.resize(columns, rows)
        # As a terminal does, it reads all the time.
        self.came, self.last, self.seen = threading.Condition(), time.perf_counter(), bytearray()
        # What is waited for, and when it had come.
        self.wanted, self.found = None, None
        threading.Thread(target=self.read, daemon=True).start()

    def resize(self, columns, rows):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        step_forward()
        while True:
            try:
                part = os.read(self.fd, 1 << 16)
            except OSError:
                return
            with self.came:
                self.last = time.perf_counter()
                self.seen += part
                if self.wanted is not None and self.wanted in self.seen:
                    self.wanted, self.found = None, self.last
                self.came.notify_all()

    def forget(self):
        with self.came:
            self.seen.clear()

    def settle(self, quiet=0.03, longest=10):
        """Waits until nothing came for a while; tells when the last came."""
        end = time.perf_counter() + longest
        while (left := self.last + quiet - time.perf_counter()) > 0 and time.perf_counter() < end:
            time.sleep(min(left, end - time.perf_counter()) if end > time.perf_counter() else 0)
        return self.last

    def answer(self, began):
        """How long until all that came at once had come; none when nothing did (the beginning is reached)."""
        with self.came:
            if not self.came.wait_for(lambda: self.last > began, 0.05):
                return None
        return self.settle(0.008) - began

    def until(self, text, longest=20):
        with self.came:
            if not self.came.wait_for(lambda: text in self.seen, longest):
                raise RuntimeError("never came: %r" % text)

    def time_of(self, key, longest=20):
        """Types it, and tells how long it took until the terminal was told to show it, whatever else comes behind it."""
        with self.came:
            self.seen.clear()
            self.wanted, self.found = key, None
            began = time.perf_counter()
            self.type(key)
            if not self.came.wait_for(lambda: self.found is not None, longest):
                raise RuntimeError("never came: %r" % key)
            return self.found - began

    def type(self, keys):
        os.write(self.fd, keys)

    def keys(self, count):
        """A letter each that stands nowhere on the screen yet; the line is emptied now and then. Tells of the kernel's echo, too."""
        times, echo = [], Echo()
        self.echoed = []
        for number in range(count):
            if number % 100 == 0:
                self.type(b"\x15")
                self.settle(0.01, 0.5)
            letter = chr(0x3400 + number).encode()
            times.append(self.time_of(letter))
            # As fast as anybody types.
            time.sleep(0.01)
            self.echoed.append(echo.time_of(b"x"))
            time.sleep(0.01)
        return times

    def cpu(self):
        with open("/proc/%d/stat" % self.pid) as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        os.kill(self.pid, signal.SIGTERM)
        self.settle(0.5)
        os.waitpid(self.pid, 0)


def feed(pipe, rate):
    """So many lines a second, for as long as somebody takes them."""
    began, count = time.perf_counter(), 0
    try:
        while True:
            due = int((time.perf_counter() - began) * rate)
            pipe.write(b"".join(b"a message of some length, number %d\n" % number for number in range(count, due)))
            pipe.flush()
            count = due
            time.sleep(0.01)
    except OSError:
        return


def arrived(program, home):
    """How many of the lines that are fed have come."""
    last = history.call(program, "history", "alice", "--limit", "1", "--json", "--home", home)
    return int(last.split("number ")[1].split('"')[0])


def show(what, times):
    times = sorted(1000 * each for each in times)
    print("  %-58s median %.1f ms, p99 %.1f, worst %.1f of %d" % (
        what, statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))], times[-1], len(times)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=300)
    parser.add_argument("--idle", type=float, default=60)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="p2pchat-screen.")
    running = []
    try:
        home, _ = history.fill(options.program, folder, options.messages)
        alice = os.path.join(folder, "alice")
        server = history.start(options.program, "server", "--listen", "127.0.0.1:0", "--state", os.path.join(folder, "another"))
        running.append(server)
        reference = server.stdout.readline().split()[1]
        for name in ("alice", "bob"):
            history.call(options.program, "register", "--directory", reference, "--handle", name, "--listen", "127.0.0.1:0",
                         "--discoverable", "--home", os.path.join(folder, name))
        screen = Screen(options.program, home)
        if not step_forward():
            print("  (not root: the times hold what this program waits for a processor)")
        screen.until(b"to whom")
        screen.settle(1)
        screen.type(b"\x1b1")
        screen.settle(0.5)
        show("a key in quiet", screen.keys(options.keys))
        show("the kernel's echo of one", screen.echoed)

        times = []
        for size in [(120, 40), (200, 60)] * 10:
            screen.settle(0.1)
            began = time.perf_counter()
            screen.resize(*size)
            time.sleep(0.05)
            times.append(screen.settle() - began)
        show("a whole screen after resizing", times)

        times, memory = [], history.resident(screen.pid)
        for key in [b"\x1b[5~"] * 200 + [b"\x1b[6~"] * 100 + [b"\x1b<"] + [b"\x1b[6~"] * 100 + [b"\x1b>"]:
            began = time.perf_counter()
            screen.forget()
            screen.type(key)
            if (took := screen.answer(began)) is not None:
                times.append(took)
            screen.settle(0.05)
        show("a page of %d messages" % options.messages, times)
        print("  resident before %.0f MB, after scrolling %.0f MB" % (memory, history.resident(screen.pid)))

        before = screen.cpu()
        screen.settle(options.idle, options.idle)
        print("  idle for %.0f s: %.2f s of processor time" % (options.idle, screen.cpu() - before))

        data = os.path.join(folder, "data")
        with open(data, "wb") as file:
            file.truncate(8 << 30)
        listen = history.start(options.program, "listen", "--json", "--home", alice, preexec_fn=step_back)
        running.append(listen)
        history.until(listen, '"online"')
        threading.Thread(target=listen.stdout.read, daemon=True).start()
        sending = subprocess.Popen([options.program, "send", "bob", "--lines", "--home", alice], stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=step_back)
        running.append(sending)
        threading.Thread(target=feed, args=(sending.stdin, 1000), daemon=True).start()
        running.append(subprocess.Popen([options.program, "send-file", "bob", data, "--home", alice],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=step_back))
        # It is read before it is offered.
        end = time.perf_counter() + 60
        while "offered" not in history.call(options.program, "files", "--json", "--home", home):
            if time.perf_counter() > end:
                raise RuntimeError("the file was never offered")
            time.sleep(0.2)
        screen.type(b"\x15/get 1 " + folder.encode() + b"/\r")
        screen.settle(0.01, 3)
        began, before = time.perf_counter(), arrived(options.program, home)
        times = screen.keys(options.keys)
        rate = (arrived(options.program, home) - before) / (time.perf_counter() - began)
        show("a key while messages and a file come", times)
        show("the kernel's echo of one", screen.echoed)
        moved = sum(os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder) if name.endswith(".p2pchat-part"))
        print("  %d messages a second came; of the file there are %d MiB by then" % (rate, moved >> 20))
        screen.stop()
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
