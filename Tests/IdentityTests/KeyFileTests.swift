import Foundation
import Identity
import Sodium
import TestSupport
import Testing

struct KeyFileTests {
    private let folder: TemporaryFolder
    private let recoveryHash = [UInt8](1...32)

    init() throws {
        folder = try TemporaryFolder()
    }

    private var keyPath: String { folder.path + "/" + KeyFile.keyName }
    private var publicPath: String { folder.path + "/" + KeyFile.publicName }

    private func passphrase(_ text: String = "correct horse") throws -> SecretBytes? {
        try SecretBytes(copying: Array(text.utf8))
    }

    @discardableResult private func writeSealed() throws -> IdentityKeys {
        let keys = try IdentityKeys.generate()
        let phrase = try passphrase()
        try KeyFile.write(
            keys, recoveryHash: recoveryHash, passphrase: phrase, directory: folder.path, cost: .least)
        return keys
    }

    @discardableResult private func writeUnsealed() throws -> IdentityKeys {
        let keys = try IdentityKeys.generate()
        try KeyFile.write(keys, recoveryHash: recoveryHash, passphrase: nil, directory: folder.path)
        return keys
    }

    private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: keyPath))) }

    /// Puts other bytes in place of the key file, with the rights that it needs.
    private func replace(_ bytes: some Sequence<UInt8>) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: keyPath))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keyPath)
    }

    private func withChecksum(_ bytes: [UInt8]) -> [UInt8] {
        bytes.dropLast(16) + Blake2b.hash256(Array(bytes.dropLast(16))).prefix(16)
    }

    @Test func sealedFileOpensWithItsPassphrase() throws {
        let keys = try writeSealed()
        let phrase = try passphrase()
        let opened = try KeyFile.open(directory: folder.path, passphrase: phrase)
        #expect(opened.publicIdentity == keys.publicIdentity)
        let known = try KeyFile.readPublic(directory: folder.path)
        #expect(known.identity == keys.publicIdentity)
        #expect(known.recoveryHash == recoveryHash)
        #expect(known.needsPassphrase)
        #expect(try folder.names() == [KeyFile.keyName, KeyFile.publicName])
        #expect(try bytes().count == 192)
        let text = try String(contentsOfFile: publicPath, encoding: .utf8)
        #expect(text == "\(keys.publicIdentity)\nrecovery \(recoveryHash.hex)\n")
    }

    @Test func unsealedFileNeedsNoPassphrase() throws {
        let keys = try writeUnsealed()
        let opened = try KeyFile.open(directory: folder.path, passphrase: nil)
        #expect(opened.publicIdentity == keys.publicIdentity)
        #expect(try !KeyFile.readPublic(directory: folder.path).needsPassphrase)
        // The seed is not lying there in the clear for any search to find; anybody with this source can get
        // it.
        let seed = try keys.x25519SecretKey().withBytes { Array($0) }
        let file = try bytes()
        #expect(!(0...160).contains { file[$0..<$0 + 32].elementsEqual(seed) })
    }

    @Test func passphraseIsNeededAndMustBeRight() throws {
        try writeSealed()
        #expect(throws: IdentityError.keyFile(.needsPassphrase)) {
            try KeyFile.open(directory: folder.path, passphrase: nil)
        }
        for text in ["", "correct hors", "correct horse "] {
            let wrong = try passphrase(text)
            let error = #expect(throws: IdentityError.keyFile(.wrongPassphrase)) {
                try KeyFile.open(directory: folder.path, passphrase: wrong)
            }
            #expect(error?.description == "wrong passphrase, or the file was altered")
        }
    }

    @Test func nothingIsOverwritten() throws {
        try writeSealed()
        let before = try bytes()
        let keys = try IdentityKeys.generate()
        #expect(throws: IdentityError.exists(path: keyPath)) {
            try KeyFile.write(keys, recoveryHash: recoveryHash, passphrase: nil, directory: folder.path)
        }
        try FileManager.default.removeItem(atPath: publicPath)
        #expect(throws: IdentityError.exists(path: keyPath)) {
            try KeyFile.write(keys, recoveryHash: recoveryHash, passphrase: nil, directory: folder.path)
        }
        #expect(try bytes() == before)
        #expect(KeyFile.exists(directory: folder.path))
        // A stale public half counts, too.
        try FileManager.default.removeItem(atPath: keyPath)
        try Data("stale".utf8).write(to: URL(fileURLWithPath: publicPath))
        #expect(throws: IdentityError.exists(path: publicPath)) {
            try KeyFile.write(keys, recoveryHash: recoveryHash, passphrase: nil, directory: folder.path)
        }
        #expect(try folder.names() == [KeyFile.publicName])
    }

    @Test func theKeyFileIsItsOwnersAlone() throws {
        try writeUnsealed()
        let rights = try FileManager.default.attributesOfItem(atPath: keyPath)[.posixPermissions] as? NSNumber
        #expect(rights?.intValue == 0o600)
        for mode in [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o666, 0o777] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: keyPath)
            let error = #expect(throws: IdentityError.keyFile(.permissions(path: keyPath))) {
                try KeyFile.open(directory: folder.path, passphrase: nil)
            }
            #expect(error?.description.hasSuffix("chmod 600 \(keyPath)") == true)
            #expect(throws: IdentityError.self) { try KeyFile.readPublic(directory: folder.path) }
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: keyPath)
        #expect(throws: Never.self) { try KeyFile.open(directory: folder.path, passphrase: nil) }
    }

    @Test func theHintWorksForAPathWithBlanksAndQuotes() {
        let error = IdentityError.keyFile(.permissions(path: "/srv/it's mine/identity.key"))
        #expect(error.description.hasSuffix("type: chmod 600 '/srv/it'\\''s mine/identity.key'"))
    }

    @Test(arguments: [true, false])
    func everyBitCounts(sealed: Bool) throws {
        if sealed { try writeSealed() } else { try writeUnsealed() }
        let whole = try bytes()
        for position in whole.indices {
            for bit in 0..<8 {
                var altered = whole
                altered[position] ^= 1 << UInt8(bit)
                try replace(altered)
                let phrase = try passphrase()
                let expected: KeyFileFault =
                    switch position {
                    case 0..<11: .notKeyFile(path: keyPath)
                    case 11: .version(altered[11])
                    default: .altered
                    }
                #expect(throws: IdentityError.keyFile(expected)) {
                    try KeyFile.open(directory: folder.path, passphrase: phrase)
                }
            }
        }
    }

    /// Whoever alters the file on purpose makes the checksum fit; then the seal still holds.
    @Test(arguments: [true, false])
    func everyBitCountsWithAForgedChecksum(sealed: Bool) throws {
        if sealed { try writeSealed() } else { try writeUnsealed() }
        let whole = try bytes()
        for position in 12..<176 {
            var altered = whole
            altered[position] ^= 1
            try replace(withChecksum(altered))
            let phrase = try passphrase()
            #expect(throws: IdentityError.self, "byte \(position)") {
                try KeyFile.open(directory: folder.path, passphrase: phrase)
            }
        }
    }

    @Test func everyTruncationIsFound() throws {
        try writeUnsealed()
        let whole = try bytes()
        for length in whole.indices {
            try replace(whole.prefix(length))
            #expect(throws: IdentityError.keyFile(.truncated)) {
                try KeyFile.open(directory: folder.path, passphrase: nil)
            }
        }
        try replace(whole + [0])
        #expect(throws: IdentityError.keyFile(.altered)) {
            try KeyFile.open(directory: folder.path, passphrase: nil)
        }
    }

    /// A forged file must not make the program take 100 GiB or run for hours.
    @Test(arguments: [
        (passes: UInt32(1), memoryKiB: UInt32.max), (1, 1_048_577), (13, 8), (.max, 8), (0, 8), (1, 7),
        (1, 0),
    ])
    func forgedCostIsRefused(passes: UInt32, memoryKiB: UInt32) throws {
        try writeSealed()
        var file = try bytes()
        for index in 0..<4 {
            file[16 + index] = UInt8(truncatingIfNeeded: passes >> UInt32(24 - 8 * index))
            file[20 + index] = UInt8(truncatingIfNeeded: memoryKiB >> UInt32(24 - 8 * index))
        }
        try replace(withChecksum(file))
        let phrase = try passphrase()
        #expect(throws: IdentityError.keyFile(.cost)) {
            try KeyFile.open(directory: folder.path, passphrase: phrase)
        }
    }

    @Test func otherThingsInItsPlaceAreRefused() throws {
        #expect(throws: IdentityError.keyFile(.missing(path: keyPath))) {
            try KeyFile.open(directory: folder.path, passphrase: nil)
        }
        try replace(Array("-----BEGIN OPENSSH PRIVATE KEY-----".utf8))
        #expect(throws: IdentityError.keyFile(.notKeyFile(path: keyPath))) {
            try KeyFile.open(directory: folder.path, passphrase: nil)
        }
        try FileManager.default.removeItem(atPath: keyPath)
        try FileManager.default.createDirectory(atPath: keyPath, withIntermediateDirectories: false)
        #expect(throws: IdentityError.keyFile(.notOwnRegularFile(path: keyPath))) {
            try KeyFile.open(directory: folder.path, passphrase: nil)
        }
    }

    @Test func aNamedPipeDoesNotHoldTheProgramUp() throws {
        try #require(mkfifo(keyPath, 0o600) == 0)
        #expect(throws: IdentityError.keyFile(.notOwnRegularFile(path: keyPath))) {
            try KeyFile.open(directory: folder.path, passphrase: nil)
        }
    }

    @Test func publicHalfOfAnotherKeyIsFound() throws {
        let keys = try writeUnsealed()
        let text = try String(contentsOfFile: publicPath, encoding: .utf8)
        let other = try IdentityKeys.generate()
        try text.replacing(keys.publicIdentity.fingerprint, with: other.publicIdentity.fingerprint)
            .write(toFile: publicPath, atomically: false, encoding: .utf8)
        #expect(throws: IdentityError.keyFile(.publicFileDiffers(path: publicPath))) {
            try KeyFile.readPublic(directory: folder.path)
        }
        try FileManager.default.removeItem(atPath: publicPath)
        #expect(try KeyFile.readPublic(directory: folder.path).identity == keys.publicIdentity)
    }

    @Test func whereNothingCanBeWrittenNothingIsLeft() throws {
        let keys = try IdentityKeys.generate()
        let missing = folder.path + "/missing"
        #expect(
            throws: IdentityError.inputOutput(doing: "write", path: missing + "/identity.key", code: ENOENT)
        ) {
            try KeyFile.write(keys, recoveryHash: recoveryHash, passphrase: nil, directory: missing)
        }
        #expect(try folder.names() == [])
    }
}
