import Glibc
import Identity
import NIOCore

extension Endpoint {
    /// The endpoint of a socket; an IPv4 address that an IPv6 socket sees as `::ffff:a.b.c.d` is that IPv4 address.
    init?(_ address: SocketAddress?) {
        guard let address, let host = address.ipAddress, let port = address.port,
            let port = UInt16(exactly: port)
        else { return nil }
        let mapped = "::ffff:"
        let plain = host.hasPrefix(mapped) && host.contains(".") ? String(host.dropFirst(mapped.count)) : host
        // A link-local address carries its zone behind a percent sign, which is nothing to other machines.
        try? self.init(host: String(plain.prefix { $0 != "%" }), port: port)
    }
}

extension ConnectionSource {
    /// nil for what is no IP address.
    init?(_ address: SocketAddress?) {
        guard let text = address?.ipAddress else { return nil }
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.init(Array(bytes.prefix(4)))
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.init(bytes)
        } else {
            return nil
        }
    }
}
