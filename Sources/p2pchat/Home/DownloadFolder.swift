import Foundation

/// Where files go when nobody says where.
enum DownloadFolder {
    /// The user's folder for downloads, else `files` in the home; made when it is missing.
    static func make(for home: Home) throws -> String {
        let own = home.path + "/files"
        for folder in [wanted(), own].compactMap({ $0 }) {
            try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            if (try? FolderCheck.writable(folder)) != nil { return folder }
        }
        return try FolderCheck.writable(own)
    }

    /// `XDG_DOWNLOAD_DIR` of user-dirs.dirs (xdg-user-dirs), else `Downloads`; nil without a home folder of the user's.
    private static func wanted() -> String? {
        let environment = ProcessInfo.processInfo.environment
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        let named = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let file = (named ?? home + "/.config") + "/user-dirs.dirs"
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return downloads(in: text, home: home) ?? home + "/Downloads"
    }

    /// The value, which is absolute or begins with `$HOME/`, in double quotes.
    static func downloads(in text: String, home: String) -> String? {
        var found: String?
        for line in text.split(separator: "\n") {
            let line = String(line).trimmed
            guard line.hasPrefix(key), line.hasSuffix("\""), line.count > key.count + 1 else { continue }
            let value = String(line.dropFirst(key.count).dropLast())
            if value.hasPrefix("$HOME/") {
                found = home + value.dropFirst("$HOME".count)
            } else if value.hasPrefix("/") {
                found = value
            }
        }
        // By the convention of xdg-user-dirs, the user's home itself means: no such folder.
        return found == home + "/" ? nil : found
    }

    private static let key = "XDG_DOWNLOAD_DIR=\""
}
