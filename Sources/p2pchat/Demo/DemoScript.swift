import Chat
import Directory
import Identity

/// The demonstration's plot. Every step is done by the program's own parts; a step that does not come out fails the whole.
struct DemoScript: Sendable {
    let stage: DemoStage

    private struct Person: Sendable {
        let name: String
        let node: Node
        let window: ScriptedInterface
    }

    private static let said = [
        "hello bob, this goes straight to you", "are you there?", "I was just about to write to you",
        "carol here: nobody finds me, but I can call", "hello carol",
    ]

    func play() async throws {
        title("1. Three people make their keys; a directory starts")
        let names = ["alice", "bob", "carol"]
        var keys: [IdentityKeys] = []
        for name in names {
            let made = try stage.makeKeys(name)
            keys.append(made)
            line("\(name): \(made.publicIdentity.groupedFingerprint)")
        }
        line("directory \(stage.reference)")

        title("2. They register; carol does not want to be found")
        var people: [Person] = []
        for (name, keys) in zip(names, keys) {
            let node = try await stage.node(name, keys: keys, isDiscoverable: name != "carol")
            people.append(Person(name: name, node: node, window: ScriptedInterface(name: name)))
        }
        let (alice, bob, carol) = (people[0], people[1], people[2])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for person in [alice, bob, carol] {
                group.addTask { try await person.node.run() }
                _ = try await person.node.firstPresence()
            }
            do {
                try prove(alice)
                try await find(alice)
                try await compare(alice, bob)
                try await talk(alice, bob, carol)
            } catch {
                for person in [alice, bob, carol] { person.node.stop() }
                throw error
            }
            try await group.waitForAll()
        }
        try report()
    }

    private func prove(_ alice: Person) throws {
        title("3. Nobody has to trust the directory: alice's program checks what it says of her handle")
        guard let log = alice.node.log, let proof = try DemoProof(of: Handle(alice.name), in: log) else {
            throw failed("alice has seen no proof")
        }
        for text in proof.lines { line(text) }
        line("what a directory that lies comes to: p2pchat demo --misbehave")
    }

    private func find(_ alice: Person) async throws {
        title("4. alice asks who is there, and for carol and somebody who does not exist")
        let found = try await Operations(node: alice.node).who(NoParameters())
        for peer in found.peers { line("who: " + (try PeerLine.text(peer))) }
        guard found.peers.map(\.handle) == ["bob"] else { throw failed("the list is not bob alone") }
        for name in ["carol", "nobody"] {
            do {
                _ = try await Operations(node: alice.node).lookup(PeerParameters(peer: name))
                throw failed("\(name) was found")
            } catch let error as ChatError {
                line("lookup \(name): \(CommandError(describing: error).message)")
            }
        }
    }

    private func compare(_ alice: Person, _ bob: Person) async throws {
        title("5. alice and bob compare safety numbers over another way")
        let seen = [
            try await Operations(node: alice.node).verify(VerifyParameters(peer: "bob", number: nil)),
            try await Operations(node: bob.node).verify(VerifyParameters(peer: "alice", number: nil)),
        ]
        for (name, result) in zip(["alice sees", "bob sees  "], seen) {
            line("\(name) \(SafetyNumber(parsing: result.safetyNumber)?.grouped ?? "")")
        }
        let result = try await Operations(node: alice.node).verify(
            VerifyParameters(peer: "bob", number: seen[1].safetyNumber))
        guard result.isEqual == true else { throw failed("the safety numbers differ") }
        line("alice gives the number that bob read out: equal, bob is verified")
    }

    private func talk(_ alice: Person, _ bob: Person, _ carol: Person) async throws {
        title(
            "6. They talk. What arrives while bob chooses a peer waits; what arrives while he types appears above his line"
        )
        let said = Self.said
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await LineChat(node: bob.node, interface: bob.window).run(first: nil) }
            try await bob.window.wait(for: "Talk with whom?")
            group.addTask { try await LineChat(node: alice.node, interface: alice.window).run(first: "bob") }
            try await alice.window.wait(for: "* talking with bob")
            alice.window.enter(said[0])
            bob.window.enter("1")
            try await bob.window.wait(for: said[0])
            bob.window.type("I was just about")
            alice.window.enter(said[1])
            try await bob.window.wait(for: said[1])
            bob.window.enter(" to write to you")
            try await alice.window.wait(for: said[2])

            title("7. carol, whom nobody finds, calls alice; alice changes over to her")
            group.addTask {
                try await LineChat(node: carol.node, interface: carol.window).run(first: "alice")
            }
            try await carol.window.wait(for: "* talking with alice")
            carol.window.enter(said[3])
            try await alice.window.wait(for: said[3])
            alice.window.enter("/to carol")
            try await alice.window.wait(for: "* talking with carol")
            alice.window.enter(said[4])
            try await carol.window.wait(for: said[4])

            title("8. bob leaves: alice is told, and the directory's record is gone")
            bob.window.enter("/quit")
            try await alice.window.wait(for: "bob+ said goodbye")
            alice.window.enter("/to bob")
            try await alice.window.wait(for: "bob: not available")
            alice.window.enter("/quit")
            carol.window.enter("/quit")
            try await group.waitForAll()
        }
    }

    private func report() throws {
        title("9. What passed the directory")
        line(
            "\(stage.wire.count) bytes through its socket, encrypted; \(stage.plain.count) bytes that it could read"
        )
        for text in Self.said {
            guard !stage.wire.contains(text), !stage.plain.contains(text) else {
                throw failed("the directory saw \"\(text)\"")
            }
        }
        // The search can find: a handle is in what the directory reads, and it is found there.
        guard stage.plain.contains("alice"), !stage.wire.contains("alice") else {
            throw failed("the search for what the directory saw is broken")
        }
        line(
            "searched for the \(Self.said.count) messages in both: none is there (the handle \"alice\" is, in what it could read)"
        )
    }

    private func failed(_ what: String) -> CommandError {
        CommandError(.inputOutput, "the demonstration failed: \(what)")
    }

    private func title(_ text: String) { try? Output.line("\n\(text)") }
    private func line(_ text: String) { try? Output.line("  " + text) }
}
