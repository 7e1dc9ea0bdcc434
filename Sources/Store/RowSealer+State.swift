import Sodium

extension RowSealer {
    /// Lends the sealed form of a message's state byte.
    func withSealedState<R>(
        _ byte: UInt8, _ place: RowPlace, _ body: (UnsafeRawBufferPointer) throws -> R
    ) throws -> R {
        try withUnsafeTemporaryAllocation(byteCount: Self.overhead + 1, alignment: 1) { output in
            let count = try withUnsafeBytes(of: byte) { try seal($0, into: output, place) }
            return try body(UnsafeRawBufferPointer(rebasing: output[..<count]))
        }
    }

    /// The state of an outgoing message; nil for an incoming one.
    ///
    /// - Throws: `StoreError.altered`, or `unreadable` for a byte that this version does not write.
    func state(_ sealed: UnsafeRawBufferPointer, _ place: RowPlace) throws -> DeliveryState? {
        guard sealed.count == Self.overhead + 1 else {
            throw StoreError.altered(table: place.column.table, row: place.row)
        }
        var byte: UInt8 = 0
        _ = try withUnsafeMutableBytes(of: &byte) { try open(sealed, into: $0, place) }
        return try StateForm.decode(byte)
    }
}
