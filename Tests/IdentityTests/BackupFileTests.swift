import Foundation
import Identity
import Sodium
import TestSupport
import Testing

struct BackupFileTests {
    private let folder: TemporaryFolder
    private let recoveryHash = [UInt8](1...32)

    init() throws {
        folder = try TemporaryFolder()
    }

    private var path: String { folder.path + "/backup" }

    private func passphrase(_ text: String = "correct horse") throws -> SecretBytes {
        try SecretBytes(copying: Array(text.utf8))
    }

    @discardableResult
    private func write(_ content: [[UInt8]]) throws -> IdentityKeys {
        let keys = try IdentityKeys.generate()
        let writer = try BackupWriter(
            path: path, keys: keys, recoveryHash: recoveryHash, passphrase: passphrase(), cost: .least)
        for piece in content { try writer.append(piece) }
        try writer.finish()
        return keys
    }

    private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    private func replace(_ bytes: some Sequence<UInt8>) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    private func content(_ reader: BackupReader) throws -> [UInt8] {
        var content: [UInt8] = []
        while let piece = try reader.next() { content += piece }
        return content
    }

    private func read() throws -> [UInt8] {
        try content(BackupFile(path: path).open(passphrase: passphrase()))
    }

    /// Around the ends of chunks, which are 65,536 bytes.
    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 131_072, 200_000])
    func whatWasWrittenIsRead(count: Int) throws {
        let whole = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
        let keys = try write([Array(whole.prefix(count / 3)), Array(whole.dropFirst(count / 3))])
        let reader = try BackupFile(path: path).open(passphrase: passphrase())
        #expect(reader.keys.publicIdentity == keys.publicIdentity)
        #expect(reader.recoveryHash == recoveryHash)
        #expect(try content(reader) == whole)
        try reader.rewind()
        #expect(try content(reader) == whole)
        let chunks = max(1, (count + 65_535) / 65_536)
        #expect(try bytes().count == 161 + count + 17 * chunks)
        let rights = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber
        #expect(rights?.intValue == 0o600)
        #expect(try folder.names() == ["backup"])
    }

    @Test func anotherPassphraseDoesNotOpenIt() throws {
        try write([[1, 2, 3]])
        for text in ["", "correct hors", "correct horse "] {
            #expect(throws: IdentityError.backup(.wrongPassphrase)) {
                try BackupFile(path: path).open(passphrase: passphrase(text))
            }
        }
    }

    @Test func everyBitCounts() throws {
        try write([Array("what is sealed".utf8)])
        let whole = try bytes()
        for position in whole.indices {
            for bit in 0..<8 {
                var altered = whole
                altered[position] ^= 1 << UInt8(bit)
                try replace(altered)
                let expected: BackupFault =
                    switch position {
                    case 0..<14: .notBackup(path: path)
                    case 14: .version(altered[14])
                    case 15..<161: .altered
                    // A short chunk that does not open looks like a cut one.
                    default: .truncated
                    }
                #expect(throws: IdentityError.backup(expected)) { try read() }
            }
        }
    }

    /// Whoever alters the head on purpose makes the checksum fit; then the seal still holds.
    @Test func everyByteOfTheHeadCountsWithAForgedChecksum() throws {
        try write([[1, 2, 3]])
        let whole = try bytes()
        for position in 15..<145 {
            var altered = whole
            altered[position] ^= 1
            altered.replaceSubrange(145..<161, with: Blake2b.hash256(Array(altered[..<145])).prefix(16))
            try replace(altered)
            #expect(throws: IdentityError.self, "byte \(position)") { try read() }
        }
    }

    @Test func everyTruncationIsFound() throws {
        try write([Array(repeating: 7, count: 70_000)])
        let whole = try bytes()
        let cuts = Array(1..<200) + Array(65_536 + 161..<65_536 + 161 + 40) + [whole.count - 1]
        for length in cuts {
            try replace(whole.prefix(length))
            #expect(throws: IdentityError.backup(.truncated), "\(length) bytes") { try read() }
        }
        try replace(whole + [0])
        #expect(throws: IdentityError.self) { try read() }
        try replace([])
        #expect(throws: IdentityError.backup(.notBackup(path: path))) { try read() }
    }

    @Test func chunksCannotBeSwappedOrLeftOut() throws {
        try write([Array(repeating: 7, count: 200_000)])
        let whole = try bytes()
        let size = 65_536 + 17
        let chunks = [Array(whole[161..<161 + size]), Array(whole[161 + size..<161 + 2 * size])]
        let rest = Array(whole[(161 + 2 * size)...])
        for order in [[1, 0], [1], [0, 0, 1]] {
            try replace(whole[..<161] + order.flatMap { chunks[$0] } + rest)
            #expect(throws: IdentityError.backup(.altered)) { try read() }
        }
    }

    /// A forged file must not make the program take 100 GiB or run for hours.
    @Test(arguments: [(passes: UInt32(1), memoryKiB: UInt32.max), (13, 8), (0, 8), (1, 7)])
    func forgedCostIsRefused(passes: UInt32, memoryKiB: UInt32) throws {
        try write([])
        var file = try bytes()
        for index in 0..<4 {
            file[16 + index] = UInt8(truncatingIfNeeded: passes >> UInt32(24 - 8 * index))
            file[20 + index] = UInt8(truncatingIfNeeded: memoryKiB >> UInt32(24 - 8 * index))
        }
        file.replaceSubrange(145..<161, with: Blake2b.hash256(Array(file[..<145])).prefix(16))
        try replace(file)
        #expect(throws: IdentityError.backup(.cost)) { try read() }
    }

    @Test func nothingIsOverwrittenAndNothingUnfinishedStays() throws {
        try write([[1]])
        let before = try bytes()
        #expect(throws: IdentityError.exists(path: path)) { try write([[2]]) }
        #expect(try bytes() == before)
        do {
            let writer = try BackupWriter(
                path: folder.path + "/other", keys: .generate(), recoveryHash: recoveryHash,
                passphrase: passphrase(), cost: .least)
            try writer.append(Array(repeating: 1, count: 100_000))
        }
        #expect(try folder.names() == ["backup"])
        // Another took the name while it was written.
        let writer = try BackupWriter(
            path: folder.path + "/other", keys: .generate(), recoveryHash: recoveryHash,
            passphrase: passphrase(), cost: .least)
        try Data("mine".utf8).write(to: URL(filePath: folder.path + "/other"))
        #expect(throws: IdentityError.exists(path: folder.path + "/other")) { try writer.finish() }
        #expect(try folder.names() == ["backup", "other"])
    }

    @Test func otherThingsInItsPlaceAreRefused() throws {
        #expect(throws: IdentityError.inputOutput(doing: "read", path: path, code: ENOENT)) { try read() }
        #expect(throws: IdentityError.backup(.notRegularFile(path: folder.path))) {
            try BackupFile(path: folder.path)
        }
        try #require(mkfifo(path, 0o600) == 0)
        #expect(throws: IdentityError.backup(.notRegularFile(path: path))) { try read() }
        try FileManager.default.removeItem(atPath: path)
        try replace(Array("-----BEGIN OPENSSH PRIVATE KEY-----".utf8))
        #expect(throws: IdentityError.backup(.notBackup(path: path))) { try read() }
    }
}
