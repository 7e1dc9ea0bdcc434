import Chat
import Store
import Terminal

/// What the user writes, and what becomes of it.
extension LineChat {
    func send(_ text: String) async {
        guard let peer else { return }
        do {
            let message = try await node.messenger.send(text, to: peer)
            await interface.board?.sent(message)
            await setPrompt()
            if isScripted {
                deliveriesIn.yield(Delivery(message: message, peer: peer, text: text))
            } else if await !node.messenger.isConnected(to: peer.identity) {
                jobsIn.yield { await self.sayIfAway(peer) }
            }
        } catch {
            undelivered += 1
            // Not all of a long one: it can be fetched back into the line.
            let beginning = String(text.unicodeScalars.prefix(Self.mostShownAgain))
            interface.show("! not sent: \(VisibleText(beginning))" + (beginning == text ? "" : "…"))
            fail(error)
        }
    }

    /// Once while a peer is away: what is written is not lost. The peer is called first, or the call that is under way is waited for.
    private func sayIfAway(_ peer: ResolvedPeer) async {
        guard saidWaiting.insert(peer.identity).inserted else { return }
        try? await node.messenger.connect(to: peer)
        if await node.messenger.isConnected(to: peer.identity) {
            saidWaiting.remove(peer.identity)
        } else {
            interface.show("* \(peer.name) is not there; what you write waits and goes by itself (/queue)")
        }
    }

    func watchDeliveries() async {
        await withDiscardingTaskGroup { group in
            for await delivery in deliveries {
                group.addTask { await self.watch(delivery) }
            }
        }
    }

    private func watch(_ delivery: Delivery) async {
        do {
            try await node.messenger.waitDelivered(
                delivery.message.id, to: delivery.peer, timeout: Self.deliveryTimeout)
        } catch {
            undelivered += 1
            interface.show("! \(delivery.peer.name) has not acknowledged: \(VisibleText(delivery.text))")
            fail(error)
            // A script is told that it was not delivered, so it is not sent later.
            _ = try? await node.messenger.cancel(delivery.message.id, to: delivery.peer.identity)
        }
    }

    private static let deliveryTimeout: Duration = .seconds(30)
    /// Characters of a message that was not sent.
    private static let mostShownAgain = 200
}
