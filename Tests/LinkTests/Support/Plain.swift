import Glibc
import Identity

/// A TCP connection without any protocol on it, from an address of one's choice: what a flood is made of.
final class PlainConnection {
    struct Failed: Error {
        let code: Int32
    }

    private let socket: Int32

    init(to endpoint: Endpoint, from local: String) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw Failed(code: errno) }
        var one: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
        try call(local, 0, bind)
        try call(endpoint.host, endpoint.port, connect)
    }

    deinit { close(socket) }

    private func call(
        _ host: String, _ port: UInt16, _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws {
        // A sockaddr_in: family, port, address, zeros.
        var address: [UInt8] = [UInt8(AF_INET), 0, UInt8(port >> 8), UInt8(port & 255)]
        address += host.split(separator: ".").compactMap { UInt8($0) } + [UInt8](repeating: 0, count: 8)
        let result = address.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { addresses in
                addresses.baseAddress.map { function(socket, $0, socklen_t(bytes.count)) } ?? -1
            }
        }
        guard result == 0 else { throw Failed(code: errno) }
    }

    func write(_ bytes: [UInt8]) {
        _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    /// Waits for what comes; nil when nothing does in time, empty at the end of the stream or a reset.
    func read(within milliseconds: Int32) -> [UInt8]? {
        var wanted = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, milliseconds) == 1 else { return nil }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket, &buffer, buffer.count, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    enum Arrival: Equatable {
        case bytes([UInt8])
        case endOfStream
        case reset
    }

    /// What has come by now; nil when nothing has.
    func arrival() -> Arrival? {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        if count > 0 { return .bytes(Array(buffer.prefix(count))) }
        if count == 0 { return .endOfStream }
        return errno == EAGAIN ? nil : .reset
    }

    /// Whether the other side has closed, as far as is known by now.
    var isClosed: Bool { read(within: 0)?.isEmpty == true }

    /// Ends with a reset instead of an orderly end.
    func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        shutdown(socket, Int32(SHUT_RDWR))
    }

    /// Lets this process open more files, as a flood needs; false when the system does not allow it.
    static func allowFiles(_ count: UInt64) -> Bool {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return false }
        if limit.rlim_cur >= count { return true }
        guard limit.rlim_max >= count else { return false }
        limit.rlim_cur = limit.rlim_max
        return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    }
}
