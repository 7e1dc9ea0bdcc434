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
}
