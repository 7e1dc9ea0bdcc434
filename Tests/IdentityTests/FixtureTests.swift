import Foundation
import Identity
import Sodium
import TestSupport
import Testing

/// Files of every format version ever written stay readable (Keys/README.md).
struct FixtureTests {
    @Test(arguments: ["key-v1"])
    func oldKeyFilesOpen(name: String) throws {
        let source = PackageFolder.keyFixtures + "/" + name
        // A checkout gives everybody the right to read; the program would refuse that.
        let home = try TemporaryFolder()
        // No file of the name that a home's key has belongs in a repository.
        for (file, copy) in [
            ("worthless-key-file.bin", KeyFile.keyName), (KeyFile.publicName, KeyFile.publicName),
        ] {
            try FileManager.default.copyItem(atPath: source + "/" + file, toPath: home.path + "/" + copy)
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600], ofItemAtPath: home.path + "/" + KeyFile.keyName)

        let phrase = try String(contentsOfFile: source + "/passphrase.txt", encoding: .utf8)
        #expect(phrase.contains("worthless"))
        let line = Array(phrase.utf8.prefix { $0 != UInt8(ascii: "\n") })
        let passphrase: SecretBytes? = try SecretBytes(copying: line)
        let keys = try KeyFile.open(directory: home.path, passphrase: passphrase)
        let known = try KeyFile.readPublic(directory: home.path)
        #expect(known.identity == keys.publicIdentity)
        #expect(known.needsPassphrase)
        // The seed of RFC 8032, §7.1, test 1, which the whole world knows.
        #expect(keys.publicIdentity.bytes.hex == Published.key1)
        #expect(known.recoveryHash.hex == "10a6ba884fc6d09dea56834e6c485826f61e9b8860f3804664a349b9cdde4f12")
    }
}
