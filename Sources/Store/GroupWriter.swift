import GRDB
import Glibc
import Synchronization

/// Group commit: what waits to be written goes into one transaction, so that many messages share one sync.
///
/// A batch that fails is run again one by one, so that one bad write fails alone; hence a piece of work may run twice, and what
/// it did the first time was rolled back.
final class GroupWriter: Sendable {
    typealias Work<R> = @Sendable (Database, inout WriterState) throws -> R

    /// A batch is a bound on how long others wait for the writing connection.
    private static let batch = 1_024

    private let pool: DatabasePool
    private let state: Mutex<WriterState>
    private let queue = Mutex(Queue())

    private struct Job: Sendable {
        /// Does the work; what it returns is called when that is durable.
        let attempt: @Sendable (Database, inout WriterState) throws -> @Sendable () -> Void
        let fail: @Sendable (any Error) -> Void
    }

    private struct Queue {
        var jobs: [Job] = []
        var isDraining = false
        /// Jobs of the last batch.
        var last = 0
    }

    init(pool: DatabasePool, sealer: RowSealer, hasher: RowHasher) {
        self.pool = pool
        state = Mutex(WriterState(sealer: sealer, hasher: hasher))
    }

    /// Returns when what `work` wrote is durable.
    ///
    /// - Throws: What `work` throws, or `StoreError`; nothing of it was written then.
    func write<R: Sendable>(_ work: @escaping Work<R>) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            enqueue(
                Job(
                    attempt: { database, state in
                        let result = try work(database, &state)
                        return { continuation.resume(returning: result) }
                    },
                    fail: { continuation.resume(throwing: StoreError.from($0)) }))
        }
    }

    private func enqueue(_ job: Job) {
        let starts = queue.withLock { queue in
            queue.jobs.append(job)
            defer { queue.isDraining = true }
            return !queue.isDraining
        }
        if starts { drainLater() }
    }

    /// One batch at a time on the connection's own queue, so that synchronous writers get their turn in between.
    private func drainLater() {
        pool.asyncWriteWithoutTransaction { self.drain($0) }
    }

    private func drain(_ database: Database) {
        gather()
        let jobs = queue.withLock { queue in
            let jobs = Array(queue.jobs.prefix(Self.batch))
            queue.jobs.removeFirst(jobs.count)
            queue.last = jobs.count
            return jobs
        }
        commit(jobs[...], database)
        let isMore = queue.withLock { queue in
            queue.isDraining = !queue.jobs.isEmpty
            return queue.isDraining
        }
        if isMore { drainLater() }
    }

    /// Whoever waited for a large batch is about to write again: taking the first of them alone would give every second
    /// commit to a single message. One that writes alone never waits here.
    private func gather() {
        for _ in 0..<Self.gatherings {
            guard queue.withLock({ $0.jobs.count < $0.last / 2 }) else { return }
            usleep(Self.gatheringMicroseconds)
        }
    }

    private static let gatherings = 4
    private static let gatheringMicroseconds: UInt32 = 50

    private func commit(_ jobs: ArraySlice<Job>, _ database: Database) {
        do {
            for done in try transaction(jobs, database) { done() }
        } catch {
            if jobs.count == 1 {
                jobs.first?.fail(error)
            } else {
                for index in jobs.indices { commit(jobs[index...index], database) }
            }
        }
    }

    private func transaction(
        _ jobs: ArraySlice<Job>, _ database: Database
    ) throws -> [@Sendable () -> Void] {
        try state.withLock { state in
            do {
                var done: [@Sendable () -> Void] = []
                done.reserveCapacity(jobs.count)
                try database.inTransaction(.immediate) {
                    for job in jobs { done.append(try job.attempt(database, &state)) }
                    try state.flush(database)
                    return .commit
                }
                return done
            } catch {
                // It holds what was rolled back.
                state.forget()
                throw error
            }
        }
    }
}
