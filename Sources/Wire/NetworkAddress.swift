import FoundationEssentials
import Glibc
package import Identity

/// An ip address: 4 bytes of IPv4 or 16 of IPv6, never a name, a scope, or IPv4 written as IPv6.
package struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    /// 4 or 16 bytes.
    package let bytes: [UInt8]

    /// Throws ``WireError/invalid(_:)`` for another length and for an IPv4-mapped IPv6 address, so that one
    /// address has one form.
    package init(bytes: [UInt8]) throws(WireError) {
        guard bytes.count == 4 || bytes.count == 16, !bytes.starts(with: Self.mappedPrefix) else {
            throw .invalid("ip")
        }
        self.bytes = bytes
    }

    /// Reads the usual text forms; an IPv4-mapped IPv6 address, as a listener on both families reports it,
    /// becomes the IPv4 address that it stands for. Nil for a host name.
    package init?(_ host: String) {
        // A C string would end at a zero byte and let the rest pass unread.
        guard !host.utf8.contains(0) else { return nil }
        var v4 = in_addr()
        var v6 = in6_addr()
        if inet_pton(AF_INET, host, &v4) == 1 {
            bytes = withUnsafeBytes(of: &v4) { Array($0) }
        } else if inet_pton(AF_INET6, host, &v6) == 1 {
            let all = withUnsafeBytes(of: &v6) { Array($0) }
            bytes = all.starts(with: Self.mappedPrefix) ? Array(all.suffix(4)) : all
        } else {
            return nil
        }
    }

    /// 0.0.0.0 or ::, which a listener binds to and nobody can dial.
    package var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }

    /// What limits are counted by: the IPv4 address, or the /64 of the IPv6 address, which is what one customer
    /// gets at least (protocol.md §8).
    package var limitPrefix: [UInt8] { bytes.count == 4 ? bytes : Array(bytes.prefix(8)) }

    /// `192.0.2.1`, `2001:db8::1`.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let written = bytes.withUnsafeBytes { raw in
            inet_ntop(raw.count == 4 ? AF_INET : AF_INET6, raw.baseAddress, &text, socklen_t(text.count))
                != nil
        }
        guard written else { return "" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static let mappedPrefix: [UInt8] = Array(repeating: 0, count: 10) + [0xff, 0xff]
}

/// An ip address with a port above 0: what a presence record names and what can be dialled without asking a
/// name server.
package struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
    package let ip: IPAddress
    package let port: UInt16
    /// The same as text.
    package let endpoint: Endpoint

    /// Throws ``WireError/invalid(_:)`` for port 0 and for an unspecified ip.
    package init(ip: IPAddress, port: UInt16) throws(WireError) {
        guard port > 0, !ip.isUnspecified,
            let endpoint = try? Endpoint(host: ip.description, port: port)
        else { throw .invalid("address") }
        self.endpoint = endpoint
        self.ip = ip
        self.port = port
    }

    /// Throws ``WireError/invalid(_:)`` for a host name too: whoever has a name resolves it first.
    package init(_ endpoint: Endpoint) throws(WireError) {
        guard let ip = IPAddress(endpoint.host) else { throw .invalid("address") }
        try self.init(ip: ip, port: endpoint.port)
    }

    /// `192.0.2.1:4000`, `[2001:db8::1]:4000`.
    package var description: String { endpoint.description }
}

extension NetworkAddress {
    init(_ message: P2pchat_V1_Address) throws(WireError) {
        guard let port = UInt16(exactly: message.port) else { throw .invalid("address.port") }
        try self.init(ip: IPAddress(bytes: Array(message.ip)), port: port)
    }

    var message: P2pchat_V1_Address {
        var message = P2pchat_V1_Address()
        message.ip = Data(ip.bytes)
        message.port = UInt32(port)
        return message
    }
}
