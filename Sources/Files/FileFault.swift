import Glibc
import Wire

/// Why a transfer does not go on. The raw values are stored.
package enum FileFault: String, Error, Equatable, Sendable, CaseIterable {
    /// The sender's file is not the one that was offered any more.
    case changed
    /// The sender has no such file or offer any more.
    case gone
    /// The receiver's disk is full, or a quota is.
    case noSpace = "no-space"
    /// The receiver's folder takes no files: read-only, or others'.
    case notWritable = "not-writable"
    /// The receiver's folder is not there.
    case noFolder = "no-folder"
    /// The receiver's file system takes no file of this size.
    case tooLarge = "too-large"
    /// This side could not read or write.
    case inputOutput = "input-output"
    /// The other side could not read or write.
    case peerFailed = "peer-failed"
    /// What came does not have the hash that was offered.
    case mismatch
    /// The peer sent, or asked for, what the protocol does not allow.
    case notAsked = "not-asked"
    /// The peer was asked and sent nothing for 15 minutes.
    case noAnswer = "no-answer"
    /// What was to be noted in the home could not be.
    case notNoted = "not-noted"
    /// The part file is not what was written to it. Accepted again, the file is fetched from its beginning.
    case partAltered = "part-altered"

    /// Of a call on the receiver's disk.
    init(writing code: Int32) {
        switch code {
        case ENOSPC, EDQUOT: self = .noSpace
        case EROFS, EACCES, EPERM, ELOOP, EEXIST: self = .notWritable
        case ENOENT, ENOTDIR: self = .noFolder
        case EFBIG: self = .tooLarge
        default: self = .inputOutput
        }
    }

    /// Of a call on the sender's file.
    init(reading code: Int32) {
        switch code {
        case ENOENT, ENOTDIR: self = .gone
        default: self = .inputOutput
        }
    }

    /// Whether what the receiver has can still become the file, once the fault is gone.
    var keepsPart: Bool {
        switch self {
        case .changed, .mismatch, .notAsked: false
        case .gone, .noSpace, .notWritable, .noFolder, .tooLarge, .inputOutput, .peerFailed, .noAnswer,
            .notNoted,
            .partAltered:
            true
        }
    }

    /// What the other side is told.
    var reason: FileEnd.Reason {
        switch self {
        case .changed: .changed
        case .gone: .gone
        case .noSpace, .tooLarge: .noSpace
        case .mismatch, .notAsked: .mismatch
        case .notWritable, .noFolder, .inputOutput, .peerFailed, .notNoted, .partAltered, .noAnswer: .failed
        }
    }
}

extension FileFault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .changed: "the file was changed after it was offered"
        case .gone: "the sender does not have the file any more"
        case .noSpace: "no space left on the receiver's disk"
        case .notWritable: "the folder does not take files"
        case .noFolder: "the folder is not there any more"
        case .tooLarge: "the file is larger than the receiver's file system takes"
        case .inputOutput: "a file could not be read or written"
        case .peerFailed: "the other side could not read or write"
        case .mismatch: "what came is not what was offered"
        case .notAsked: "the other side did not keep to the protocol"
        case .noAnswer: "the other side sent nothing any more"
        case .notNoted: "this home could not note how far it came"
        case .partAltered: "the part file was altered; accept again to begin anew"
        }
    }
}

/// Why something that was asked of the engine was not done. Nothing was changed then.
package enum FileError: Error, Equatable, Sendable {
    /// No such offer.
    case unknown
    /// Not possible any more, as it is complete, declined, or cancelled.
    case over(TransferState)
    /// A directory, a device, a pipe: only regular files are sent.
    case notRegular(path: String)
    case notDirectory(path: String)
    /// Bytes needed, and bytes that the disk has for them.
    case noSpace(path: String, needs: Int64, free: Int64)
    /// The file was written to while it was read.
    case changing(path: String)
    /// `doing` is "read" or "write", `code` an errno.
    case inputOutput(doing: String, path: String, code: Int32)
    /// So many offers to one peer are open that no more are taken.
    case tooMany
}

extension FileError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknown: "there is no such file offer"
        case .over(let state): "that transfer is over: \(state)"
        case .notRegular(let path): "\(path) is not a regular file"
        case .notDirectory(let path): "\(path) is not a folder"
        case .noSpace(let path, let needs, let free):
            "not enough space in \(path): the file needs \(needs) bytes, \(free) are free"
        case .changing(let path): "\(path) is being written to; try again when it is finished"
        case .inputOutput(let doing, let path, let code):
            "cannot \(doing) \(path): \(String(cString: strerror(code)))"
        case .tooMany: "too many files are on offer to this peer"
        }
    }
}
