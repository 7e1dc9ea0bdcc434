import Foundation
import Identity
import Sodium
import TestSupport
import Testing

struct PassphraseChangeTests {
    private let folder: TemporaryFolder
    private let recoveryHash = [UInt8](1...32)

    init() throws {
        folder = try TemporaryFolder()
    }

    private var keyPath: String { folder.path + "/" + KeyFile.keyName }

    private func passphrase(_ text: String) throws -> SecretBytes? {
        try SecretBytes(copying: Array(text.utf8))
    }

    private func write() throws -> IdentityKeys {
        let keys = try IdentityKeys.generate()
        try KeyFile.write(
            keys, recoveryHash: recoveryHash, passphrase: passphrase("old"), directory: folder.path,
            cost: .least)
        return keys
    }

    private func change(_ keys: IdentityKeys, to text: String?) throws {
        if let text {
            try KeyFile.changePassphrase(
                keys, to: passphrase(text), directory: folder.path, cost: .least)
        } else {
            try KeyFile.changePassphrase(keys, to: nil, directory: folder.path, cost: .least)
        }
    }

    private func opens(_ text: String) -> Bool {
        (try? KeyFile.open(directory: folder.path, passphrase: passphrase(text))) != nil
    }

    @Test func onlyTheNewPassphraseOpensAndNothingElseChanges() throws {
        let keys = try write()
        let publicPath = folder.path + "/" + KeyFile.publicName
        let publicFile = try Data(contentsOf: URL(filePath: publicPath))
        try change(keys, to: "new")
        #expect(!opens("old"))
        #expect(opens("new"))
        let known = try KeyFile.readPublic(directory: folder.path)
        #expect(known.identity == keys.publicIdentity)
        #expect(known.recoveryHash == recoveryHash)
        #expect(try Data(contentsOf: URL(filePath: publicPath)) == publicFile)
        #expect(try folder.names() == [KeyFile.keyName, KeyFile.publicName])
        let rights = try FileManager.default.attributesOfItem(atPath: keyPath)[.posixPermissions] as? NSNumber
        #expect(rights?.intValue == 0o600)
        // What is sealed under keys made from the seed opens as before.
        let opened = try KeyFile.open(directory: folder.path, passphrase: passphrase("new"))
        let before = try keys.storeKey("store").withBytes { Array($0) }
        #expect(try opened.storeKey("store").withBytes { Array($0) } == before)
    }

    @Test func aPassphraseCanBeTakenAwayAndGiven() throws {
        let keys = try write()
        try change(keys, to: nil)
        #expect(try !KeyFile.readPublic(directory: folder.path).needsPassphrase)
        #expect(throws: Never.self) { try KeyFile.open(directory: folder.path, passphrase: nil) }
        try change(keys, to: "new")
        #expect(try KeyFile.readPublic(directory: folder.path).needsPassphrase)
        #expect(opens("new"))
    }

    @Test func anotherIdentityIsNotSealedOver() throws {
        _ = try write()
        let file = try Data(contentsOf: URL(filePath: keyPath))
        #expect(throws: IdentityError.keyFile(.altered)) { try change(IdentityKeys.generate(), to: "new") }
        #expect(try Data(contentsOf: URL(filePath: keyPath)) == file)
    }

    /// What a reader finds at any moment is what a kill at that moment leaves.
    @Test func whoeverReadsMeanwhileFindsAWholeFile() async throws {
        let keys = try write()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<200 { try change(keys, to: round % 2 == 0 ? "new" : "old") }
            }
            group.addTask {
                repeat {
                    #expect(throws: Never.self) { try KeyFile.readPublic(directory: folder.path) }
                } while !Task.isCancelled
            }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
        #expect(opens("old"))
        #expect(try folder.names() == [KeyFile.keyName, KeyFile.publicName])
    }

    @Test func aLinkToTheFileStaysALink() throws {
        let keys = try write()
        let elsewhere = folder.path + "/elsewhere"
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: false)
        try FileManager.default.moveItem(atPath: keyPath, toPath: elsewhere + "/kept.key")
        try FileManager.default.createSymbolicLink(
            atPath: keyPath, withDestinationPath: elsewhere + "/kept.key")
        try change(keys, to: "new")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: keyPath) == elsewhere + "/kept.key")
        #expect(opens("new"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere) == ["kept.key"])
    }

    /// A kill may leave an unfinished file, which without a passphrase would be the naked key.
    @Test func whatAKilledChangeLeftIsRemoved() throws {
        let keys = try write()
        try Data("half".utf8).write(to: URL(filePath: keyPath + ".3f9x.unfinished"))
        try Data("mine".utf8).write(to: URL(filePath: keyPath + ".copy"))
        try change(keys, to: "new")
        #expect(try folder.names() == [KeyFile.keyName, KeyFile.keyName + ".copy", KeyFile.publicName])
    }

    /// The same of one that was killed before there was a key.
    @Test func whatAKilledBeginningLeftIsRemoved() throws {
        for name in [KeyFile.keyName, KeyFile.publicName] {
            try Data("half".utf8).write(to: URL(filePath: folder.path + "/\(name).3f9x.unfinished"))
        }
        _ = try write()
        #expect(try folder.names() == [KeyFile.keyName, KeyFile.publicName])
    }

    @Test func whereItCannotBeWrittenTheOldFileStays() throws {
        let keys = try write()
        // The name of the unfinished file would be too long for any file system.
        let name = String(repeating: "k", count: 250)
        try FileManager.default.moveItem(atPath: keyPath, toPath: folder.path + "/" + name)
        try FileManager.default.createSymbolicLink(
            atPath: keyPath, withDestinationPath: folder.path + "/" + name)
        let target = URL(filePath: folder.path + "/" + name).resolvingSymlinksInPath().path
        #expect(throws: IdentityError.inputOutput(doing: "write", path: target, code: ENAMETOOLONG)) {
            try change(keys, to: "new")
        }
        #expect(opens("old"))
    }
}
