import Identity
import TestSupport
import Testing

struct SafetyNumberTests {
    @Test func published() throws {
        let first = try Published.identity(Published.key1)
        let second = try Published.identity(Published.key2)
        let third = try Published.identity(Published.key3)
        let number = SafetyNumber.between(first, second)
        #expect(number.digits == "722023561049393205423980120629700990623228191079147264522137")
        #expect(number == SafetyNumber.between(second, first))
        #expect(
            SafetyNumber.between(third, first).digits
                == "700990623228191079147264522137682371555348588054518298649572")
        #expect(
            number.grouped
                == "72202 35610 49393 20542 39801 20629 70099 06232 28191 07914 72645 22137")
    }

    @Test func whatIsTypedIsRead() throws {
        let number = SafetyNumber.between(
            try Published.identity(Published.key1), try Published.identity(Published.key2))
        #expect(SafetyNumber(parsing: number.grouped) == number)
        #expect(SafetyNumber(parsing: "\n " + number.grouped.replacing(" ", with: "\t\n") + "\r\n") == number)
        #expect(SafetyNumber(parsing: String(number.digits.dropLast())) == nil)
        #expect(SafetyNumber(parsing: number.digits + "0") == nil)
        #expect(SafetyNumber(parsing: number.digits.dropLast() + "x") == nil)
        #expect(SafetyNumber(parsing: number.digits.dropLast() + "٣") == nil)
        #expect(SafetyNumber(parsing: "") == nil)
    }
}
