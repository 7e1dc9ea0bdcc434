import Files
import Foundation
import Glibc

/// What the user names, looked at before anything is begun.
enum FolderCheck {
    /// The absolute path of a folder that takes files.
    @discardableResult
    static func writable(_ path: String) throws -> String {
        let path = absolute(path)
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw FileError.inputOutput(doing: "write to", path: path, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw FileError.notDirectory(path: path) }
        guard access(path, W_OK | X_OK) == 0 else {
            throw FileError.inputOutput(doing: "write to", path: path, code: errno)
        }
        return path
    }

    /// The absolute path of a regular file that can be read.
    static func readable(_ path: String) throws -> String {
        let path = absolute(path)
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw FileError.inputOutput(doing: "read", path: path, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError.notRegular(path: path) }
        guard access(path, R_OK) == 0 else {
            throw FileError.inputOutput(doing: "read", path: path, code: errno)
        }
        return path
    }

    /// With `~/` as a shell has it, for where there is no shell.
    static func absolute(_ path: String) -> String {
        if path == "~" || path.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"] {
            return home + path.dropFirst()
        }
        return path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
