import Chat
import Directory
import Store
import Synchronization

/// The events of one subscriber; a second subscription on the same connection takes the first one's place.
final class Subscription: Sendable {
    private struct State {
        var follower: EventFollower?
        var isOver = false
    }

    private let node: Node
    private let state = Mutex(State())

    init(node: Node) {
        self.node = node
    }

    /// Follows from now on.
    func begin() -> Running {
        let follower = node.messenger.events.hub.follow()
        let (before, isOver) = state.withLock { state in
            defer { state.follower = follower }
            return (state.follower, state.isOver)
        }
        if let before { node.messenger.events.hub.leave(before) }
        if isOver { node.messenger.events.hub.leave(follower) }
        return Running(node: node, follower: follower)
    }

    /// The connection has ended.
    func end() {
        let follower = state.withLock { state in
            state.isOver = true
            return state.follower
        }
        if let follower { node.messenger.events.hub.leave(follower) }
    }

    struct Running: Sendable {
        let node: Node
        let follower: EventFollower

        /// Hands over what arrived after the position, then what happens, until the subscription ends.
        func run(since position: Int64?, _ write: @escaping @Sendable ([UInt8]) async throws -> Void)
            async throws
        {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    var outages = OutageFilter()
                    for await state in await node.directoryStates() where outages.isNews(state) {
                        if let object = EventJSON.object(state, of: node) { try await write(line(object)) }
                    }
                }
                group.addTask {
                    for await notice in node.logNews() { try await write(line(EventJSON.Log(notice))) }
                }
                try await follow(position, write)
                node.messenger.events.hub.leave(follower)
                group.cancelAll()
                try await group.waitForAll()
            }
        }

        private func follow(
            _ position: Int64?, _ write: @escaping @Sendable ([UInt8]) async throws -> Void
        ) async throws {
            var shownTo: Int64 = 0
            if let position {
                shownTo = try await Arrived.since(position).replay(from: node) {
                    for object in await EventJSON.objects(.message($0), node.messenger.files) {
                        try await write(line(object))
                    }
                }
            }
            while let step = await follower.next() {
                switch step {
                case .event(.message(let message)) where message.stored.row <= shownTo: continue
                case .event(let event):
                    for object in await EventJSON.objects(event, node.messenger.files) {
                        try await write(line(object))
                    }
                case .missed: try await write(line(EventJSON.Missed()))
                }
            }
        }

        private func line(_ object: EventJSON.Object) -> [UInt8] {
            ControlLine.bytes(JSONRPC.Notification(params: Erased(object)))
        }
    }

    private struct Erased: Encodable {
        let object: EventJSON.Object

        init(_ object: EventJSON.Object) { self.object = object }
        func encode(to encoder: any Encoder) throws { try object.encode(to: encoder) }
    }
}
