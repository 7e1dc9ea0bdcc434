import Synchronization
import Wire

/// What came for one transfer and is not written yet, on its way from the link to the disk.
final class Intake: Sendable {
    enum Item: Sendable {
        case span(FileSpan)
        case chunk(FileChunk)
    }

    /// Why no more is taken.
    enum Stop: Equatable, Sendable {
        /// What came is kept, for later.
        case pause
        /// What came is thrown away.
        case remove
    }

    enum Next: Sendable {
        case items([Item])
        case stop(Stop)
        /// The task was cancelled: nothing is to be touched any more.
        case abandoned
    }

    private struct State {
        var items: [Item] = []
        var stop: Stop?
    }

    private let state = Mutex(State())
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    init() {
        (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func put(_ item: Item) {
        let isFirst = state.withLock { state in
            state.items.append(item)
            return state.items.count == 1
        }
        if isFirst { waker.yield() }
    }

    /// No more is to be written; what came before a pause still is.
    func stop(_ stop: Stop) {
        state.withLock { if $0.stop != .remove { $0.stop = stop } }
        waker.yield()
    }

    /// Everything that came since; waits for something. For one caller.
    func next() async -> Next {
        var wakes = wake.makeAsyncIterator()
        while true {
            if Task.isCancelled { return .abandoned }
            let next: Next? = state.withLock { state in
                if state.stop == .remove { return .stop(.remove) }
                if !state.items.isEmpty {
                    defer { state.items = [] }
                    return .items(state.items)
                }
                return state.stop.map { .stop($0) }
            }
            if let next { return next }
            guard await wakes.next() != nil else { return .abandoned }
        }
    }
}

/// Checks what came against the root and writes it, on the disk's thread.
final class PartWriter: Sendable {
    private struct State {
        var tree: PrefixTree
        /// Of the span whose chunks come now: proved leaf hashes.
        var span: FileSpan?
        var writtenBack: Int
    }

    let file: PartFile
    private let shape: FileShape
    private let root: [UInt8]
    private let writeBackChunks: Int
    private let state: Mutex<State>

    init(_ file: PartFile, _ tree: PrefixTree, shape: FileShape, root: [UInt8], writeBackChunks: Int) {
        self.file = file
        self.shape = shape
        self.root = root
        self.writeBackChunks = writeBackChunks
        state = Mutex(State(tree: tree, span: nil, writtenBack: tree.count))
    }

    /// The tree of what is written.
    var tree: PrefixTree { state.withLock { $0.tree } }

    /// - Returns: Chunks that are written now, from the first.
    func take(_ items: [Intake.Item]) throws(FileFault) -> Int {
        try state.withLock { (state) throws(FileFault) in
            for item in items {
                switch item {
                case .span(let span):
                    guard SpanProof.holds(span, shape: shape, root: root) else { throw .mismatch }
                    guard state.tree.fits(span, shape) else { throw .partAltered }
                    state.span = span
                case .chunk(let chunk):
                    guard let span = state.span, chunk.index == state.tree.count else { throw .notAsked }
                    let leaf = TreeHash.leaf(chunk.data)
                    let start = (chunk.index - span.first) * leaf.count
                    guard start >= 0, span.leaves.dropFirst(start).starts(with: leaf) else { throw .mismatch }
                    do throws(DiskError) {
                        try file.write(chunk.data, at: chunk.index)
                    } catch {
                        throw FileFault(writing: error.code)
                    }
                    state.tree.append(leaf)
                }
            }
            let unwritten = state.writtenBack..<state.tree.count
            if unwritten.count >= writeBackChunks {
                file.beginWriteBack(unwritten)
                state.writtenBack = state.tree.count
            }
            return state.tree.count
        }
    }

    /// Whether the whole file is here and is the one that was offered.
    var isWhole: Bool {
        let tree = tree
        return tree.count == shape.chunks && tree.root(shape) == root
    }

    func sync() throws(FileFault) {
        do {
            try file.sync()
        } catch {
            throw FileFault(writing: error.code)
        }
    }
}
