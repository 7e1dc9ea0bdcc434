import Dispatch
import Identity

/// A thread of its own for calls that wait for a disk: those on which everything else runs are few.
struct FileQueue: Sendable {
    private let queue: DispatchQueue

    /// - Parameter label: what a debugger shows.
    init(_ label: String) {
        queue = DispatchQueue(label: label)
    }

    /// One call after the other. Throws what the body throws.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(IdentityError) -> Value
    ) async throws(IdentityError) -> Value {
        let result: Result<Value, IdentityError> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(IdentityError) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
