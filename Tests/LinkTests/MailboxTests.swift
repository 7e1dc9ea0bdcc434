import Testing

@testable import Link

/// What the tasks and the event loop hand each other: order, limits, and who is told of an end.
@Suite(.timeLimit(.minutes(1))) struct MailboxTests {
    /// The bytes on the wire of a small envelope.
    private static let frame = 275

    /// Room for four small envelopes, with and without a byte to spare.
    private func mailbox() -> LinkMailbox {
        var limits = LinkLimits.standard
        limits.queued = 1000
        limits.untakenBytes = 1000
        return LinkMailbox(limits: limits)
    }

    private func full() async throws -> LinkMailbox {
        let mailbox = mailbox()
        for number in 1...4 { try await mailbox.send([UInt8(number)]) }
        #expect(mailbox.takeWishes()?.envelopes == [[1], [2], [3], [4]])
        return mailbox
    }

    /// Runs up to its first wait before this returns.
    private func sending(_ envelope: [UInt8], _ mailbox: LinkMailbox) -> Task<Void, any Error> {
        Task.immediate { try await mailbox.send(envelope) }
    }

    // MARK: Sending

    @Test func whoComesFirstIsServedFirst() async throws {
        let mailbox = try await full()
        let waiting = (10...14).map { sending([UInt8($0)], mailbox) }
        // Room for one, but not yet for those who wait: whoever comes now is not served before them.
        mailbox.released(Self.frame)
        #expect(mailbox.takeWishes() == nil)
        let late = sending([15], mailbox)
        mailbox.released(2 * Self.frame)
        #expect(mailbox.takeWishes()?.envelopes == [[10], [11], [12]])
        for task in waiting.prefix(3) { try await task.value }
        mailbox.released(4 * Self.frame)
        #expect(mailbox.takeWishes()?.envelopes == [[13], [14], [15]])
        for task in waiting { try await task.value }
        try await late.value
    }

    @Test func whoNoLongerWaitsSendsNothing() async throws {
        let mailbox = try await full()
        let waiting = (10...12).map { sending([UInt8($0)], mailbox) }
        waiting[1].cancel()
        await #expect(throws: CancellationError.self) { try await waiting[1].value }
        mailbox.released(4 * Self.frame)
        #expect(mailbox.takeWishes()?.envelopes == [[10], [12]])
        for number in [0, 2] { try await waiting[number].value }
    }

    @Test func aGoodbyeEndsTheWaitOfSenders() async throws {
        for peers in [true, false] {
            let mailbox = try await full()
            let waiting = sending([10], mailbox)
            let closing = peers ? nil : Task.immediate { await mailbox.close() }
            if peers { mailbox.peerFinished() }
            await #expect(throws: LinkError.closed) { try await waiting.value }
            mailbox.released(4 * Self.frame)
            #expect(mailbox.takeWishes()?.envelopes ?? [] == [])
            mailbox.end(.goodbye)
            await closing?.value
        }
    }

    @Test func anEndEndsEveryWait() async throws {
        let mailbox = try await full()
        let waiting = sending([10], mailbox)
        let taking = Task.immediate { try await mailbox.receive() }
        let pinging = Task.immediate { await mailbox.ping() }
        mailbox.end(.violation(.kind))
        await #expect(throws: LinkError.protocolViolation) { try await waiting.value }
        await #expect(throws: LinkError.protocolViolation) { try await taking.value }
        await #expect(throws: LinkError.protocolViolation) { try await mailbox.send([1]) }
        #expect(!(await pinging.value))
        await mailbox.close()
    }

    // MARK: Receiving

    @Test func aBatchIsAllThatIsThere() async throws {
        let mailbox = mailbox()
        mailbox.deliver([[1], [2], [3]])
        #expect(try await mailbox.receiveBatch(limit: 2) == [[1], [2]])
        mailbox.deliver([[4]])
        #expect(try await mailbox.receive() == [3])
        #expect(try await mailbox.receiveBatch(limit: 100) == [[4]])
        mailbox.deliver([[5]])
        mailbox.end(.cut)
        #expect(try await mailbox.receiveBatch(limit: 100) == [[5]])
        await #expect(throws: LinkError.cut) { try await mailbox.receiveBatch(limit: 100) }
    }

    @Test func whoWaitsForABatchIsWokenByOne() async throws {
        let mailbox = mailbox()
        let taking = Task.immediate { try await mailbox.receiveBatch(limit: 100) }
        mailbox.deliver([[1], [2], [3]])
        #expect(try await taking.value == [[1], [2], [3]])
    }

    @Test func behindAGoodbyeABatchIsEmpty() async throws {
        let mailbox = mailbox()
        mailbox.deliver([[1]])
        mailbox.peerFinished()
        #expect(try await mailbox.receiveBatch(limit: 100) == [[1]])
        #expect(try await mailbox.receiveBatch(limit: 100) == [])
        #expect(try await mailbox.receive() == nil)
        let other = self.mailbox()
        let waiting = Task.immediate { try await other.receiveBatch(limit: 100) }
        other.peerFinished()
        #expect(try await waiting.value == [])
    }

    @Test func whoIsCancelledTakesNothing() async throws {
        let mailbox = mailbox()
        let taking = Task.immediate { try await mailbox.receiveBatch(limit: 100) }
        // One consumer at a time.
        await #expect(throws: CancellationError.self) { try await mailbox.receive() }
        taking.cancel()
        await #expect(throws: CancellationError.self) { try await taking.value }
        mailbox.deliver([[1]])
        #expect(try await mailbox.receive() == [1])
    }

    /// Reading rests above the limit, and the event loop is woken once, when half of it is free.
    @Test func takingABatchLetsTheSocketBeReadAgain() async throws {
        let mailbox = mailbox()
        let woken = Counter()
        mailbox.setWake { woken.increment() }
        mailbox.deliver((1...4).map { [UInt8($0)] })
        #expect(mailbox.holdsReading())
        _ = try await mailbox.receiveBatch(limit: 2)
        #expect(woken.value == 0 && mailbox.holdsReading())
        _ = try await mailbox.receiveBatch(limit: 1)
        _ = try await mailbox.receiveBatch(limit: 1)
        #expect(woken.value == 1 && !mailbox.holdsReading())
    }
}
