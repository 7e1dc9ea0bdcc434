import Glibc
import NIOCore
import NIOPosix

extension LinkError {
    /// Why no connection came about, in terms that help a person.
    init(connecting error: any Error) {
        switch error {
        case let error as NIOConnectionError:
            // One host name, several addresses: whoever refused was at least there.
            let causes = error.connectionErrors.map { LinkError(connecting: $0.error) }
            if let cause = causes.first(where: { $0 == .refused }) ?? causes.first(where: { $0 == .timeout })
                ?? causes.first
            {
                self = cause
            } else {
                self = .unreachable("the name \(error.host) is not known")
            }
        case let error as IOError:
            switch error.errnoCode {
            case ECONNREFUSED: self = .refused
            case ETIMEDOUT: self = .timeout
            default: self = .unreachable(String(cString: strerror(error.errnoCode)))
            }
        case ChannelError.connectTimeout: self = .timeout
        default: self = .unreachable("no connection")
        }
    }
}
