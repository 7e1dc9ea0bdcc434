import FoundationEssentials
import Identity

/// The lines of a backup's content, one JSON object each.
struct BackupLines {
    private let reader: BackupReader
    private var rest: [UInt8] = []
    /// Where the unread part of `rest` begins.
    private var start = 0
    private let decoder = JSONDecoder()

    /// A text of 64,000 bytes takes up to six times that where everything is escaped.
    static let maximumBytes = 1 << 20

    init(_ reader: BackupReader) {
        self.reader = reader
    }

    /// The next line; nil behind the last one, when the whole file was found to be authentic.
    ///
    /// - Throws: `IdentityError.backup`.
    mutating func next() throws -> BackupRecord? {
        var searched = start
        while true {
            if let end = rest[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                do {
                    return try decoder.decode(BackupRecord.self, from: Data(rest[start..<end]))
                } catch {
                    throw IdentityError.backup(.content)
                }
            }
            guard rest.count - start <= Self.maximumBytes else { throw IdentityError.backup(.content) }
            rest.removeFirst(start)
            start = 0
            searched = rest.count
            guard let more = try reader.next() else {
                guard rest.isEmpty else { throw IdentityError.backup(.content) }
                return nil
            }
            rest += more
        }
    }
}
