import GRDB
import GRDBSQLite

/// A prepared statement, bound and read without a copy on the way. GRDB's own ways go through `Data` and arrays, which cost
/// more than what SQLite does for a message.
///
/// Blobs that are bound must stay where they are until the next step or reset.
struct Query {
    private let statement: Statement
    private var handle: OpaquePointer { statement.sqliteStatement }

    /// The statement is prepared once a connection, and found again by its text.
    init(_ database: Database, _ sql: String) throws {
        statement = try database.cachedStatement(sql: sql)
        sqlite3_reset(statement.sqliteStatement)
    }

    func bind(_ value: Int64, at index: Int32) {
        sqlite3_bind_int64(handle, index, value)
    }

    /// The bytes are not copied.
    func bind(_ value: UnsafeRawBufferPointer, at index: Int32) {
        sqlite3_bind_blob(handle, index, value.baseAddress, Int32(clamping: value.count), nil)
    }

    /// SQLite takes a copy.
    func bind(copying value: [UInt8], at index: Int32) {
        // SQLITE_TRANSIENT, a macro that does not import.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        value.withUnsafeBytes {
            _ = sqlite3_bind_blob(handle, index, $0.baseAddress, Int32(clamping: $0.count), transient)
        }
    }

    /// Whether there is another row; nothing is kept open behind the last one.
    ///
    /// - Throws: `DatabaseError`.
    func step() throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            finish()
            return false
        case let code:
            let message = sqlite3_errmsg(sqlite3_db_handle(handle)).map { String(cString: $0) }
            finish()
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    /// Runs to the end, without results.
    func run() throws {
        while try step() {}
    }

    /// The first row, or nil.
    func first<R>(_ body: (Query) throws -> R) throws -> R? {
        defer { finish() }
        return try step() ? body(self) : nil
    }

    /// Every row, until `body` says false. Nothing stays open, whatever it throws.
    func each(_ body: (Query) throws -> Bool) throws {
        defer { finish() }
        while try step() {
            guard try body(self) else { return }
        }
    }

    /// Ends the reading before its end, so that no read transaction stays behind.
    func finish() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    /// Valid until the next step.
    func blob(_ column: Int32) -> UnsafeRawBufferPointer {
        let bytes = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(
            start: bytes, count: bytes == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
    }

    func bytes(_ column: Int32) -> [UInt8] { Array(blob(column)) }
}

extension Database {
    /// Rows that the last statement inserted, changed or deleted.
    var changes: Int { Int(sqlite3_changes(sqliteConnection)) }
}
