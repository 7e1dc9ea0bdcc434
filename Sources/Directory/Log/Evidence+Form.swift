import FoundationEssentials
import Identity
import Transparency

/// The file that evidence travels in: one JSON object (docs/directory.md, "Evidence").
extension Evidence {
    /// Larger files are not read: 100,000 entries take 33 MB.
    package static let mostBytes = 1 << 28
    package static let type = "p2pchat directory evidence"

    package init(bytes: [UInt8]) throws(EvidenceRefused) {
        guard bytes.count <= Self.mostBytes else { throw .malformed("it is larger than 256 MiB") }
        let form: Form
        do {
            form = try JSONDecoder().decode(Form.self, from: Data(bytes))
        } catch {
            throw .malformed("it is not the JSON object that evidence is")
        }
        guard form.type == Self.type else { throw .malformed("it is no evidence against a directory") }
        guard form.v == 1 else { throw .malformed("it is of a form that this version does not read") }
        guard let directory = try? PublicIdentity(fingerprint: form.directory) else {
            throw .malformed("the directory is no fingerprint")
        }
        self.init(
            directory: directory, statements: form.keys.map { Array($0) }, lie: try form.read(),
            time: form.noticed)
    }

    package var bytes: [UInt8] {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            return Array(try encoder.encode(Form(self)))
        }
    }

    fileprivate struct Form: Codable {
        var type = Evidence.type
        var v = 1
        let lie: String
        let directory: String
        let noticed: UInt64
        let keys: [Data]
        var checkpoints: [String] = []
        var proof: [Data]?
        var position: UInt64?
        /// Base64 of entries; in `maps` order where there are maps, an empty one standing for none.
        var entries: [Data]?
        var label: Data?
        var maps: [MapProofForm]?
    }
}

extension Evidence.Form {
    init(_ evidence: Evidence) {
        directory = evidence.directory.fingerprint
        noticed = evidence.time
        keys = evidence.statements.map { Data($0) }
        switch evidence.lie {
        case .twoStates(let one, let other):
            lie = "two-states"
            checkpoints = [one, other].map(Self.text)
        case .otherBeginning(let smaller, let larger, let proof):
            lie = "other-beginning"
            checkpoints = [smaller, larger].map(Self.text)
            self.proof = proof.map { Data($0.bytes) }
        case .lostEntry(let label, let before, let after):
            lie = "lost-entry"
            self.label = Data(label.bytes)
            checkpoints = [before, after].map { Self.text($0.checkpoint) }
            entries = [before, after].map { Data($0.entry ?? []) }
            maps = [before, after].map { MapProofForm($0.proof) }
        case .badEntry(let checkpoint, let position, let entry, let path, let former):
            lie = "bad-entry"
            checkpoints = [Self.text(checkpoint)]
            self.position = position
            proof = path.map { Data($0.bytes) }
            entries = [Data(entry)] + (former.map { [Data($0)] } ?? [])
        case .entries(let entries, let checkpoints):
            lie = "entries"
            self.checkpoints = checkpoints.map(Self.text)
            self.entries = entries.map { Data($0) }
        case .twoKeys(let one, let other):
            lie = "two-keys"
            entries = [Data(one), Data(other)]
        }
    }

    func read() throws(EvidenceRefused) -> Evidence.Lie {
        let notes = checkpoints.map { Array($0.utf8) }
        let entries = (entries ?? []).map { Array($0) }
        func missing() -> EvidenceRefused { .malformed("a part of it is missing") }
        switch lie {
        case "two-states":
            guard notes.count == 2 else { throw missing() }
            return .twoStates(notes[0], notes[1])
        case "other-beginning":
            guard notes.count == 2 else { throw missing() }
            return .otherBeginning(smaller: notes[0], larger: notes[1], proof: try hashes(proof))
        case "lost-entry":
            guard notes.count == 2, entries.count == 2, let maps, maps.count == 2,
                let label = label.flatMap({ Label(bytes: Array($0)) })
            else { throw missing() }
            var sights: [Evidence.Sight] = []
            for index in 0..<2 {
                sights.append(
                    Evidence.Sight(
                        checkpoint: notes[index], entry: entries[index].isEmpty ? nil : entries[index],
                        proof: try maps[index].proof()))
            }
            return .lostEntry(label: label, before: sights[0], after: sights[1])
        case "bad-entry":
            guard notes.count == 1, let position, (1...2).contains(entries.count) else { throw missing() }
            return .badEntry(
                checkpoint: notes[0], position: position, entry: entries[0], path: try hashes(proof),
                former: entries.count == 2 ? entries[1] : nil)
        case "entries": return .entries(entries, checkpoints: notes)
        case "two-keys":
            guard entries.count == 2 else { throw missing() }
            return .twoKeys(entries[0], entries[1])
        default: throw .malformed("it is of a lie that this version does not know")
        }
    }

    private func hashes(_ parts: [Data]?) throws(EvidenceRefused) -> [NodeHash] {
        var hashes: [NodeHash] = []
        for part in parts ?? [] {
            guard let hash = NodeHash(part), hashes.count < 128 else {
                throw .malformed("a hash has not 32 bytes")
            }
            hashes.append(hash)
        }
        return hashes
    }

    private static func text(_ note: [UInt8]) -> String { String(decoding: note, as: UTF8.self) }
}
