import CGlibc
import Glibc
import Sodium

/// What every process of this program does first.
enum Process {
    static func harden() throws {
        // A core dump would hold keys.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // A reader that goes away (`p2pchat who | head -1`) ends a write with an error, not the process with a signal.
        _ = signal(SIGPIPE, SIG_IGN)
        keepFreedMemory()
        try SodiumSelfCheck.run()
    }

    /// Has malloc keep what was freed, up to 64 MiB, for the next of the many arrays of 64 KiB in which files and messages move. By
    /// default it hands each back to the system and takes zeroed pages for the next, which cost a tenth of a file transfer's time.
    private static func keepFreedMemory() {
        mallopt(M_MMAP_THRESHOLD, 4 << 20)
        mallopt(M_TRIM_THRESHOLD, 64 << 20)
        mallopt(M_TOP_PAD, 1 << 20)
    }

    /// Lets a server take as many links as its user's hard limit allows: each is an open file.
    static func raiseFileLimit() {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return }
        files.rlim_cur = files.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    }
}
