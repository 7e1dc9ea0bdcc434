import GRDB

extension StoreError {
    /// What an error of the layers below means here.
    static func from(_ error: any Error) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        switch error.resultCode {
        case .SQLITE_FULL: return StoreError.full
        // Only readers are interrupted, and only when their task was cancelled.
        case .SQLITE_INTERRUPT: return CancellationError()
        case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR, .SQLITE_MISMATCH, .SQLITE_SCHEMA,
            .SQLITE_CONSTRAINT:
            return StoreError.unreadable(reason: error.message ?? "not a database")
        default: return StoreError.inputOutput(reason: error.message ?? error.resultCode.description)
        }
    }

    static func mapping<R>(_ body: () throws -> R) throws -> R {
        do {
            return try body()
        } catch {
            throw from(error)
        }
    }
}
