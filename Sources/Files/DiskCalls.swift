import Glibc

/// A call that failed, with its errno.
struct DiskError: Error, Equatable {
    let code: Int32
}

/// The calls on a receiver's disk that fail where disks do. Tests put failing ones in their place.
struct DiskCalls: Sendable {
    /// Writes at an offset; may write less than all.
    var write: @Sendable (Int32, UnsafeRawBufferPointer, Int64) throws(DiskError) -> Int = {
        (descriptor, bytes, offset) throws(DiskError) in
        let count = pwrite(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
        guard count >= 0 else { throw DiskError(code: errno) }
        return count
    }

    /// Waits until what was written is on the disk.
    var sync: @Sendable (Int32) throws(DiskError) -> Void = { (descriptor) throws(DiskError) in
        guard fdatasync(descriptor) == 0 else { throw DiskError(code: errno) }
    }

    /// Gives a file another name in its folder, if that is not taken (`EEXIST`).
    var place: @Sendable (String, String) throws(DiskError) -> Void = { (old, new) throws(DiskError) in
        if link(old, new) == 0 {
            unlink(old)
            return
        }
        let code = errno
        guard [EPERM, EOPNOTSUPP, ENOSYS, EMLINK, EXDEV].contains(code) else { throw DiskError(code: code) }
        // A file system without hard links: an empty file holds the name for the moment that it takes.
        let holder = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard holder >= 0 else { throw DiskError(code: errno) }
        close(holder)
        guard rename(old, new) == 0 else {
            let code = errno
            unlink(new)
            throw DiskError(code: code)
        }
    }

    /// Bytes that the folder's disk has for its user.
    var free: @Sendable (String) throws(DiskError) -> Int64 = { (folder) throws(DiskError) in
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { throw DiskError(code: errno) }
        let bytes = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return bytes.overflow ? Int64.max : Int64(clamping: bytes.partialValue)
    }

    /// Makes the names in a folder durable.
    var syncFolder: @Sendable (String) throws(DiskError) -> Void = { (folder) throws(DiskError) in
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiskError(code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw DiskError(code: errno) }
    }
}
