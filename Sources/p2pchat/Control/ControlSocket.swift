import Glibc
import NIOCore
import NIOPosix

/// Where the control socket is, in a form that fits the 107 bytes of a socket address however long the home's path is: by way of
/// the folder's open descriptor.
struct ControlAddress: ~Copyable {
    private let folder: Int32

    init?(_ home: Home) {
        folder = open(home.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return nil }
    }

    var path: String { "/proc/self/fd/\(folder)/\(Home.controlName)" }

    deinit {
        _ = close(folder)
    }
}

/// Lines out of a stream of bytes; a line past the limit ends the stream.
struct LineSplitter {
    private var rest = ByteBuffer()
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    struct LineTooLong: Error {}

    mutating func append(_ bytes: consuming ByteBuffer) {
        rest.writeBuffer(&bytes)
    }

    mutating func next() throws -> [UInt8]? {
        guard let end = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else {
            if rest.readableBytes > limit { throw LineTooLong() }
            return nil
        }
        let length = end - rest.readerIndex
        guard length <= limit, let line = rest.readBytes(length: length) else { throw LineTooLong() }
        rest.moveReaderIndex(forwardBy: 1)
        rest.discardReadBytes()
        return line
    }
}
