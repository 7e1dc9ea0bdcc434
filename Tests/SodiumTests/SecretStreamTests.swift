import Foundation
import Sodium
import TestSupport
import Testing

struct SecretStreamTests {
    private struct Stream: Decodable {
        struct Chunk: Decodable {
            let tag: UInt8
            let ad: String?
            let message: String
            let ciphertext: String
        }
        let key: String
        let header: String
        let chunks: [Chunk]
    }

    /// PyNaCl's streams: 3, with 9 chunks of every tag but `push`.
    @Test(.needsVectors) func published() throws {
        let text = try Vectors.text("secretstream/pynacl-secretstream-test-vectors.json")
        // The file ends its lists with commas, which JSON does not have.
        let json = text.replacing(/,(\s*[\]}])/) { $0.1 }
        let streams = try JSONDecoder().decode([Stream].self, from: Data(json.utf8))
        var chunks = 0
        for stream in streams {
            let key = try SecretBytes(copying: [UInt8](hex: stream.key))
            var pull = try SecretStreamPull(key: key, header: [UInt8](hex: stream.header))
            for chunk in stream.chunks {
                let opened = try pull.open([UInt8](hex: chunk.ciphertext), ad: [UInt8](hex: chunk.ad ?? ""))
                #expect(opened.bytes.hex == chunk.message)
                #expect(opened.tag.rawValue == chunk.tag)
                chunks += 1
            }
        }
        #expect(streams.count == 3 && chunks == 9)
    }

    private func pair() throws -> (SecretStreamPair) {
        let key = try SecretBytes(random: SecretStream.keyByteCount)
        let push = try SecretStreamPush(key: key)
        let pull = try SecretStreamPull(key: key, header: push.header)
        return SecretStreamPair(push: push, pull: pull)
    }

    @Test func whatIsPushedIsPulled() throws {
        var streams = try pair()
        for (number, tag) in [SecretStreamTag.message, .rekey, .push, .message, .final].enumerated() {
            let message = RandomBytes.bytes(number * 1000)
            let sealed = try streams.push.seal(message, ad: [1, 2], tag: tag)
            #expect(sealed.count == message.count + SecretStream.overhead)
            let opened = try streams.pull.open(sealed, ad: [1, 2])
            #expect(opened.bytes == message)
            #expect(opened.tag == tag)
        }
    }

    @Test func nothingComesBehindFinal() throws {
        var streams = try pair()
        let sealed = try streams.push.seal([1], ad: [], tag: .final)
        #expect(throws: SodiumError.streamEnded) { _ = try streams.push.seal([2], ad: [], tag: .message) }
        #expect(try streams.pull.open(sealed, ad: []).tag == .final)
        #expect(throws: SodiumError.streamEnded) { _ = try streams.pull.open(sealed, ad: []) }
    }

    @Test func everyBitCounts() throws {
        let key = try SecretBytes(random: SecretStream.keyByteCount)
        var push = try SecretStreamPush(key: key)
        let sealed = try push.seal([7, 8], ad: [9], tag: .message)
        for bit in 0..<sealed.count * 8 {
            var altered = sealed
            altered[bit / 8] ^= 1 << UInt8(bit % 8)
            var pull = try SecretStreamPull(key: key, header: push.header)
            #expect(throws: SodiumError.authenticationFailed) { _ = try pull.open(altered, ad: [9]) }
            // And it stays refused, whatever comes.
            #expect(throws: SodiumError.streamEnded) { _ = try pull.open(sealed, ad: [9]) }
        }
        for bit in 0..<push.header.count * 8 {
            var header = push.header
            header[bit / 8] ^= 1 << UInt8(bit % 8)
            var pull = try SecretStreamPull(key: key, header: header)
            #expect(throws: SodiumError.authenticationFailed) { _ = try pull.open(sealed, ad: [9]) }
        }
        var pull = try SecretStreamPull(key: key, header: push.header)
        #expect(throws: SodiumError.authenticationFailed) { _ = try pull.open(sealed, ad: [8]) }
    }

    @Test func orderCounts() throws {
        var streams = try pair()
        _ = try streams.push.seal([1], ad: [], tag: .message)
        let second = try streams.push.seal([2], ad: [], tag: .message)
        #expect(throws: SodiumError.authenticationFailed) { _ = try streams.pull.open(second, ad: []) }
    }

    @Test func lengthsAreChecked() throws {
        var streams = try pair()
        #expect(throws: SodiumError.invalidLength) {
            _ = try streams.pull.open([UInt8](repeating: 0, count: 16), ad: [])
        }
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        var short = [UInt8](repeating: 0, count: 16)
        #expect(throws: SodiumError.invalidLength) {
            try short.withUnsafeMutableBytes {
                try streams.push.push(empty, into: $0, ad: empty, tag: .message)
            }
        }
        let key = try SecretBytes(zeroed: 31)
        #expect(throws: SodiumError.invalidLength) { _ = try SecretStreamPush(key: key) }
        #expect(throws: SodiumError.invalidLength) { _ = try SecretStreamPull(key: key, header: []) }
        let good = try SecretBytes(zeroed: 32)
        #expect(throws: SodiumError.invalidLength) {
            _ = try SecretStreamPull(key: good, header: [UInt8](repeating: 0, count: 23))
        }
    }
}

private struct SecretStreamPair: ~Copyable {
    var push: SecretStreamPush
    var pull: SecretStreamPull
}

extension SecretStreamPush {
    mutating func seal(_ message: [UInt8], ad: [UInt8], tag: SecretStreamTag) throws -> [UInt8] {
        var result = [UInt8](repeating: 0, count: message.count + SecretStream.overhead)
        try result.withUnsafeMutableBytes { output in
            try message.withUnsafeBytes { input in
                try ad.withUnsafeBytes { try push(input, into: output, ad: $0, tag: tag) }
            }
        }
        return result
    }
}

extension SecretStreamPull {
    mutating func open(_ sealed: [UInt8], ad: [UInt8]) throws -> (bytes: [UInt8], tag: SecretStreamTag) {
        var result = [UInt8](repeating: 0, count: max(0, sealed.count - SecretStream.overhead))
        let tag = try result.withUnsafeMutableBytes { output in
            try sealed.withUnsafeBytes { input in
                try ad.withUnsafeBytes { try pull(input, into: output, ad: $0) }
            }
        }
        return (result, tag)
    }
}
