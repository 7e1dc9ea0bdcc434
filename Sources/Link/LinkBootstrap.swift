import Identity
import NIOCore
import NIOPosix

/// What every socket of a link is set to, and how a link is made of it.
enum LinkBootstrap {
    /// Small frames go out at once; a peer that shut down writing can still be answered.
    static let noDelay = ChannelOptions.tcpOption(.tcp_nodelay)

    /// Starts at 2 KiB, so an unauthenticated connection cannot cost more, and grows where frames keep filling it.
    static func receiveAllocator() -> AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 2048, maximum: 256 << 10)
    }

    static func writeMark(_ limits: LinkLimits) -> ChannelOptions.Types.WriteBufferWaterMark {
        ChannelOptions.Types.WriteBufferWaterMark(low: limits.batch / 2, high: limits.batch)
    }

    /// The link on an open channel; nil when its addresses are already gone with it.
    static func link(
        _ opened: LinkActions.Opened, on channel: any Channel, isInitiator: Bool, mailbox: LinkMailbox
    ) -> Link? {
        guard let remote = Endpoint(channel.remoteAddress), let local = Endpoint(channel.localAddress) else {
            return nil
        }
        return Link(opened, isInitiator: isInitiator, remote: remote, local: local, mailbox: mailbox)
    }
}
