import Synchronization
package import Wire

/// The hash tree of a file that is offered.
struct FileTree: Sendable {
    let shape: FileShape
    /// Of the file that was hashed.
    let stamp: FileStamp
    let spans: SpanTree
    /// The leaf hashes of all chunks, one behind the other; nil when they were too many to keep.
    let leaves: [UInt8]?

    var root: [UInt8] { spans.root }

    var withoutLeaves: FileTree { FileTree(shape: shape, stamp: stamp, spans: spans, leaves: nil) }

    /// What goes ahead of the chunks of a span. Reads the file where the leaves were not kept; throws `changed` when what it reads
    /// is not what was hashed.
    func span(_ number: Int, id: MessageID, from file: SourceFile) throws(SourceFile.Fault) -> FileSpan {
        let first = number * FileShape.span
        let own: [UInt8]
        if let leaves {
            let start = first * WireLimits.hash
            own = Array(leaves[start..<start + shape.leaves(ofSpan: number) * WireLimits.hash])
        } else {
            own = try file.leaves(ofSpan: number, shape)
            guard TreeBuilder.top(ofLeaves: own) == spans.top(ofSpan: number) else { throw .changed }
        }
        do {
            return try FileSpan(id: id, first: first, leaves: own, path: spans.path(fromSpan: number))
        } catch {
            throw .changed
        }
    }

    /// Hashes a file with two threads. Throws `changed` when it was written to meanwhile, `CancellationError` when the task was
    /// cancelled.
    ///
    /// - Parameter keeping: Bytes of leaf hashes that may be kept.
    static func hash(_ path: String, chunk: Int, keeping: Int) async throws -> FileTree {
        let files = try await DiskQueue("p2pchat.hash").run { () throws(SourceFile.Fault) in
            // One each: the system reads ahead for every open file.
            let files = (try SourceFile(path), try SourceFile(path))
            guard files.0.stamp == files.1.stamp else { throw .changed }
            return files
        }
        let shape = FileShape(size: files.0.stamp.size, chunk: chunk)
        let keeps = shape.chunks <= keeping / WireLimits.hash
        let work = Work()
        let hashed = try await withTaskCancellationHandler {
            async let some = work.hash(files.0, shape, keeps: keeps)
            async let others = work.hash(files.1, shape, keeps: keeps)
            return try await (some + others).sorted { $0.number < $1.number }
        } onCancel: {
            work.isCancelled.store(true, ordering: .relaxed)
        }
        return FileTree(
            shape: shape, stamp: files.0.stamp, spans: SpanTree(size: shape.size, tops: hashed.map(\.top)),
            leaves: keeps ? hashed.flatMap(\.leaves) : nil)
    }

    private struct HashedSpan: Sendable {
        let number: Int
        let top: [UInt8]
        let leaves: [UInt8]
    }

    /// Shared by the threads: which span is next.
    private final class Work: Sendable {
        let next = Atomic(0)
        let isCancelled = Atomic(false)

        func hash(_ file: SourceFile, _ shape: FileShape, keeps: Bool) async throws -> [HashedSpan] {
            try await DiskQueue("p2pchat.hash").run {
                var done: [HashedSpan] = []
                while true {
                    let number = self.next.add(1, ordering: .relaxed).oldValue
                    guard number < shape.spans else { break }
                    guard !self.isCancelled.load(ordering: .relaxed) else { throw CancellationError() }
                    let leaves = try file.leaves(ofSpan: number, shape)
                    guard let top = TreeBuilder.top(ofLeaves: leaves) else { throw SourceFile.Fault.changed }
                    done.append(HashedSpan(number: number, top: top, leaves: keeps ? leaves : []))
                }
                try file.checkUnchanged()
                return done
            }
        }
    }
}

/// A file that was hashed and can be offered.
package struct PreparedFile: Sendable {
    /// Absolute.
    package let path: String
    /// To be sent as a message's content.
    package let offer: FileOffer
    let tree: FileTree
}
