import Testing

@testable import Link

/// Who may wait for a handshake (protocol.md, "Limits").
@Suite struct PendingConnectionsTests {
    private func source(_ number: Int) throws -> ConnectionSource {
        try #require(
            ConnectionSource([127, UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)]))
    }

    private func pending(_ seed: UInt64 = 1) -> PendingConnections<SeededDice> {
        PendingConnections(limits: .standard, dice: SeededDice(seed))
    }

    @Test func sixtyFourAreNeverDropped() throws {
        for seed in 0..<20 {
            var pending = pending(UInt64(seed))
            for number in 0..<64 {
                guard case .admitted = pending.arrive(from: try source(number)) else {
                    Issue.record("dropped at \(number)")
                    return
                }
            }
            #expect(pending.count == 64)
        }
    }

    @Test func neverMoreThan256() throws {
        var pending = pending()
        var most = 0
        for number in 0..<20_000 {
            _ = pending.arrive(from: try source(number))
            most = max(most, pending.count)
        }
        #expect(most <= 256)
        #expect(most > 128)
    }

    /// At a full house somebody goes for every newcomer, and it is anybody: the newcomer, the oldest, and all between.
    @Test func everybodyIsDrawnAlike() throws {
        var limits = LinkLimits.standard
        limits.pending = 16
        limits.pendingDropFrom = 4
        var pending = PendingConnections(limits: limits, dice: SeededDice(7))
        var number = 0
        while pending.count < 16 {
            _ = pending.arrive(from: try source(number))
            number += 1
        }
        var refused = 0
        for _ in 0..<17_000 {
            number += 1
            switch pending.arrive(from: try source(number)) {
            case .admitted: Issue.record("a seventeenth place")
            case .admittedInsteadOf: break
            case .refused: refused += 1
            }
            #expect(pending.count == 16)
        }
        // One in seventeen: 1,000 expected, five standard deviations of 31 allowed.
        #expect((845...1155).contains(refused))
    }

    /// The chance that a newcomer costs somebody the place, seen at the moments when so many were pending.
    @Test func theProbabilityRises() throws {
        var arrivals = [Int: Int]()
        var drops = [Int: Int]()
        for seed in 0..<200 {
            var pending = pending(UInt64(seed))
            for number in 0..<400 {
                let band = pending.count / 32
                arrivals[band, default: 0] += 1
                if case .admitted = pending.arrive(from: try source(number)) { continue }
                drops[band, default: 0] += 1
            }
        }
        let shares = (0..<6).map { Double(drops[$0] ?? 0) / Double(arrivals[$0] ?? 1) }
        #expect(shares[0] == 0)
        #expect(shares[1] == 0)
        #expect(shares == shares.sorted())
        #expect((0.04...0.13).contains(shares[2]))
        #expect((0.37...0.47).contains(shares[4]))
    }

    @Test func eightFromOneAddress() throws {
        var pending = pending()
        let one = try source(1)
        var tickets: [UInt64] = []
        for _ in 0..<8 {
            guard case .admitted(let ticket) = pending.arrive(from: one) else {
                Issue.record("refused too early")
                return
            }
            tickets.append(ticket)
        }
        #expect(pending.arrive(from: one) == .refused)
        // Others are not held responsible.
        guard case .admitted = pending.arrive(from: try source(2)) else {
            Issue.record("refused another address")
            return
        }
        pending.leave(tickets[3])
        guard case .admitted = pending.arrive(from: one) else {
            Issue.record("a place that was left is free")
            return
        }
    }

    @Test func anIPv6HouseholdIsOneSource() throws {
        let prefix: [UInt8] = [0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2]
        let one = try #require(ConnectionSource(prefix + [0, 0, 0, 0, 0, 0, 0, 1]))
        let same = try #require(ConnectionSource(prefix + [9, 9, 9, 9, 9, 9, 9, 9]))
        let next = try #require(ConnectionSource(prefix.dropLast() + [3, 0, 0, 0, 0, 0, 0, 0, 1]))
        #expect(one == same)
        #expect(one != next)
        let mapped = [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 192, 0, 2, 1]
        #expect(ConnectionSource(mapped) == ConnectionSource([192, 0, 2, 1]))
        #expect(ConnectionSource([1, 2, 3]) == nil)
    }

    /// No files left: somebody pending goes, or else the newcomer; never a link.
    @Test func aFullProcessTakesNobodyMore() throws {
        var pending = pending()
        #expect(pending.arrive(from: try source(1), isFull: true) == .refused)
        for number in 2..<10 { _ = pending.arrive(from: try source(number)) }
        var replaced = 0
        for number in 10..<110 {
            switch pending.arrive(from: try source(number), isFull: true) {
            case .admitted: Issue.record("admitted without room")
            case .admittedInsteadOf: replaced += 1
            case .refused: break
            }
            #expect(pending.count == 8)
        }
        #expect(replaced > 70)
    }

    @Test func leavingTwiceIsHarmless() throws {
        var pending = pending()
        guard case .admitted(let ticket) = pending.arrive(from: try source(1)) else { return }
        pending.leave(ticket)
        pending.leave(ticket)
        #expect(pending.count == 0)
    }
}
