import Foundation

/// Waits until `condition` holds, looking again every few milliseconds: a test waits for what it needs, and only a
/// failing one waits to the end.
/// - Throws: ``TimedOut``, with what `describe` says was there instead.
package func waitUntil(
    _ what: String,
    within limit: Duration = .seconds(30),
    describe: () -> String = { "" },
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while try await !condition() {
        guard clock.now < deadline else { throw TimedOut(what: what, instead: describe()) }
        try await Task.sleep(for: .milliseconds(10))
    }
}

package struct TimedOut: Error, CustomStringConvertible {
    package let what: String
    package let instead: String

    package var description: String {
        "waited in vain for \(what)" + (instead.isEmpty ? "" : "; there was:\n\(instead)")
    }
}
