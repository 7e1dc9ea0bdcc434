/// C wants byte pointers that are not null, also where the length is 0 and Swift has none.
extension UnsafeRawBufferPointer {
    var octets: UnsafePointer<UInt8> {
        (baseAddress ?? UnsafeRawPointer(Placeholder.address)).assumingMemoryBound(to: UInt8.self)
    }
}

extension UnsafeMutableRawBufferPointer {
    var octets: UnsafeMutablePointer<UInt8> {
        (baseAddress ?? Placeholder.address).assumingMemoryBound(to: UInt8.self)
    }
}

private enum Placeholder {
    /// Never read or written: it only stands for the start of nothing.
    nonisolated(unsafe) static let address = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
}
