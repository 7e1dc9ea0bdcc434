import CSodium
import Glibc

extension SecretBytes {
    /// Reads one line straight into secret memory: up to and without the first newline, or up to the end of
    /// the input; a carriage return before the newline goes too. Bytes behind the newline are not consumed.
    ///
    /// - Parameter limit: the most bytes a line may have (a passphrase: 1024).
    /// - Throws: `lineTooLong` past the limit, `readFailed` with `errno`.
    package static func readLine(
        fileDescriptor: Int32, limit: Int = 1024
    ) throws(SodiumError) -> SecretBytes {
        guard limit > 0 else { throw .invalidLength }
        // Two more than the limit: a carriage return and a newline may follow the longest line.
        var buffer = try SecretBytes(zeroed: limit + 2)
        let length = try buffer.withMutableBytes { bytes throws(SodiumError) -> Int in
            var length = 0
            while length < bytes.count {
                // One byte at a time, so that what follows the line stays for the next reader.
                let got = read(fileDescriptor, bytes.baseAddress?.advanced(by: length), 1)
                if got < 0 {
                    if errno == EINTR { continue }
                    throw .readFailed(errno)
                }
                if got == 0 { break }
                if bytes[length] == UInt8(ascii: "\n") {
                    if length > 0, bytes[length - 1] == UInt8(ascii: "\r") { length -= 1 }
                    break
                }
                length += 1
            }
            return length
        }
        guard length <= limit else { throw .lineTooLong }
        return try buffer.copy(0..<length)
    }
}
