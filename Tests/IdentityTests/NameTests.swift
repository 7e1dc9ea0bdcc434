import Identity
import Testing

struct NameTests {
    @Test(arguments: ["bob", "a-b", "carol_2", "x00", "p2p", "p2px1", String(repeating: "a", count: 32)])
    func handles(text: String) throws {
        #expect(try Handle(text).text == text)
    }

    @Test(arguments: [
        "", "a", "ab", String(repeating: "a", count: 33), "--help", "p2p1x", "p2p1", "123", "1ab", "_ab",
        "-ab",
        "Bob", "bo b", "bob\n", "bób", "bob\u{1b}[31m", "b\u{0}b", "bob.",
    ])
    func notHandles(text: String) {
        #expect(throws: IdentityError.malformedHandle) { try Handle(text) }
    }

    @Test(arguments: [
        ("1.2.3.4:5", "1.2.3.4", 5, true), ("[::1]:65535", "::1", 65535, true),
        ("localhost:0", "localhost", 0, false),
        ("[2001:DB8:0:0::1]:80", "2001:db8::1", 80, true), ("Example.ORG:4000", "example.org", 4000, false),
        ("a_b-c.example:1", "a_b-c.example", 1, false), ("[::ffff:1.2.3.4]:9", "::ffff:1.2.3.4", 9, true),
    ])
    func endpoints(text: String, host: String, port: UInt16, isNumeric: Bool) throws {
        let endpoint = try Endpoint(text)
        #expect(endpoint.host == host)
        #expect(endpoint.port == port)
        #expect(endpoint.isNumeric == isNumeric)
        #expect(try Endpoint(endpoint.description) == endpoint)
        #expect(try Endpoint(host: host, port: port) == endpoint)
    }

    @Test(arguments: [
        "", ":", ":5", "host", "host:", "host:x", "host:-1", "host:+1", "host:65536", "host:00001", "host:05",
        "host: 5", "1.2.3:5", "1.2.3.4.5:5", "256.1.1.1:5", "01.2.3.4:5", "::1:5", "[::1]", "[::1:5",
        "::1]:5",
        "[1.2.3.4]:5", "[host]:5", "[fe80::1%eth0]:5", "-host:5", "host-:5", "a..b:5", "host.:5", "ho st:5",
        "host\n:5", "host\u{0}:5", "1.2.3.4\u{0}:5", "hôte:5", "host:٥", "\u{1b}[31m:5",
        String(repeating: "a", count: 64) + ":5", String(repeating: "a.", count: 127) + "aa:5",
    ])
    func notEndpoints(text: String) {
        #expect(throws: IdentityError.malformedEndpoint) { try Endpoint(text) }
    }

    @Test func references() throws {
        let text = "127.0.0.1:4000#" + Published.fingerprint1
        let reference = try DirectoryReference(text)
        #expect(reference.endpoint == (try Endpoint("127.0.0.1:4000")))
        #expect(reference.identity == (try Published.identity(Published.key1)))
        #expect(reference.description == text)
        #expect(DirectoryReference(endpoint: reference.endpoint, identity: reference.identity) == reference)
        #expect(
            try DirectoryReference("[::1]:1#" + Published.fingerprint2.uppercased()).description
                == "[::1]:1#" + Published.fingerprint2)
    }

    @Test func notReferences() {
        #expect(throws: IdentityError.malformedReference) { try DirectoryReference("127.0.0.1:4000") }
        #expect(throws: IdentityError.malformedReference) {
            try DirectoryReference("127.0.0.1:0#" + Published.fingerprint1)
        }
        #expect(throws: IdentityError.malformedEndpoint) {
            try DirectoryReference("#" + Published.fingerprint1)
        }
        #expect(throws: IdentityError.fingerprint(.prefix)) { try DirectoryReference("127.0.0.1:4000#") }
        #expect(throws: IdentityError.fingerprint(.prefix)) {
            try DirectoryReference("127.0.0.1:4000##" + Published.fingerprint1)
        }
    }
}
