import Glibc
import Sodium
import Testing

struct SecretBytesTests {
    @Test func bytesAreTakenAndTheSourceIsErased() throws {
        var source: [UInt8] = [1, 2, 3]
        let secret = try SecretBytes(erasing: &source)
        #expect(source == [0, 0, 0])
        #expect(secret.count == 3)
        #expect(secret.withBytes { Array($0) } == [1, 2, 3])
    }

    @Test func comparisonAndCopies() throws {
        var secret = try SecretBytes(random: 32)
        let copy = try secret.copy()
        let isEqual = copy.constantTimeEquals(secret)
        #expect(isEqual)
        secret.withMutableBytes { $0[31] ^= 1 }
        let isStillEqual = copy.constantTimeEquals(secret)
        #expect(!isStillEqual)
        let shorter = try secret.copy(0..<31)
        let isEqualToShorter = secret.constantTimeEquals(shorter)
        #expect(!isEqualToShorter)
        #expect(throws: SodiumError.invalidLength) { _ = try secret.copy(1..<33) }
        let empty = try SecretBytes(zeroed: 0)
        let isEqualToItself = empty.constantTimeEquals(empty)
        #expect(isEqualToItself)
        #expect(throws: SodiumError.invalidLength) { _ = try SecretBytes(zeroed: -1) }
        #expect(throws: SodiumError.outOfMemory) { _ = try SecretBytes(zeroed: Int.max) }
    }

    @Test func randomBytesDiffer() throws {
        #expect(RandomBytes.bytes(32) != RandomBytes.bytes(32))
        #expect(RandomBytes.bytes(0) == [])
        #expect(RandomBytes.bytes(-1) == [])
        #expect(RandomBytes.uniform(1) == 0)
        #expect((0..<100).allSatisfy { _ in RandomBytes.uniform(7) < 7 })
        #expect(ConstantTime.equals([], []))
        #expect(ConstantTime.equals([1, 2], [1, 2]))
        #expect(!ConstantTime.equals([1, 2], [1, 3]))
        #expect(!ConstantTime.equals([1, 2], [1]))
    }

    @Test(arguments: [
        ("secret", "secret"), ("secret\n", "secret"), ("secret\r\n", "secret"), ("\n", ""), ("", ""),
        ("two words \nmore", "two words "), ("a\rb\n", "a\rb"), ("\r\n", ""), ("é\n", "é"),
        (String(repeating: "x", count: 1024), String(repeating: "x", count: 1024)),
        (String(repeating: "x", count: 1024) + "\r\n", String(repeating: "x", count: 1024)),
    ])
    func aLineIsRead(input: String, line: String) throws {
        let descriptor = try pipe(holding: input)
        defer { close(descriptor) }
        let secret = try SecretBytes.readLine(fileDescriptor: descriptor)
        #expect(secret.withBytes { Array($0) } == Array(line.utf8))
    }

    @Test(arguments: [1025, 1026, 1027, 5000])
    func aLongLineIsRefused(count: Int) throws {
        let descriptor = try pipe(holding: String(repeating: "x", count: count) + "\n")
        defer { close(descriptor) }
        #expect(throws: SodiumError.lineTooLong) { _ = try SecretBytes.readLine(fileDescriptor: descriptor) }
    }

    @Test func whatFollowsTheLineStays() throws {
        let descriptor = try pipe(holding: "first\nsecond")
        defer { close(descriptor) }
        let first = try SecretBytes.readLine(fileDescriptor: descriptor)
        let second = try SecretBytes.readLine(fileDescriptor: descriptor)
        #expect(first.withBytes { Array($0) } == Array("first".utf8))
        #expect(second.withBytes { Array($0) } == Array("second".utf8))
    }

    @Test func aWrongDescriptorIsAnError() {
        #expect(throws: SodiumError.readFailed(EBADF)) { _ = try SecretBytes.readLine(fileDescriptor: -1) }
    }

    /// The reading end of a pipe that holds `text` (less than the kernel's 64 KiB) and no more.
    private func pipe(holding text: String) throws -> Int32 {
        var ends: [Int32] = [0, 0]
        try #require(Glibc.pipe(&ends) == 0)
        try #require(write(ends[1], text, text.utf8.count) == text.utf8.count)
        close(ends[1])
        return ends[0]
    }
}
