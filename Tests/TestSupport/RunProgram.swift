import Foundation

/// What a program left.
package struct ProgramRun: Sendable {
    /// The exit status, or 128 and the number of the signal that ended it.
    package let status: Int32
    package let output: String
    package let errors: String
}

/// Runs a program to its end, with nothing on its standard input, without blocking a thread of the test's pool. For
/// programs that say little: what they print goes through files.
package func runProgram(
    _ path: String, _ arguments: [String], environment: [String: String]
) async throws -> ProgramRun {
    let input = try FileHandle(forReadingFrom: URL(filePath: "/dev/null"))
    let output = try temporaryFile()
    let errors = try temporaryFile()
    let child = try ChildProcess(
        path, arguments, environment: environment, input: input.fileDescriptor, output: output.fileDescriptor,
        errors: errors.fileDescriptor)
    let status = await child.wait()
    func text(_ file: FileHandle) throws -> String {
        try file.seek(toOffset: 0)
        return String(decoding: try file.readToEnd() ?? Data(), as: UTF8.self)
    }
    return ProgramRun(status: status, output: try text(output), errors: try text(errors))
}

/// Open for reading and writing, and already without a name.
private func temporaryFile() throws -> FileHandle {
    let path = FileManager.default.temporaryDirectory.appending(path: "output-XXXXXX").path
    var name = Array(path.utf8CString)
    let descriptor = mkstemp(&name)
    guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    unlink(name)
    return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
}
