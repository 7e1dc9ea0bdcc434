import Identity
import Testing

@Suite struct InviteTests {
    private static let one = "p2p1tsjxezw4gm2afwr7t4z00cnajseqnmyel79h0x2zc4kp8kswmansjhdl88"
    private static let other = "p2p10g5z8pj9983tdplx5cgflh9kkhz44e67g9dcc3vpq7afy79vumcqrz36cp"

    @Test(arguments: [
        "p2pchat:\(one)",
        "p2pchat:\(one)?via=192.0.2.1:4000/\(other)&at=192.0.2.7:5000&name=alice",
        "p2pchat:\(one)?via=chat.example.org:4000/\(other)",
        "p2pchat:\(one)?at=%5B2001:db8::1%5D:5000",
    ])
    func readAndWrittenTheSame(text: String) throws {
        #expect(try Invite(text).description == text)
    }

    @Test func parts() throws {
        let invite = try Invite(
            "P2PCHAT:\(Self.one)?name=alice&at=%5b2001:db8::1%5d:5000&later=x&via=192.0.2.1:4000/\(Self.other)"
        )
        #expect(invite.identity.fingerprint == Self.one)
        #expect(invite.directory?.description == "192.0.2.1:4000#\(Self.other)")
        #expect(invite.address?.description == "[2001:db8::1]:5000")
        #expect(invite.handle?.text == "alice")
        #expect(try Invite("p2pchat:\(Self.one)?at=[2001:db8::1]:5000").address == invite.address)
    }

    @Test(arguments: [
        "", "p2pchat:", "http:\(one)", "p2pchat:\(one)?at", "p2pchat:\(one)?at=",
        "p2pchat:\(one)?at=192.0.2.7",
        "p2pchat:\(one)?at=192.0.2.7:0", "p2pchat:\(one)?at=1.2.3.4:5&at=1.2.3.4:5",
        "p2pchat:\(one)?name=Alice",
        "p2pchat:\(one)?via=192.0.2.1:4000", "p2pchat:\(one)?via=192.0.2.1:4000/\(one.dropLast())x",
        "p2pchat:\(one.dropLast())x", "p2pchat:\(one)#at=1.2.3.4:5", "p2pchat:\(one)?at=%",
        "p2pchat:\(one)?x=" + String(repeating: "y", count: 1000),
    ])
    func refused(text: String) {
        #expect(throws: IdentityError.self) { try Invite(text) }
    }
}
