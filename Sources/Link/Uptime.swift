import Glibc

/// Time since the system started, sleep included: a link that slept with its machine is as old as it looks from outside,
/// and its keys age too.
enum Uptime {
    static func now() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
