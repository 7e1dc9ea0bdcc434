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
        try SodiumSelfCheck.run()
    }

    /// Lets a server take as many links as its user's hard limit allows: each is an open file.
    static func raiseFileLimit() {
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return }
        files.rlim_cur = files.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
    }
}
