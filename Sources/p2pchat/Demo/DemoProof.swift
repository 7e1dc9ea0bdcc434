import Directory
import Identity
import Sodium
import Transparency

/// One proof that a home has checked, checked once more for the reader: that an entry is the newest of its handle.
struct DemoProof {
    let lines: [String]

    /// What a home has seen of its own handle. Throws `LogFault` when it does not hold; nil before anything was seen.
    init?(of handle: Handle, in book: LogBook) throws {
        guard let view = book.view, let sight = book.memory.own[Label(handle)]?.sight,
            let bytes = sight.entry, let entry = try? LogEntry(bytes: bytes)
        else { return nil }
        let checkpoint = try view.read(sight.checkpoint).checkpoint
        try LogView.check(entry, of: Label(handle), sight.proof, under: checkpoint)
        lines = [
            "the directory's log has \(checkpoint.size.entries); its checkpoint is signed by the log's key",
            "root of the log  \(Base64.encode(checkpoint.root.bytes))",
            "root of the map  \(Base64.encode(checkpoint.mapRoot.bytes))",
            """
            the entry of \(handle), \(bytes.count) bytes, leads to the root of the map in \(sight.proof.steps.count) steps: it is the \
            newest of its handle
            """,
        ]
    }
}
