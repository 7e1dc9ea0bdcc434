import Directory
import Wire

extension DirectoryService {
    func answer(
        _ query: LogQuery, for session: Session
    ) async throws(DirectoryFailure) -> DirectoryResponse.Body {
        switch query {
        case .history: try limits.lookups.take(session, at: uptime())
        case .checkpoint, .keys, .entries, .nodes: try limits.pages.take(session, at: uptime())
        }
        do throws(ClaimStoreError) {
            switch query {
            case .checkpoint(let from, let to):
                let (checkpoint, consistency) = try await log.checkpoint(from: from, to: to)
                return .checkpoint(checkpoint, consistency: consistency)
            case .entries(let first, let count):
                return .entries(try await log.entries(from: first, count: count))
            case .history(let label, let first):
                guard let label = Label(bytes: label) else { return .failure(.invalid) }
                return .entries(try await log.history(of: label, from: first))
            case .nodes(let level, let first, let count):
                return .nodes(try await log.nodes(level: level, from: first, count: count))
            case .keys: return .logKeys(log.signer.statements.map(\.bytes))
            }
        } catch {
            throw failure(error)
        }
    }
}
