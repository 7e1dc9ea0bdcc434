import ArgumentParser
import Foundation
import Glibc
import Identity

/// The folder that holds one identity and what belongs to it.
struct Home: Sendable {
    /// An absolute path.
    let path: String
    /// In the home where it was named, so that two homes do not share settings; else in the XDG configuration folder.
    let settingsFile: SettingsFile

    var databasePath: String { path + "/home.sqlite" }
    var lockPath: String { path + "/lock" }
    static let controlName = "control.sock"
    var controlPath: String { path + "/" + Self.controlName }

    /// The folder named by `--home`, by `P2PCHAT_HOME`, or the XDG data folder.
    init(option: String?) {
        let named =
            option ?? ProcessInfo.processInfo.environment["P2PCHAT_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        path = Self.absolute(named ?? Self.dataFolder + "/p2pchat")
        settingsFile = SettingsFile(
            path: (named == nil ? Self.configurationFolder + "/p2pchat" : path) + "/" + SettingsFile.name)
    }

    /// A directory's state folder: the one named by `--state`, or one in the XDG data folder.
    init(stateOption: String?) {
        path = Self.absolute(stateOption ?? Self.dataFolder + "/p2pchat-directory")
        settingsFile = SettingsFile(path: path + "/" + SettingsFile.name)
    }

    private static var dataFolder: String { xdgFolder("XDG_DATA_HOME", otherwise: ".local/share") }
    private static var configurationFolder: String { xdgFolder("XDG_CONFIG_HOME", otherwise: ".config") }

    private static func xdgFolder(_ variable: String, otherwise folder: String) -> String {
        let environment = ProcessInfo.processInfo.environment
        // The XDG specification says that a relative path is to be ignored.
        if let named = environment[variable], named.hasPrefix("/") { return named }
        // Not Foundation's home folder: that is the user database's, whatever the environment says.
        if let home = environment["HOME"], home.hasPrefix("/") { return home + "/" + folder }
        return NSHomeDirectory() + "/" + folder
    }

    private static func absolute(_ path: String) -> String {
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        return URL(fileURLWithPath: absolute).standardized.path
    }

    /// Makes the folder, closed to others, when it is not there.
    func create() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandError(
                .inputOutput, "cannot make the folder \(path)",
                hint: "choose another one with --home DIR or P2PCHAT_HOME")
        }
        guard access(path, W_OK) == 0 else {
            throw CommandError(
                .inputOutput, "cannot write to the folder \(path)",
                hint: "choose another one with --home DIR or P2PCHAT_HOME")
        }
    }

    /// The public half of the identity here.
    func publicIdentity() throws -> KeyFile.PublicPart {
        guard KeyFile.exists(directory: path) else { throw noIdentity }
        return try KeyFile.readPublic(directory: path)
    }

    var noIdentity: CommandError {
        CommandError(
            .noIdentity, "there is no identity in \(path)",
            hint: "make one with: p2pchat keygen\n  or restore one: p2pchat key restore FILE")
    }
}
