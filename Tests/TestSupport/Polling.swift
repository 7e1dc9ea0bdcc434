import Foundation

/// Waits until `condition` holds, looking again after each `pause`: a test waits for what it needs, and only a
/// failing one waits to the end.
///
/// The limit is kept by counting, not by the clock: when other tests hold all threads for a while, that is no time
/// in which anyone could have looked.
/// - Throws: ``TimedOut``, with what `describe` says was there instead.
package func waitUntil(
    _ what: String,
    within limit: Duration = .seconds(30),
    pause: Duration = .milliseconds(10),
    describe: () -> String = { "" },
    _ condition: () async throws -> Bool
) async throws {
    var waited = Duration.zero
    while try await !condition() {
        guard waited < limit else { throw TimedOut(what: what, instead: describe()) }
        try await Task.sleep(for: pause)
        waited += pause
    }
}

package struct TimedOut: Error, CustomStringConvertible {
    package let what: String
    package let instead: String

    package var description: String {
        "waited in vain for \(what)" + (instead.isEmpty ? "" : "; there was:\n\(instead)")
    }
}
