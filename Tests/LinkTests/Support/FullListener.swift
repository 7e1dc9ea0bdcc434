import Glibc
import Identity

@testable import Link

/// A listening socket whose queue is full: whoever dials it gets no answer at all.
final class FullListener {
    let endpoint: Endpoint
    private let socket: Int32
    /// The one connection that fits into a queue of 0.
    private let filling: PlainConnection

    init() throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        // A sockaddr_in: family, port, address, zeros.
        var address: [UInt8] = [UInt8(AF_INET), 0, 0, 0, 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
        var size = socklen_t(address.count)
        let socket = socket
        let result = address.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { addresses in
                addresses.baseAddress.map {
                    bind(socket, $0, size) | listen(socket, 0) | getsockname(socket, $0, &size)
                } ?? -1
            }
        }
        guard result == 0 else { throw PlainConnection.Failed(code: errno) }
        endpoint = try Endpoint(host: "127.0.0.1", port: UInt16(address[2]) << 8 | UInt16(address[3]))
        filling = try PlainConnection(to: endpoint, from: "127.0.0.1")
    }

    deinit { close(socket) }
}

/// The sockets of this process that are connected to a port of this machine, or about to be.
enum OpenSockets {
    static func count(to port: UInt16) -> Int {
        let own = Set(descriptors())
        let hexadecimal = String(port, radix: 16, uppercase: true)
        let suffix = ":" + String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
        return ["/proc/self/net/tcp", "/proc/self/net/tcp6"].flatMap(lines).count { line in
            let fields = line.split(separator: " ")
            return fields.count > 9 && fields[2].hasSuffix(suffix) && own.contains("socket:[\(fields[9])]")
        }
    }

    private static func lines(_ path: String) -> [Substring] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes += buffer.prefix(count)
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    }

    /// What each open descriptor stands for.
    private static func descriptors() -> [String] {
        (0..<4096).compactMap { descriptor in
            var buffer = [UInt8](repeating: 0, count: 64)
            let count = buffer.withUnsafeMutableBytes { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    characters.baseAddress.map {
                        readlink("/proc/self/fd/\(descriptor)", $0, characters.count)
                    } ?? -1
                }
            }
            return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : nil
        }
    }
}
