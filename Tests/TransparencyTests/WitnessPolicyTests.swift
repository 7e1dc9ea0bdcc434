import Sodium
import Testing
import Transparency

/// Policies as C2SP tlog-policy has them.
@Suite struct WitnessPolicyTests {
    func key(_ number: UInt8, _ kind: NoteKey.Kind = .cosignature) throws -> NoteKey {
        try NoteSigner(
            name: "witness.example/\(number)", kind: kind,
            seed: SecretBytes(copying: [UInt8](repeating: number, count: 32))
        ).key
    }

    /// Texts have W1, W2 … for keys of witnesses and L1 … for those of logs.
    func policy(_ text: String) throws -> WitnessPolicy {
        var text = text
        for number in UInt8(1)...6 {
            text = text.replacing("W\(number)", with: try key(number).text)
            text = text.replacing("L\(number)", with: try key(number, .note).text)
        }
        return try WitnessPolicy(text: text)
    }

    func isSatisfied(_ policy: WitnessPolicy, by numbers: UInt8...) throws -> Bool {
        policy.isSatisfied(by: Set(try numbers.map { try key($0) }))
    }

    @Test func quorumsOfTwoLevels() throws {
        let policy = try policy(
            """
            log L1
            # Two groups of different people.
            witness X1 W1
            witness X2 W2 https://example.org/submit
            \twitness  X3\tW3 \n
            group X-witnesses 2 X1 X2 X3
            witness Y1 W4
            witness Y2 W5
            group Y-witnesses any Y1 Y2
            group X-and-Y all X-witnesses Y-witnesses
            quorum X-and-Y
            """)
        #expect(policy.witnesses.map(\.name) == ["X1", "X2", "X3", "Y1", "Y2"])
        #expect(policy.logs == [try key(1, .note)])
        #expect(policy.summary == "2 of (2 of (X1, X2, X3), 1 of (Y1, Y2))")
        #expect(try isSatisfied(policy, by: 1, 3, 5))
        #expect(try isSatisfied(policy, by: 1, 2, 3, 4, 5))
        #expect(try !isSatisfied(policy, by: 1, 2, 3))
        #expect(try !isSatisfied(policy, by: 1, 4, 5))
        #expect(try !isSatisfied(policy))
    }

    @Test func quorumsOfOneAndOfNone() throws {
        let one = try policy("witness a W1\nwitness b W2\nquorum b\n")
        #expect(try isSatisfied(one, by: 2) && !isSatisfied(one, by: 1))
        let none = try policy("quorum none\n")
        #expect(try isSatisfied(none) && none.summary == "none")
    }

    @Test(
        arguments: [
            ("", "the policy has no quorum line"),
            ("witness a W1\nquorum a\nquorum a", "line 3 is a second quorum line"),
            ("quorum a\nwitness a W1", "line 1 has a name that no line above defines"),
            ("witness a W1\ngroup g 1 a b\nquorum g", "line 2 has a name that no line above defines"),
            ("group g any none\nquorum g", "line 1 has a name that no line above defines"),
            ("group g any g\nquorum g", "line 1 has a name that no line above defines"),
            ("witness none W1\nquorum none", "line 1 has a name that is taken"),
            ("witness a W1\nwitness a W2\nquorum a", "line 2 has a name that is taken"),
            ("witness a W1\ngroup a any a\nquorum a", "line 2 has a name that is taken"),
            ("witness a W1\nwitness b W1\nquorum a", "line 2 has the key of an earlier witness"),
            ("log L1\nlog L1\nquorum none", "line 2 has the key of an earlier log"),
            ("witness a L1\nquorum a", "line 1 has no Ed25519 key for cosignatures"),
            ("log W1\nquorum none", "line 1 has no key of a log"),
            ("witness a W1x\nquorum a", "line 1 has no Ed25519 key for cosignatures"),
            (
                "witness a W1\ngroup g 2 a\nquorum g",
                "line 2 asks for neither all, any nor a number of its members"
            ),
            (
                "witness a W1\ngroup g 0 a\nquorum g",
                "line 2 asks for neither all, any nor a number of its members"
            ),
            (
                "witness a W1\ngroup g 01 a\nquorum g",
                "line 2 asks for neither all, any nor a number of its members"
            ),
            (
                "witness a W1\ngroup g +1 a\nquorum g",
                "line 2 asks for neither all, any nor a number of its members"
            ),
            ("witness a W1\ngroup g any a a\nquorum g", "line 2 has a member that is one already"),
            (
                "witness a W1\ngroup g any a\ngroup h any a\nquorum h",
                "line 3 has a member that is one already"
            ),
            ("witness a W1\ngroup g any\nquorum g", "line 2 has too few or too many words"),
            ("witness a\nquorum a", "line 1 has too few or too many words"),
            ("quorum", "line 1 has too few or too many words"),
            ("quorum none none", "line 1 has too few or too many words"),
            ("witnesses a W1\nquorum none", "line 1 begins with neither log, witness, group nor quorum"),
            ("quorum none\r\n", "line 1 has a control character"),
            ("quorum none\n# \u{1b}[31m", "line 2 has a control character"),
        ])
    func whatIsNoPolicy(text: String, why: String) throws {
        let error = #expect(throws: WitnessPolicyError.self) { try policy(text) }
        #expect(error?.description == why)
    }

    @Test func limits() throws {
        func witnesses(_ count: UInt8) throws -> String {
            try (1...count).map { "witness w\($0) \(try key($0).text)\n" }.joined() + "quorum w1\n"
        }
        #expect(try WitnessPolicy(text: witnesses(32)).witnesses.count == 32)
        #expect(throws: WitnessPolicyError.self) { try WitnessPolicy(text: witnesses(33)) }
        let long = "quorum none\n#" + String(repeating: "x", count: 65_523)
        #expect(long.utf8.count == 65_536)
        _ = try WitnessPolicy(text: long)
        #expect(throws: WitnessPolicyError.self) { try WitnessPolicy(text: long + "x") }
    }

    /// A note has room for the signatures of as many witnesses as a policy may have, and the log's own two.
    @Test func notesHaveRoomForAPolicy() throws {
        let name = "p2pchat-witness/" + String(repeating: "x", count: 62)
        let signatures = try (0..<34).map { number in
            try NoteSigner(
                name: name, kind: .cosignature,
                seed: SecretBytes(copying: [UInt8](repeating: UInt8(number), count: 32))
            ).sign("text\n", at: 1)
        }
        let note = try SignedNote(text: "text\n", signatures: signatures)
        #expect(try SignedNote(bytes: note.bytes) == note)
    }
}
