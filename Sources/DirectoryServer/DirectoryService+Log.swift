import Directory
import Wire

extension DirectoryService {
    func answer(
        _ query: LogQuery, for session: Session
    ) async throws(DirectoryFailure) -> DirectoryResponse.Body {
        try limits.pages.take(session, at: uptime())
        do {
            switch query {
            case .checkpoint(let from, let to):
                let (checkpoint, consistency) = try await log.checkpoint(from: from, to: to)
                return .checkpoint(checkpoint, consistency: consistency)
            case .entries(let first, let count):
                return .entries(try await log.entries(from: first, count: count))
            case .nodes(let level, let first, let count):
                return .nodes(try await log.nodes(level: level, from: first, count: count))
            case .keys: return .logKeys(log.signer.statements.map(\.bytes))
            }
        } catch {
            throw failure(error)
        }
    }
}
