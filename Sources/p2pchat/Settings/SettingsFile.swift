import Foundation
import Glibc
import Identity

/// The user's settings file: `settings.toml`.
struct SettingsFile: Sendable {
    static let name = "settings.toml"

    let path: String

    /// Missing, it says nothing, and the defaults are in use.
    func read() -> SettingsDocument {
        guard FileManager.default.fileExists(atPath: path) else { return SettingsDocument() }
        do {
            return SettingsDocument(try text())
        } catch {
            return SettingsDocument(unreadable: CommandError(describing: error).message)
        }
    }

    /// Changes one setting in the file as it is now; the file is made when it is missing. The old file stays whole when that fails.
    func set(_ entry: SettingEntry, to value: String) throws -> SettingsDocument {
        guard FileManager.default.fileExists(atPath: path) else {
            let changed = try SettingsDocument(Self.head).setting(entry, to: value)
            try makeFolder()
            try FileSystem.create(path, Array(changed.text.utf8), mode: 0o644)
            return changed
        }
        let changed = try SettingsDocument(text()).setting(entry, to: value)
        var status = stat()
        let mode = stat(path, &status) == 0 ? status.st_mode & 0o777 : 0o644
        try FileSystem.replace(path, Array(changed.text.utf8), mode: mode)
        return changed
    }

    /// What changes when the file does; nil where there is none.
    var stamp: Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            node: status.st_ino, size: status.st_size, seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
    }

    struct Stamp: Equatable, Sendable {
        let node: ino_t
        let size: off_t
        let seconds: Int
        let nanoseconds: Int
    }

    private func text() throws -> String {
        let bytes = try FileSystem.read(path, limit: Self.longest, isSecret: false)
        guard bytes.count <= Self.longest else {
            throw CommandError(.badData, "\(path) is longer than \(Self.longest) bytes")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(.badData, "\(path) is not UTF-8 text")
        }
        return text
    }

    private func makeFolder() throws {
        let folder = (path as NSString).deletingLastPathComponent
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError(.inputOutput, "cannot make the folder \(folder)")
        }
    }

    private static let longest = 65_536
    private static let head = "# Settings of p2pchat. /set in the chat lists them, and changes them here.\n\n"
}
