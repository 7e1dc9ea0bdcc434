import Dispatch

/// A thread for calls that may have to wait for a disk, one after the other. They must not hold up the threads on which
/// everything else of the program runs.
struct DiskQueue: Sendable {
    private let queue: DispatchQueue

    init(_ label: String) {
        // A serial queue with a thread of its own: concurrent ones share few threads, which one dead disk would take.
        queue = DispatchQueue(label: label)
    }

    func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(Failure) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }
}
