import Glibc

/// Lets one thread wait for input and for another thread's word at once.
final class WakePipe: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    /// Where the system has no descriptors left, the pipe never wakes anyone; waiting for input still works.
    init() {
        var ends: [Int32] = [-1, -1]
        if pipe(&ends) == 0 {
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            // A word too many is no reason to wait for a reader.
            _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Every wait, now and later, returns false.
    func signal() {
        var byte: UInt8 = 0
        _ = write(writeEnd, &byte, 1)
    }

    /// Blocks until `descriptor` can be read, or is at its end (true), or `signal` was called (false).
    func wait(forInputOn descriptor: Int32) -> Bool {
        var ready = [
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
        ]
        while poll(&ready, nfds_t(ready.count), -1) < 0 {
            guard errno == EINTR else { return false }
        }
        return ready[1].revents == 0
    }
}
