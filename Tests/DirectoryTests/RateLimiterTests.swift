import Testing

@testable import DirectoryServer

@Suite struct RateLimiterTests {
    @Test func allowsSoManyInAPeriodAndThenOneForEachFraction() {
        var limiter = RateLimiter<Int>(Rate(10, per: .seconds(3_600)), maximumKeys: 8)
        for _ in 0..<10 {
            #expect(limiter.wait(1, at: .zero) == .zero)
            limiter.take(1, at: .zero)
        }
        #expect(limiter.wait(1, at: .zero) == .seconds(360))
        #expect(limiter.wait(2, at: .zero) == .zero)
        #expect(limiter.wait(1, at: .seconds(359)) == .seconds(1))
        #expect(limiter.wait(1, at: .seconds(360)) == .zero)
        limiter.take(1, at: .seconds(360))
        #expect(limiter.wait(1, at: .seconds(360)) == .seconds(360))
    }

    @Test func memoryIsBoundedHoweverManyKeysCome() {
        var limiter = RateLimiter<Int>(Rate(2, per: .seconds(60)), maximumKeys: 100)
        for key in 0..<10_000 {
            limiter.take(key, at: .zero)
            #expect(limiter.count <= 100)
        }
        // The last ones are remembered still.
        limiter.take(9_999, at: .zero)
        #expect(limiter.wait(9_999, at: .zero) > .zero)
    }

    @Test func keysWithTheirFullAllowanceAreForgottenFirst() {
        var limiter = RateLimiter<Int>(Rate(2, per: .seconds(60)), maximumKeys: 4)
        for key in 0..<3 { limiter.take(key, at: .zero) }
        limiter.take(3, at: .seconds(60))
        limiter.take(3, at: .seconds(60))
        limiter.take(4, at: .seconds(60))
        #expect(limiter.count == 2)
        #expect(limiter.wait(3, at: .seconds(60)) > .zero)
    }
}
