import Glibc

/// Where to dial or to listen: an IP address or a host name, and a TCP port. Two endpoints are equal when
/// their canonical texts are.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 address in dotted form, an IPv6 address in its canonical short form without brackets, or a
    /// host name in lower case.
    package let host: String
    /// 0 only makes sense for listening: the system picks one.
    package let port: UInt16
    /// Whether `host` is an address, so that no name has to be resolved.
    package let isNumeric: Bool

    /// Reads `1.2.3.4:5`, `[::1]:5` or `host:5`. Throws `malformedEndpoint`.
    package init(_ text: String) throws(IdentityError) {
        guard let colon = text.lastIndex(of: ":") else { throw .malformedEndpoint }
        let host = text[..<colon]
        guard let port = Endpoint.port(text[text.index(after: colon)...]) else { throw .malformedEndpoint }
        if host.first == "[", host.last == "]", host.contains(":") {
            try self.init(host: String(host.dropFirst().dropLast()), port: port)
        } else {
            // Without brackets nobody can tell where an IPv6 address ends.
            guard !host.contains(":") else { throw .malformedEndpoint }
            try self.init(host: String(host), port: port)
        }
    }

    /// - Parameter host: an IPv4 or IPv6 address (without brackets, without a zone), or a host name.
    package init(host: String, port: UInt16) throws(IdentityError) {
        if let address = Endpoint.canonicalAddress(host) {
            self.host = address
            isNumeric = true
        } else if let name = Endpoint.canonicalName(host) {
            self.host = name
            isNumeric = false
        } else {
            throw .malformedEndpoint
        }
        self.port = port
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    private static func port(_ text: Substring) -> UInt16? {
        let digits = text.utf8
        guard (1...5).contains(digits.count),
            digits.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
            digits.count == 1 || digits.first != UInt8(ascii: "0")
        else { return nil }
        return UInt16(text)
    }

    private static func canonicalAddress(_ text: String) -> String? {
        guard !text.utf8.contains(0) else { return nil }
        var address = in6_addr()
        let family: Int32
        if inet_pton(AF_INET, text, &address) == 1 {
            family = AF_INET
        } else if inet_pton(AF_INET6, text, &address) == 1 {
            family = AF_INET6
        } else {
            return nil
        }
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(family, &address, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Letters, digits, hyphens and underscores in labels of 1 to 63, 253 in all. A last label of digits
    /// would be a mistyped address.
    private static func canonicalName(_ text: String) -> String? {
        let name = text.lowercased()
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...253).contains(name.utf8.count), let last = labels.last, labels.allSatisfy(isLabel),
            !last.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
        else { return nil }
        return name
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { character in
                switch character {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }
}
