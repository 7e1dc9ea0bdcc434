import Foundation
import TestSupport
import Testing

@testable import p2pchat

/// The file on disk: kept whole, read again when it changes.
@Suite struct SettingsFileTests {
    private let temporary: TemporaryFolder
    private var folder: String { temporary.path }

    init() throws {
        temporary = try TemporaryFolder()
    }

    private func entry(_ name: String) throws -> SettingEntry { try #require(SettingTable.entry(name)) }

    private func write(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    @Test func aChangeMakesTheFileAndItsFolder() throws {
        let keeper = SettingsKeeper(SettingsFile(path: folder + "/new/p2pchat/settings.toml"))
        #expect(keeper.document == SettingsDocument())
        try keeper.set(entry("bell"), to: "no")
        #expect(keeper.settings.bell == false)
        #expect(SettingsKeeper(keeper.file).settings == keeper.settings)
        // What the program wrote itself is no news.
        #expect(keeper.refresh() == nil)
    }

    @Test func whatChangesOnDiskIsNewsOnce() throws {
        let path = folder + "/settings.toml"
        let keeper = SettingsKeeper(SettingsFile(path: path))
        #expect(keeper.refresh() == nil)
        try write("mouse = true\n", path)
        #expect(keeper.refresh()?.settings.mouse == true)
        #expect(keeper.refresh() == nil)
        try write("mouse = 7\n", path)
        let document = try #require(keeper.refresh())
        #expect(document.problems.map(\.line) == [1])
        #expect(keeper.settings == Settings())
        try FileManager.default.removeItem(atPath: path)
        #expect(keeper.refresh()?.problems == [])
        #expect(keeper.refresh() == nil)
    }

    /// Written between two looks by the user: the change is made in what stands there now.
    @Test func aChangeKeepsWhatWasWrittenMeanwhile() throws {
        let path = folder + "/settings.toml"
        let keeper = SettingsKeeper(SettingsFile(path: path))
        try write("# mine\ntitle = false\n", path)
        try keeper.set(entry("mouse"), to: "yes")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "# mine\ntitle = false\nmouse = true\n")
        #expect(keeper.settings.title == false)
    }

    @Test func aLinkStaysALinkAndTheModeStays() throws {
        let (path, target) = (folder + "/settings.toml", folder + "/kept-elsewhere")
        try write("mouse = true\n", target)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: target)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
        try SettingsKeeper(SettingsFile(path: path)).set(entry("mouse"), to: "no")
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: path) == target)
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "mouse = false\n")
        let mode = try FileManager.default.attributesOfItem(atPath: target)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 2)
    }

    @Test func aFileThatIsNoneIsNamedAndLeftAlone() throws {
        let path = folder + "/settings.toml"
        for bytes in [Data([0x62, 0xFF, 0x0A]), Data(repeating: 0x23, count: 70_000)] {
            try bytes.write(to: URL(fileURLWithPath: path))
            let keeper = SettingsKeeper(SettingsFile(path: path))
            #expect(keeper.document.problems.count == 1)
            #expect(keeper.settings == Settings())
            #expect(throws: CommandError.self) { try keeper.set(entry("bell"), to: "no") }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
            #expect(keeper.settings == Settings())
        }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        #expect(SettingsFile(path: path).read().problems.count == 1)
    }
}
