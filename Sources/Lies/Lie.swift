package import Wire

/// What a lying directory makes of the honest answer to a request.
///
/// This module is for the tests and for `p2pchat demo --misbehave`. The `server` command cannot reach it: Scripts/check-walls lets
/// nothing but the demonstration import it, and a lie needs the secret keys of the log, of which those two make their own.
package typealias Lie =
    @Sendable (DirectoryRequest.Body, DirectoryResponse.Body) async throws -> DirectoryResponse.Body

extension DirectoryResponse.Body {
    /// The same answer with other evidence; an answer without any stays as it is.
    package func with(_ change: (LogEvidence) throws -> LogEvidence?) rethrows -> DirectoryResponse.Body {
        switch self {
        case .newest(let entry, let log?): .newest(entry: entry, log: try change(log))
        case .confirmed(let claim, let log?): .confirmed(claim: claim, log: try change(log))
        case .appended(let told?):
            .appended(
                try change(told.evidence).map {
                    DirectoryResponse.Inclusion(position: told.position, path: told.path, evidence: $0)
                })
        default: self
        }
    }

    /// The same answer with another checkpoint, wherever it has one.
    package func withCheckpoint(_ change: ([UInt8]) throws -> [UInt8]) rethrows -> DirectoryResponse.Body {
        if case .checkpoint(let note, let proof) = self {
            return .checkpoint(try change(note), consistency: proof)
        }
        return try with { LogEvidence(checkpoint: try change($0.checkpoint), map: $0.map) }
    }
}
