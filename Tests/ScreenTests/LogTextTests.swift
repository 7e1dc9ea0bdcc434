import Directory
import Foundation
import Identity
import Testing

@testable import p2pchat

/// What a user is told of an entry of the own handle that this home did not make.
@Suite struct LogTextTests {
    let me: IdentityKeys
    let other: IdentityKeys
    let handle: Handle

    init() throws {
        me = try IdentityKeys.generate()
        other = try IdentityKeys.generate()
        handle = try Handle("alice")
    }

    func alert(
        _ operation: LogEntry.Operation, by keys: IdentityKeys, cosigner: IdentityKeys? = nil,
        of identity: PublicIdentity? = nil
    ) throws -> OwnHandleAlert {
        let entry = try LogEntry.make(
            operation, label: Label(handle), after: nil, time: 86_400, by: keys, cosigner: cosigner,
            of: identity)
        return OwnHandleAlert(handle: handle, entry: entry, identity: me.publicIdentity)
    }

    @Test(
        arguments: [
            (nil, "never"), (-60, "in 60 seconds, by this computer's clock"), (1, "1 second ago"),
            (119, "119 seconds ago"),
            (120, "2 minutes ago"), (3_600, "1 hour ago"),
        ] as [(Int64?, String)])
    func howLongAgo(_ seconds: Int64?, _ text: String) {
        #expect(LogStatusText.ago(seconds) == text)
    }

    @Test func whatWhenAndByWhomIsSaid() throws {
        let (mine, its) = (me.publicIdentity, other.publicIdentity)
        let alerts: [(OwnHandleAlert, what: String, origin: String)] = [
            (try alert(.release, by: me), "the handle was given up", "own-key"),
            (
                try alert(.rotate(to: its, recovery: .none), by: me, cosigner: other),
                "handed to another key, \(its.fingerprint)", "own-key"
            ),
            (
                try alert(.revoke(heir: its, signedBy: its), by: other, of: mine),
                "the key was revoked, and only \(its.fingerprint) may claim the handle", "recovery-key"
            ),
            (
                try alert(.reassign(from: nil, to: mine), by: other),
                "the directory's operator hands it to \(mine.fingerprint), from 1970-02-01T00:00:00Z on",
                "operator"
            ),
            (try alert(.claim(recovery: .none), by: other), "claimed by \(its.fingerprint)", "another"),
        ]
        for (alert, what, origin) in alerts {
            #expect(LogText.word(alert.origin) == origin)
            let details = LogText.details(alert)
            #expect(details[0] == "what: " + what)
            #expect(details[1].contains("1970-01-02T00:00:00Z"))
            let lines = LogText.lines(.ownHandle(alert))
            #expect(lines.first == "! the newest entry of your handle alice was not made by this home")
            for command in ["key revoke", "key recover", "log accept"] {
                #expect(lines.contains { $0.contains("p2pchat " + command) })
            }
        }
        #expect(
            LogText.details(alerts[0].0)[2].hasPrefix("who:  made with your key, but not by this home"))
    }

    @Test func sendingIsRefused() throws {
        let error = CommandError(describing: try alert(.release, by: me))
        #expect(error.code == .refused)
        #expect(
            error.message.hasPrefix(
                "the newest entry of your handle alice was not made by this home; nothing was sent"))
        #expect(error.hint?.contains("p2pchat log accept") == true)
    }

    @Test func wrongClocksAreNamed() {
        let behind = CommandError(describing: DirectoryError.staleLog(age: .seconds(-48 * 3_600)))
        let ahead = CommandError(describing: DirectoryError.staleLog(age: .seconds(48 * 3_600)))
        for error in [behind, ahead] {
            #expect(error.code == .refused)
            #expect(error.message.contains("this computer's clock says 20"))
            #expect(error.message.contains("48 hours"))
            #expect(error.hint?.contains("this computer's clock") == true)
        }
        #expect(behind.message.contains("one of the two clocks is wrong"))
        #expect(ahead.message.contains("48 hours ago"))
    }

    /// Whoever signs an entry chooses its time.
    @Test func noTimeIsTooLarge() throws {
        for time in [UInt64(0), 1 << 33, 1 << 40, .max] {
            #expect(LogText.time(time).hasSuffix("Z"))
            let entry = try LogEntry.make(
                .reassign(from: nil, to: me.publicIdentity), label: Label(handle), after: nil, time: time,
                by: other)
            let alert = OwnHandleAlert(handle: handle, entry: entry, identity: me.publicIdentity)
            #expect(LogText.lines(.ownHandle(alert)).count > 3)
        }
    }
}
