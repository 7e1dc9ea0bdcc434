package import Wire

/// Why a directory could not be used.
package enum DirectoryError: Error, Equatable, Sendable {
    /// No link, or no answer in time; the text says why and may hold what a stranger wrote.
    case notReachable(String)
    /// The directory did what no honest one does: a signature that fails, an answer to another question, a list
    /// out of order. Says what. Never retried and not to be overridden (compare Go sumdb's ErrSecurity).
    case misbehaves(String)
    /// The directory last called the state of its log the newest so long ago: a day or more. Either it shows an old one, or this computer's clock is
    /// wrong. Negative, at most minus a day: that is to come by this computer's clock, and one of the two clocks is wrong.
    case staleLog(age: Duration)
    /// The checkpoint has not the cosignatures that the home's policy asks for: those of these witnesses alone, by their names in the policy.
    case notWitnessed(by: [String])
    /// The handle is claimed by another identity.
    case handleTaken
    /// The handle is not claimed by this identity.
    case notClaimed
    /// This identity has claimed as many handles as a directory allows.
    case tooManyHandles
    /// Asked too often; to be tried again after the given time.
    case rateLimited(retryAfter: Duration)
    /// This computer's clock and the directory's differ by more than 10 minutes: theirs less ours.
    case wrongTime(difference: Duration)
    /// Another process came online with this identity, and the directory closed this link in its favour.
    case superseded
    /// Another process is online with this identity, and this one was not to take its place.
    case presentElsewhere
    /// The directory did not take the request, for a reason that has no case of its own.
    case refused(DirectoryFailure)
    /// What was asked for cannot be asked, for instance a look-up by a host name.
    case invalidRequest(String)
    /// The client or session was closed by its owner.
    case closed

    var isMisbehaviour: Bool {
        if case .misbehaves = self { true } else { false }
    }

    /// Whether to go on trying by oneself makes sense.
    package var isFinal: Bool { isMisbehaviour || self == .closed }
}

extension DirectoryError {
    /// What a directory's refusal means to its client; `now` is this computer's clock, seconds since 1970.
    init(_ failure: DirectoryFailure, now: Double) {
        switch failure {
        case .handleTaken: self = .handleTaken
        case .notClaimed: self = .notClaimed
        case .tooManyHandles: self = .tooManyHandles
        case .rateLimited(let seconds): self = .rateLimited(retryAfter: .seconds(Int64(seconds)))
        case .presentElsewhere: self = .presentElsewhere
        case .wrongTime(let time): self = .wrongTime(difference: .seconds((Double(time) - now).rounded()))
        case .unsupported, .invalid, .outOfSequence, .full, .unavailable, .notAWitness, .unknown:
            self = .refused(failure)
        }
    }
}
