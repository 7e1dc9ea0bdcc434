import GRDB
import GRDBSQLite
import Glibc
import Identity
import Sodium

/// Looks at a database before it is opened for writing. Merely opening one in WAL mode can write to it (recovery, a
/// checkpoint at the end), and a file that this program cannot use is to stay as it is.
enum DatabaseCheck {
    /// Returns when there is nothing yet, or a database that these keys open and whose every migration is known.
    ///
    /// - Throws: `StoreError`.
    static func run(path: String, identity: IdentityKeys) throws {
        guard let header = try DatabaseHeader(path: path) else { return }
        // SQLite would open a file that it may not write for reading, and leave an empty log beside it.
        guard access(path, W_OK) == 0 else { throw StoreError.inputOutput(reason: systemError()) }
        // With a log that holds something, the file alone says nothing about its own state.
        let hasLog = fileSize(path + "-wal") ?? 0 > 0
        if !hasLog { try header.checkSize() }
        let reader = try ReadOnlyDatabase(path: path, isImmutable: !hasLog)
        let tables = try reader.rows("SELECT name FROM sqlite_master WHERE type = 'table'") { $0.text(0) }
        let applied =
            tables.contains("grdb_migrations")
            ? try reader.rows("SELECT identifier FROM grdb_migrations ORDER BY rowid") { $0.text(0) } : []
        if let unknown = applied.first(where: { !Schema.steps.contains($0) }) {
            throw StoreError.newerVersion(migration: unknown)
        }
        if applied.contains(Schema.second) {
            let rows = try reader.rows(StoreKeys.query) { (row: $0.int64(0), wrapped: $0.blob(1)) }
            _ = try StoreKeys(rows: rows, for: identity)
        } else if applied.contains(Schema.first) {
            try checkFirstVersion(reader, identity)
        } else if !tables.allSatisfy({ $0 == "grdb_migrations" || $0.hasPrefix("sqlite_") }) {
            throw StoreError.unreadable(reason: "it is a database of another program")
        }
    }

    /// Every row is opened: bringing the file up to date needs all of them.
    private static func checkFirstVersion(
        _ reader: borrowing ReadOnlyDatabase, _ identity: IdentityKeys
    ) throws {
        let sealer = FirstSealer(key: try identity.storeKey("store"))
        for table in [SealedColumn.contact.table, SealedColumn.setting.table] {
            for (row, sealed) in try reader.rows(
                "SELECT row, sealed FROM \(table)", { ($0.int64(0), $0.blob(1)) })
            {
                _ = try sealer.open(sealed, table: table, row: row)
            }
        }
    }

    fileprivate static func systemError() -> String { String(cString: strerror(errno)) }

    fileprivate static func fileSize(_ path: String) -> Int64? {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : nil
    }
}

/// The first 100 bytes of a database (sqlite.org/fileformat.html §1.3).
private struct DatabaseHeader {
    private let bytes: [UInt8]
    private let fileSize: Int64

    private static let byteCount = 100
    private static let magic = Array("SQLite format 3".utf8) + [0]

    /// Nil where there is no file, or an empty one.
    init?(path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw StoreError.inputOutput(reason: DatabaseCheck.systemError())
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw StoreError.unreadable(reason: "it is not a regular file")
        }
        fileSize = Int64(status.st_size)
        guard fileSize > 0 else { return nil }
        var buffer = [UInt8](repeating: 0, count: Self.byteCount)
        let count = buffer.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw StoreError.inputOutput(reason: DatabaseCheck.systemError()) }
        guard buffer.starts(with: Self.magic), count == Self.byteCount else {
            throw StoreError.unreadable(reason: "file is not a database")
        }
        bytes = buffer
    }

    /// - Throws: `StoreError.unreadable` when the file is shorter than it says.
    func checkSize() throws {
        let size = Int64(bytes[16]) << 8 | Int64(bytes[17])
        let pageSize = size == 1 ? 65_536 : size
        let pages = bytes[28..<32].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        guard fileSize >= pages * pageSize else { throw StoreError.unreadable(reason: "it is truncated") }
    }
}

/// A connection that cannot write, outside GRDB, which does not open URIs.
private struct ReadOnlyDatabase: ~Copyable {
    private let handle: OpaquePointer

    struct Result {
        fileprivate let statement: OpaquePointer

        func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

        func text(_ column: Int32) -> String {
            sqlite3_column_text(statement, column).map { String(cString: $0) } ?? ""
        }

        func blob(_ column: Int32) -> [UInt8] {
            let bytes = sqlite3_column_blob(statement, column)
            let count = bytes == nil ? 0 : Int(sqlite3_column_bytes(statement, column))
            return Array(UnsafeRawBufferPointer(start: bytes, count: count))
        }
    }

    /// - Parameter isImmutable: take no locks and make no files beside it, which only a reader of a log needs.
    init(path: String, isImmutable: Bool) throws {
        let uri = "file:" + Self.escaped(path) + (isImmutable ? "?immutable=1" : "")
        var handle: OpaquePointer?
        let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX
        let code = sqlite3_open_v2(uri, &handle, flags, nil)
        guard code == SQLITE_OK, let handle else {
            let error = Self.error(code, handle)
            sqlite3_close_v2(handle)
            throw error
        }
        // The writer of another process may be at the end of its work.
        sqlite3_busy_timeout(handle, 1_000)
        self.handle = handle
    }

    deinit { sqlite3_close_v2(handle) }

    func rows<R>(_ sql: String, _ body: (Result) -> R) throws -> [R] {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        guard code == SQLITE_OK, let statement else { throw Self.error(code, handle) }
        defer { sqlite3_finalize(statement) }
        var rows: [R] = []
        while true {
            switch sqlite3_step(statement) {
            case SQLITE_ROW: rows.append(body(Result(statement: statement)))
            case SQLITE_DONE: return rows
            case let code: throw Self.error(code, handle)
            }
        }
    }

    private static func error(_ code: Int32, _ handle: OpaquePointer?) -> any Error {
        let message = handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) }
        return StoreError.from(DatabaseError(resultCode: ResultCode(rawValue: code), message: message))
    }

    /// A path as a part of a URI: all but letters, digits and a few signs as %XX.
    private static func escaped(_ path: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var text: [UInt8] = []
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "_"):
                text.append(byte)
            default: text += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xf)]]
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
