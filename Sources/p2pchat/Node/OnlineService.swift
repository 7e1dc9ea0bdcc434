import Logging
import ServiceLifecycle
import UnixSignals

/// Something that runs until it is done or a signal asks it to end; then it ends by itself, with goodbyes said.
struct OnlineService: Service {
    let body: @Sendable () async throws -> Void
    /// Asks the body to end; called once, on SIGTERM, SIGHUP or SIGINT.
    let stop: @Sendable () -> Void

    func run() async throws {
        try await withGracefulShutdownHandler(operation: body, onGracefulShutdown: stop)
    }

    /// Runs the service under a group that watches the signals.
    func runUntilSignal() async throws {
        // The group's own log lines would stand between the program's output; errors are thrown anyway.
        let logger = Logger(label: "p2pchat") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: self, successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .gracefullyShutdownGroup)
                ],
                gracefulShutdownSignals: [.sigterm, .sighup, .sigint], logger: logger))
        try await group.run()
    }
}
