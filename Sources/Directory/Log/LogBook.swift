package import Identity
import Synchronization
import Transparency

/// The one place where everything that a directory tells of its log is compared with what was seen before: in this link, in another
/// one, or by a process that ended long ago. All of a home's clients of one directory share it.
package final class LogBook: Sendable {
    package let directory: PublicIdentity
    /// Nil where nothing outlives the process.
    private let keeper: (any LogKeeper)?
    private let state: Mutex<LogMemory>

    /// Goes on from what was kept. Throws ``LogMemoryUnreadable``, or what the keeper throws.
    package init(of directory: PublicIdentity, keeper: any LogKeeper) throws {
        self.directory = directory
        self.keeper = keeper
        state = Mutex(try keeper.state().map { try LogMemory(bytes: $0, of: directory) } ?? LogMemory())
    }

    /// Begins without knowing anything, and keeps nothing.
    package init(of directory: PublicIdentity) {
        self.directory = directory
        keeper = nil
        state = Mutex(LogMemory())
    }

    package var memory: LogMemory { state.withLock { $0 } }
    package var view: LogView? { memory.view }

    /// The size of the largest checkpoint that is known: what is asked from now on has to be answered with no smaller one.
    var floor: UInt64 { view?.newest?.checkpoint.size ?? 0 }

    /// See ``LogView/learn(_:)``.
    func learn(_ statements: [[UInt8]]) throws(LogFault) {
        try state.withLock { memory throws(LogFault) in
            if memory.view == nil {
                memory.view = try LogView(statements: statements, by: directory)
            } else {
                try memory.view?.learn(statements)
            }
        }
    }

    /// See ``LogView/accept(_:notBelow:consistency:)``; `view` is what the proof was asked for, and where another answer has
    /// changed that since, nothing happens.
    ///
    /// - Returns: Whether it was taken in.
    func accept(
        _ told: SignedCheckpoint, after gap: LogGap?, notBelow floor: UInt64, consistency: [NodeHash],
        at time: UInt64
    ) throws(LogFault) -> Bool {
        try state.withLock { memory throws(LogFault) in
            guard memory.view?.gap(to: told) == gap else { return false }
            try memory.view?.accept(told, notBelow: floor, consistency: consistency)
            if memory.first == nil {
                memory.first = LogMemory.Sighting(checkpoint: told.checkpoint, time: time)
            }
            return true
        }
    }

    /// Keeps what is known now. Where that cannot be written, it holds for as long as the process runs: whoever chats is told of a full
    /// disk by what cannot be sent.
    func save() async {
        try? await keeper?.keep { [self] in try memory.bytes }
    }
}
