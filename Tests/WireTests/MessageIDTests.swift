import Foundation
import Testing
import Wire

@Suite struct MessageIDTests {
    /// The example of RFC 9562, appendix A.6.
    let example = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

    @Test func readsAndWritesTheExampleOfTheSpecification() throws {
        let id = try #require(MessageID(example))
        #expect(id.description == example)
        #expect(id.time == Date(timeIntervalSince1970: 1_645_557_742))
        #expect(MessageID(example.uppercased()) == id)
        #expect(try MessageID(bytes: id.bytes) == id)
    }

    @Test(arguments: [
        "", "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-18c4-dc0c0c07398f", "017f22e2_79b0-7cc3-98c4-dc0c0c07398f",
    ]) func refusesWhatIsNoUUIDv7(text: String) {
        #expect(MessageID(text) == nil)
    }

    @Test func newOnesBearTheirTimeAndDiffer() {
        let time = Date(timeIntervalSince1970: 1_800_000_000.5)
        let ids = (0..<1_000).map { _ in MessageID.make(at: time) }
        #expect(Set(ids).count == 1_000)
        #expect(ids.allSatisfy { $0.time == time })
        #expect(ids.allSatisfy { (try? MessageID(bytes: $0.bytes)) == $0 })
    }

    @Test func timesThatDoNotFitAreMovedAndNeverTrap() {
        for seconds in [-1, 1e300, -1e300, .infinity, Double(1 << 48)] {
            let id = MessageID.make(at: Date(timeIntervalSince1970: seconds))
            #expect((try? MessageID(bytes: id.bytes)) == id)
        }
        #expect(MessageID.make(at: Date(timeIntervalSince1970: -1)).time == Date(timeIntervalSince1970: 0))
    }

    @Test func sameRandomnessMakesTheSameID() {
        struct Fixed: RandomNumberGenerator { mutating func next() -> UInt64 { .max } }
        var generator = Fixed()
        let id = MessageID.make(at: Date(timeIntervalSince1970: 0), using: &generator)
        #expect(id.description == "00000000-0000-7fff-bfff-ffffffffffff")
    }
}
