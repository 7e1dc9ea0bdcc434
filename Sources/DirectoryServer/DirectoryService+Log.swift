import Directory
import Transparency
import Wire

extension DirectoryService {
    func answer(
        _ query: LogQuery, for session: Session
    ) async throws(DirectoryFailure) -> DirectoryResponse.Body {
        // Whom the operator has named as a witness asks once more for each batch, however many there are.
        let isWitness = session.witness != nil
        switch query {
        case .history: try limits.lookups.take(session, at: uptime())
        case .checkpoint, .keys, .entries, .nodes:
            if !isWitness { try limits.pages.take(session, at: uptime()) }
        }
        do throws(ClaimStoreError) {
            switch query {
            case .checkpoint(let from, let to):
                let (checkpoint, consistency) = try await log.checkpoint(from: from, to: to, early: isWitness)
                return .checkpoint(checkpoint, consistency: consistency)
            case .entries(let first, let count):
                return .entries(try await log.entries(from: first, count: count, early: isWitness))
            case .history(let label, let first):
                guard let label = Label(bytes: label) else { return .failure(.invalid) }
                return .entries(try await log.history(of: label, from: first))
            case .nodes(let level, let first, let count):
                return .nodes(try await log.nodes(level: level, from: first, count: count, early: isWitness))
            case .keys: return .logKeys(log.signer.statements.map(\.bytes))
            }
        } catch {
            throw failure(error)
        }
    }

    func admitWitness(_ number: UInt64) async throws(DirectoryFailure) -> DirectoryResponse.Body {
        guard let session = sessions[number] else { throw .unavailable }
        try limits.lookups.take(session, at: uptime())
        guard let witness = log.witness(session.identity) else { throw .notAWitness }
        if session.witness == nil {
            sessions[number]?.witness = witness.name
            report(.witnessCame(witness.name))
        }
        await log.attend(number, witness.key, session.bell)
        // It may have ended meanwhile.
        if sessions[number] == nil { await log.withdraw(number) }
        return .witnessing
    }

    func cosign(
        _ line: String, for session: Session, _ number: UInt64
    ) async throws(DirectoryFailure) -> DirectoryResponse.Body {
        guard session.witness != nil else { throw .notAWitness }
        try await log.cosign(line, over: number)
        return .cosigned
    }
}
