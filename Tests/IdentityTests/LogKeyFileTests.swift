import Foundation
import Identity
import Sodium
import TestSupport
import Testing

struct LogKeyFileTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private var path: String { folder.path + "/" + LogKeyFile.name }

    private func statements(_ count: Int) -> [[UInt8]] {
        (0..<count).map { [UInt8](repeating: UInt8($0 & 255), count: LogKeyFile.statementByteCount) }
    }

    @Test(arguments: [0, 1, 63]) func comesBackAsItWasWritten(former: Int) throws {
        let file = try LogKeyFile.generate(former: statements(former))
        try file.replace(folder: folder.path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? Int) == 0o600)
        guard let read = try LogKeyFile.read(folder: folder.path) else {
            Issue.record("there is no file")
            return
        }
        #expect(read.former == file.former)
        let isSame = read.seed.constantTimeEquals(file.seed)
        #expect(isSame)
    }

    @Test func isMissingOrReplacedWhole() throws {
        let isMissing = try LogKeyFile.read(folder: folder.path) == nil
        #expect(isMissing)
        for count in 0..<3 {
            try LogKeyFile.generate(former: statements(count)).replace(folder: folder.path)
            #expect(try folder.names() == [LogKeyFile.name])
            guard let read = try LogKeyFile.read(folder: folder.path) else {
                Issue.record("there is no file")
                return
            }
            #expect(read.former.count == count)
        }
    }

    @Test func copyOverwritesNothing() throws {
        let file = try LogKeyFile.generate()
        let copy = folder.path + "/copy"
        try file.create(copy)
        #expect(throws: IdentityError.exists(path: copy)) { try file.create(copy) }
    }

    @Test func everyBitAndEveryTruncationIsFound() throws {
        try LogKeyFile.generate(former: statements(1)).replace(folder: folder.path)
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
        func expectRefusal(_ changed: [UInt8]) throws {
            try Data(changed).write(to: URL(fileURLWithPath: path))
            #expect(throws: IdentityError.self) { _ = try LogKeyFile.read(folder: folder.path) != nil }
        }
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1 << UInt8(index & 7)
            try expectRefusal(changed)
            try expectRefusal(Array(bytes.prefix(index)))
        }
        try expectRefusal(bytes + [0])
    }

    @Test func othersMayNotReadIt() throws {
        try LogKeyFile.generate().replace(folder: folder.path)
        chmod(path, 0o640)
        #expect(throws: IdentityError.keyFile(.permissions(path: path))) {
            _ = try LogKeyFile.read(folder: folder.path) != nil
        }
    }

    @Test func keysAreReplacedOnlySoOften() {
        #expect(throws: IdentityError.self) { _ = try LogKeyFile.generate(former: statements(64)).former }
        #expect(throws: IdentityError.self) { _ = try LogKeyFile.generate(former: [[1]]).former }
    }
}
