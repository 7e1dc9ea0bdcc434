import Foundation

/// Paths as they are typed into the chat, where no shell reads them.
enum TypedPath {
    /// The absolute path of a regular file that can be read.
    static func file(_ typed: String) throws -> String { try FolderCheck.readable(unquoted(typed)) }

    /// The absolute path of a folder that takes files.
    static func folder(_ typed: String) throws -> String { try FolderCheck.writable(unquoted(typed)) }

    /// Without the quotes or backslashes that a terminal adds to a file which is dropped on it; as it is when there is such a path.
    private static func unquoted(_ typed: String) -> String {
        guard !FileManager.default.fileExists(atPath: FolderCheck.absolute(typed)) else { return typed }
        for quote in ["'", "\""] where typed.count > 1 && typed.hasPrefix(quote) && typed.hasSuffix(quote) {
            return String(typed.dropFirst().dropLast())
        }
        return typed.replacing("\\ ", with: " ")
    }

    /// What the beginning of a path may be meant to become.
    static func completions(_ beginning: String) -> [String] {
        let cut = beginning.lastIndex(of: "/").map { beginning.index(after: $0) } ?? beginning.startIndex
        let (folder, name) = (String(beginning[..<cut]), beginning[cut...])
        let path = folder.isEmpty ? "." : FolderCheck.absolute(folder)
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return entries.filter { $0.hasPrefix(name) && (!$0.hasPrefix(".") || name.hasPrefix(".")) }.sorted()
            .prefix(200).map { entry in
                var isFolder: ObjCBool = false
                _ = FileManager.default.fileExists(atPath: path + "/" + entry, isDirectory: &isFolder)
                return folder + entry + (isFolder.boolValue ? "/" : "")
            }
    }
}
